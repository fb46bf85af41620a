"""The claims on recovery, on tables whose answer is known."""

import itertools

import numpy as np
import pytest

from kkt_unlearning.studies.recovery import claims as recovery

SEEDS, FORGET = range(3), ("0", "1")
BETAS, STEPS = (0.5, 0.9), (10, 100)
ONCE = (("nothing", "trained"), ("prescribed", "trained"), ("prescribed", "exact"))
ONCE += (("influence", "trained"), ("downdate", "trained"), ("downdate", "exact"))
ONCE += (("minimal_perturbation", "trained"), ("retain_free", "trained"))
SERIES = (("recovered", 1.0), ("fine_tuning", 1.0), ("gradient_ascent", 0.0))
SERIES += (("projected_ascent", 0.0),)
SERIES += (("retraining", np.nan),)
SERIES += tuple(("neggrad_plus", beta) for beta in BETAS)


def table(**changes):
    """τ* = 0.1 and ε = δ = 0 unless a function of the row is given for a column."""
    attempts = [(method, start, np.nan, 0) for method, start in ONCE]
    attempts += [(*series[:1], "trained", series[1], steps) for series in SERIES for steps in STEPS]
    rows = []
    for network, seed, forget, (method, start, beta, steps) in itertools.product(
        ("linear", "two_layer"), SEEDS, FORGET, attempts
    ):
        row = {"network": network, "seed": seed, "forget": forget, "method": method}
        row |= {"start": start, "beta": beta, "steps": steps, "tau_star": 0.1}
        row |= {"distance_retrained": 0.1}
        row |= {"cost": 10.0 * steps + 1, "cost_dual": 43.0, "epsilon_clarke": 0.0}
        row |= {"relative_delta_clarke": 0.0}
        rows.append(row | {name: rule(row) for name, rule in changes.items()})
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def measured(name, **changes):
    found = table(**changes)
    # The order of rows is not to matter.
    order = np.random.default_rng(0).permutation(len(found["seed"]))
    shuffled = {column: values[order] for column, values in found.items()}
    return getattr(recovery, name)({recovery.TABLE: shuffled}, {})


def tau(**values):
    """τ* by method; a pair is that after the fewer and after the more steps."""

    def rule(row):
        value = values.get(row["method"], 0.1)
        return value[STEPS.index(row["steps"])] if isinstance(value, tuple) else value

    return rule


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("recovery_helps_linear", {"prescribed": 0.2, "recovered": (0.7, 0.05)}, 0.25),
        ("recovery_helps_two_layer", {"prescribed": 0.2, "recovered": (0.01, 0.6)}, 3.0),
        ("recovery_beats_fine_tuning", {"fine_tuning": (0.1, 0.4), "recovered": (1, 0.1)}, 0.25),
        ("recovery_ascent_diverges", {"nothing": 0.05, "gradient_ascent": (0.001, 0.9)}, 18.0),
        ("recovery_influence_linear", {"prescribed": 0.2, "influence": 0.02}, 0.1),
        ("recovery_minimal_linear", {"prescribed": 0.2, "minimal_perturbation": 0.02}, 0.1),
        ("recovery_minimal_two_layer", {"prescribed": 0.2, "minimal_perturbation": 0.3}, 1.5),
        ("recovery_projected_near", {"prescribed": 0.2, "projected_ascent": (0.05, 0.9)}, 0.25),
        ("recovery_projected_diverges", {"nothing": 0.05, "projected_ascent": (0.001, 0.9)}, 18.0),
        ("recovery_influence_two_layer", {"prescribed": 0.2, "influence": 0.3}, 1.5),
    ],
)
def test_ratios_of_distances(name, values, expected):
    assert measured(name, tau_star=tau(**values)) == pytest.approx(expected)


