"""The claims on reconstruction, on tables whose answer is known."""

import itertools

import numpy as np
import pytest

from kkt_unlearning.studies import style
from kkt_unlearning.studies.reconstruction import claims as reconstruction
from kkt_unlearning.studies.reconstruction.figure import draw
from kkt_unlearning.studies.reconstruction.rows import MODELS

COLUMNS = ("both_miss", "alone", "overlap", "remaining", "multiplier")


def table(**changes):
    """0.1 everywhere unless a function of the row is given for a column."""
    cases = itertools.product(
        ("linear", "two_layer"), (100, 1000), range(3), ("0", "1"), ("exact", "trained"), MODELS
    )
    names = ("network", "dimension", "seed", "forget", "start", "model")
    rows = []
    for case in cases:
        row = dict(zip(names, case, strict=True)) | dict.fromkeys(COLUMNS, 0.1)
        row["both_miss"] = np.nan if row["model"] == "nothing" else 0.1
        rows.append(row | {name: rule(row) for name, rule in changes.items()})
    order = np.random.default_rng(0).permutation(len(rows))  # is not to matter
    return {name: np.array([rows[i][name] for i in order]) for name in rows[0]}


def measured(name, **changes):
    return getattr(reconstruction, name)({reconstruction.TABLE: table(**changes)}, {})


def when(value, otherwise=0.5, **where):
    """A column that is ``value`` in these rows alone."""
    return lambda row: value if all(row[key] == one for key, one in where.items()) else otherwise


@pytest.mark.parametrize(
    ("name", "column", "where"),
    [
        ("step", "both_miss", {"model": "step"}),
        ("nothing_left", "remaining", {"start": "exact", "model": "downdate", "seed": 1}),
        ("remaining", "remaining", {"network": "two_layer", "start": "trained", "model": "step"}),
        ("multiplier", "multiplier", {"network": "two_layer", "start": "trained", "model": "step"}),
        ("alone_before", "alone", {"network": "two_layer", "start": "trained", "model": "nothing"}),
    ],
)
def test_each_is_read_off_its_own_rows(name, column, where):
    rule = when(0.7, 0.5, **where)
    if name == "alone_before":
        where = where | {"dimension": 1000}
        rule = when(0.7, 0.5, **where)
    assert measured(f"reconstruction_{name}", **{column: rule}) == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("name", "network", "model"),
    [
        ("retrained_linear", "linear", "retrained"),
        ("retrained_two_layer", "two_layer", "retrained"),
        ("downdate", "two_layer", "downdate"),
    ],
)
def test_cosines_from_both_networks_are_of_the_largest_dimension(name, network, model):
    rule = when(0.02, network=network, model=model, start="exact", dimension=1000)
    found = measured(f"reconstruction_{name}", both_miss=rule)
    assert found == pytest.approx(0.98)


def test_pairs_of_neurons_are_held_against_the_retrained_network_of_the_same_case():
    def alone(row):
        unit = 1.0 + row["seed"] + 10 * (row["forget"] == "1")
        return unit * (3.0 if row["model"] == "step" else 1.0)

    assert measured("reconstruction_alone_step", alone=alone) == pytest.approx(3.0)
    found = table()
    found = {name: values[found["model"] != "retrained"] for name, values in found.items()}
    assert np.isnan(reconstruction.reconstruction_alone_step({reconstruction.TABLE: found}, {}))


def test_the_bound_of_exact_networks_is_their_largest_ratio():
    rule = when(0.09, 0.03, start="exact", model="restored", seed=2)
    assert measured("reconstruction_alone_exact", alone=rule) == pytest.approx(0.9)


def test_the_figure_shows_what_the_claims_are_about():
    shown = {
        "both_miss": when(0.02, 0.5, start="trained"),
        "alone": when(0.8, 0.2, model="nothing"),
    }
    figure, drawn = draw(table(**shown))
    assert len({len(column) for column in drawn.values()}) == 1
    axes = np.array(figure.axes).reshape(2, 2)
    assert all(panel.get_ylabel() for panel in axes[:, 0])
    assert all(panel.get_xlabel() == style.DIMENSION for panel in axes[-1])
    for both, alone in axes.T:
        heights = [
            {line.get_label(): line.get_ydata()[0] for line in p.lines} for p in (both, alone)
        ]
        assert [one[style.NOTHING] for one in heights] == [0.8, 0.8]
        assert [one["retraining"] for one in heights] == pytest.approx([0.98, 0.2])
    assert {text.get_text() for text in axes[1, 1].texts} == set(heights[1])
