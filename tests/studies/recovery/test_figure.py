"""The figure of the recovery study, on tables whose medians are known."""

import itertools

import numpy as np
import pytest

from kkt_unlearning.studies import style
from kkt_unlearning.studies.recovery import figure as recovery

ONCE = (("nothing", "trained"), ("prescribed", "trained"), ("prescribed", "exact"))
ONCE += (("influence", "trained"), ("downdate", "trained"), ("retrained", "initial"))
ONCE += (("minimal_perturbation", "trained"), ("retain_free", "trained"))
SERIES = (("recovered", 1.0), ("fine_tuning", 1.0), ("gradient_ascent", 0.0))
SERIES += (("projected_ascent", 0.0), ("neggrad_plus", 0.5), ("neggrad_plus", 0.9))
SERIES += (("retraining", np.nan),)


def table(networks=("linear", "two_layer"), **changes):
    attempts = [(method, start, np.nan, 0) for method, start in ONCE]
    starts = {"retraining": "initial"}
    attempts += [
        (method, starts.get(method, "trained"), beta, t)
        for method, beta in SERIES
        for t in (1, 10, 100)
    ]
    rows = []
    for network, seed, (method, start, beta, steps) in itertools.product(
        networks, range(3), attempts
    ):
        row = {"network": network, "seed": seed, "method": method, "start": start, "beta": beta}
        row |= {"steps": steps, "cost": 10.0 * steps + 1 + seed, "cost_dual": 0.0}
        row |= dict.fromkeys([*recovery.QUANTITIES[1:], "relative_delta_clarke"], 0.1 * (1 + seed))
        row |= {"cost_dual": 43.0 if method in ("prescribed", "recovered", "downdate") else 0.0}
        rows.append(row | {name: rule(row) for name, rule in changes.items()})
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def test_panels_are_labelled_and_every_method_drawn_is_named_once():
    figure, drawn = recovery.draw(table())
    assert len({len(column) for column in drawn.values()}) == 1
    first, last = figure.axes
    assert first.get_ylabel() and first.get_xlabel() and last.get_xlabel()
    symbols = ["prescribed step", "influence step", "dual downdate"]
    lines = ["fine-tuning alone", "step, then fine-tuning", "retraining", "NegGrad+, best β"]
    for panel, names in ((first, symbols), (last, [*symbols, *lines, style.NOTHING])):
        assert sorted(text.get_text() for text in panel.texts if text.get_text()) == sorted(names)
    assert not figure.legends


def test_what_the_downdate_saves_stands_at_the_arrow_if_it_saves_something():
    figure, _ = recovery.draw(table(cost=lambda row: 1e4 if row["method"] == "retrained" else 7.0))
    for panel in figure.axes:
        assert "200 times cheaper\nthan training to ★" in {text.get_text() for text in panel.texts}


def test_the_best_weight_of_neggrad_is_drawn_and_retraining_by_its_own_point():
    figure, _ = recovery.draw(
        table(
            tau_star=lambda row: row["beta"] * 10.0 ** -row["steps"] if row["steps"] < 9 else 0.1,
            distance_retrained=lambda row: 0.01 * row["steps"],
        )
    )
    lines = {line.get_label(): line for line in figure.axes[0].lines}
    np.testing.assert_allclose(lines["NegGrad+, best β"].get_ydata(), [0.05, 0.1, 0.1])
    assert list(lines["retraining"].get_ydata()) == [recovery.FLOOR, 0.01, 0.1, 1.0]


def test_medians_stand_at_the_median_cost_with_the_multipliers():
    _, drawn = recovery.draw(table())
    is_tau = (drawn["quantity"] == "tau_star") & (drawn["network"] == "linear")
    at = {
        (m, s, t): (x, k, y)
        for m, s, t, x, k, y in zip(
            *(
                drawn[name][is_tau]
                for name in ("method", "start", "steps", "gradients", "gradients_known", "median")
            ),
            strict=True,
        )
    }
    assert at["prescribed", "exact", 0] == pytest.approx((45.0, 2.0, 0.2))
    assert at["fine_tuning", "trained", 10] == pytest.approx((102.0, 102.0, 0.2))
    assert (drawn["count"] == 3).all()


def test_the_lesser_epsilon_is_drawn():
    _, drawn = recovery.draw(table(epsilon_clarke=lambda row: 0.05))
    least = drawn["median"][drawn["quantity"] == "epsilon_least"]
    np.testing.assert_allclose(least, 0.05)


@pytest.mark.parametrize("value", [np.inf, np.nan, 0.0])
def test_infinite_missing_and_zero_values_draw_without_a_warning(value):
    def rule(row):
        return value if row["steps"] == 100 or row["method"] == "prescribed" else 0.1

    figure, _ = recovery.draw(table(epsilon=rule, epsilon_clarke=rule, tau_star=rule))
    figure.draw_without_rendering()
    for line in figure.axes[0].lines:
        assert not np.isinf(np.asarray(line.get_ydata(), float)).any()
    crossed = any(line.get_marker() == "x" for line in figure.axes[0].lines)
    assert crossed == bool(figure.legends) == np.isinf(value)


def test_one_network_and_few_methods_draw_too():
    whole = table(networks=("two_layer",))
    few = np.isin(whole["method"], ["prescribed", "recovered"])
    figure, drawn = recovery.draw({name: column[few] for name, column in whole.items()})
    assert len(figure.axes) == 1
    assert set(drawn["method"].tolist()) == {"prescribed", "recovered"}
