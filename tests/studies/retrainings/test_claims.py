"""The claims on two retrainings and their figure, on tables whose answer is known."""

import itertools

import numpy as np
import pytest
from result_tables import columns

from kkt_unlearning.studies.retrainings import claims
from kkt_unlearning.studies.retrainings.figure import QUANTITIES, draw

METHODS = ("nothing", "prescribed", "retraining")
ALONG = {claims.GAUSSIAN: ("dimension", (100, 1000)), claims.DIGITS: ("mixing", (1.0, 0.1))}


def table(name, **changes):
    along, values = ALONG[name]
    rows = []
    for value, network, seed, forget, method in itertools.product(
        values, ("linear", "two_layer"), range(3), ("0", "1"), METHODS
    ):
        row = {"experiment": name.partition(".")[0], along: value, "network": network}
        row |= {"seed": seed, "forget": forget, "method": method}
        row |= dict.fromkeys(QUANTITIES, 0.1)
        rows.append(row | {column: rule(row) for column, rule in changes.items()})
    order = np.random.default_rng(0).permutation(len(rows))  # is not to matter
    return columns([rows[i] for i in order])


def by_method(**values):
    """A distance by method, whose unit differs from case to case."""

    def rule(row):
        unit = 10.0 ** row["seed"] * (1 + int(row["forget"]))
        return unit * (values[row["method"]] if row["network"] == "two_layer" else 7.0)

    return rule


@pytest.mark.parametrize(
    ("claim", "name", "column", "expected"),
    [
        ("retrainings_outputs", claims.GAUSSIAN, "outputs_fresh", 0.25),
        ("retrainings_outputs_digits", claims.DIGITS, "outputs_fresh", 0.25),
        ("retrainings_gain", claims.GAUSSIAN, "outputs_fresh", 0.5),
        ("retrainings_gain_digits", claims.DIGITS, "outputs_fresh", 0.5),
        ("retrainings_weights", claims.GAUSSIAN, "distance", 0.25),
    ],
)
def test_ratios_are_of_the_same_case(claim, name, column, expected):
    rule = by_method(nothing=0.2, prescribed=0.1, retraining=0.4)
    tables = {name: table(name, **{column: rule})}
    assert getattr(claims, claim)(tables, {}) == pytest.approx(expected)


def test_images_are_taken_as_they_are():
    def rule(row):
        return (3.0 if row["mixing"] == 1.0 else 1.0) if row["method"] == "prescribed" else 1.0

    tables = {claims.DIGITS: table(claims.DIGITS, outputs_fresh=rule)}
    assert claims.retrainings_outputs_digits(tables, {}) == 3.0


def test_the_linear_model_is_checked_in_every_case():
    def rule(row):
        odd = row["network"] == "linear" and row["method"] == "retraining" and row["seed"] == 1
        return 0.7 if odd and row["forget"] == "1" and row["dimension"] == 100 else 0.0

    tables = {claims.GAUSSIAN: table(claims.GAUSSIAN, outputs_fresh=rule)}
    assert claims.retrainings_linear(tables, {}) == 0.7


def test_without_a_second_retraining_nothing_is_measured():
    found = table(claims.GAUSSIAN)
    tables = {claims.GAUSSIAN: {k: v[found["method"] != "retraining"] for k, v in found.items()}}
    assert np.isnan(claims.retrainings_outputs(tables, {}))


def test_the_figure_has_a_line_for_each_network():
    changes = {"distance": by_method(nothing=0.2, prescribed=0.1, retraining=0.4)}
    figure, drawn = draw(table(claims.GAUSSIAN, **changes), table(claims.DIGITS))
    assert len({len(column) for column in drawn.values()}) == 1
    assert set(drawn["quantity"].tolist()) == set(QUANTITIES)
    axes = np.array(figure.axes).reshape(2, 2)
    assert all(panel.get_ylabel() for panel in axes[:, 0])
    assert [panel.get_xlabel()[:8] for panel in axes[-1]] == ["dimensio", "mixing t"]
    for panel in axes.ravel():
        assert len(panel.lines) == len(METHODS)
    heights = {line.get_label(): line.get_ydata()[0] for line in axes[0, 0].lines}
    assert list(heights.values()) == pytest.approx([3.0, 1.5, 6.0])  # median of the units: 15
    assert [len(panel.texts) for panel in axes[:, 1]] == [3, 3]