def test_ratios_are_of_the_same_replicate_and_forget_set():
    scale = {(seed, forget): 10.0**seed * (1 + int(forget)) for seed in SEEDS for forget in FORGET}

    def rule(row):
        size = scale[row["seed"], row["forget"]]
        return size * (0.5 if row["method"] == "influence" else 1.0)

    assert measured("recovery_influence_linear", tau_star=rule) == pytest.approx(0.5)


def test_the_least_weight_decides_whether_neggrad_diverges():
    def rule(row):
        if row["method"] != "neggrad_plus" or row["steps"] == STEPS[0]:
            return 0.1
        return 0.3 if row["beta"] == 0.5 else 0.2

    assert measured("recovery_neggrad_diverges", tau_star=rule) == pytest.approx(2.0)


@pytest.mark.parametrize("beta", BETAS)
def test_a_weight_with_a_missing_case_leaves_it_open(beta):
    whole = table()
    one = (whole["beta"] == beta) & (whole["steps"] == STEPS[1]) & (whole["seed"] == 2)
    rest = {name: values[~one] for name, values in whole.items()}
    assert np.isnan(recovery.recovery_neggrad_diverges({recovery.TABLE: rest}, {}))


@pytest.mark.parametrize(
    ("reached", "expected"),
    [((0.1, 0.2), 101 / 44), ((0.3, 0.05), 1001 / 44), ((0.3, 0.2), np.inf)],
)
def test_the_least_cost_at_which_neggrad_reaches_the_step(reached, expected):
    def cost_dual(row):
        return 43.0 if row["method"] == "prescribed" else 0.0

    def cost(row):
        return 1.0 if row["method"] == "prescribed" else 10.0 * row["steps"] + 1

    rule = tau(prescribed=0.15, neggrad_plus=reached)
    found = measured("recovery_neggrad", tau_star=rule, cost=cost, cost_dual=cost_dual)
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "column"),
    [("fine_tuning", "tau_star"), ("retraining", "distance_retrained")],
)
def test_the_least_cost_of_others_is_read_off_their_own_distance(name, column):
    def near(row):
        own = {"prescribed": 0.15, name: 0.05 if row["steps"] == STEPS[1] else 0.3}
        return own.get(row["method"], 0.01)

    def step(row):
        return 0.15 if row["method"] == "prescribed" else 0.9

    columns = {"tau_star": step} | {column: near}
    found = measured(f"recovery_{name}", **columns)
    assert found == pytest.approx(1001.0 / 44.0)


def test_the_downdate_is_held_against_retraining_until_it_is_near():
    def near(row):
        return 0.05 if row["steps"] == STEPS[1] else 0.3

    found = measured("recovery_downdate_cost", distance_retrained=near)
    assert found == pytest.approx(44.0 / 1001.0)


def test_the_largest_difference_to_the_influence_step_decides():
    def rule(row):
        off = row["method"] == "retain_free" and row["seed"] == 2 and row["network"] == "linear"
        return 0.1 * (1.0 - 1e-3 * off)

    assert measured("recovery_retain_free", tau_star=rule) == pytest.approx(1e-3)
    whole = table()
    rest = {name: values[whole["method"] != "influence"] for name, values in whole.items()}
    assert np.isnan(recovery.recovery_retain_free({recovery.TABLE: rest}, {}))


def test_the_worst_downdate_decides():
    def epsilon(row):
        worst = row["method"] == "downdate" and row["seed"] == 2 and row["start"] == "exact"
        return 3e-5 if worst else 0.0

    assert measured("recovery_downdate_exact", epsilon_clarke=epsilon) == 3e-5
    assert (
        measured("recovery_downdate_exact", relative_delta_clarke=lambda row: 2.0 * epsilon(row))
        == 6e-5
    )


def test_methods_that_were_left_out_are_not_tested():
    whole = table()
    only = {name: values[whole["method"] == "nothing"] for name, values in whole.items()}
    names = [name for name in dir(recovery) if name.startswith("recovery_")]
    assert len(names) == 17
    for name in names:
        assert np.isnan(getattr(recovery, name)({recovery.TABLE: only}, {})), name
