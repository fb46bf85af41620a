"""The figure of natural data: verdicts, marks and tables that lack something."""

import numpy as np
import pytest
from natural_tables import study

from kkt_unlearning.studies import style
from kkt_unlearning.studies.natural import assumption
from kkt_unlearning.studies.natural import figure as natural

PARTS = ("", "_dataset", "_multipliers")


def draw(**changed):
    studies = {
        "digits": study((5.0, 0.05), (14.0, 0.2)),
        "tabular": study((np.inf, 0.05), (16.0, 0.3)),
        "text": study((0.06, 0.01), (0.7, 0.1)),
        "gaussian": study((2.0, 0.1), (6.0, 0.6), least=1000, along="dimension", first=100),
    } | changed
    return natural.draw(
        **{
            f"{name}{part}": table
            for name, tables in studies.items()
            for part, table in zip(PARTS, tables, strict=True)
        }
    )


def test_each_network_has_a_panel_in_which_each_data_set_is_named_at_its_circle():
    figure, _ = draw()
    assert [axes.get_title() for axes in figure.axes] == ["linear model", "two-layer ReLU"]
    for axes in figure.axes:
        places = {text.get_text(): text.get_position() for text in axes.texts}
        assert places["digits"] == pytest.approx((1.4 * 3.5, 5.0))
        assert places["texts"] == pytest.approx((1.4 * 0.7 / 4, 0.06))
        assert "measurements" not in places  # as they are, they have no certificate


def test_the_numbers_drawn_have_verdicts_geometry_and_accuracy():
    _, drawn = draw()
    assert len({len(column) for column in drawn.values()}) == 1
    of = {name: drawn["data"] == name for name in ("digits", "text", "gaussian")}
    assert set(drawn["verdict"][of["text"]].tolist()) == {assumption.HOLDS}
    assert set(drawn["verdict"][of["gaussian"]].tolist()) == {assumption.UNTESTED}
    assert {*natural.QUANTITIES, *natural.GEOMETRY} == set(drawn["quantity"].tolist())
    delta = of["digits"] & (drawn["quantity"] == "relative_delta") & (drawn["network"] == "linear")
    assert drawn["setting"][delta].tolist() == ["mixing=1", "mixing=0.1"]
    np.testing.assert_allclose(drawn["median"][delta], [5.0, 0.05])
    np.testing.assert_allclose(drawn["phi"][delta], [3.5, 0.05])


def test_costs_are_the_larger_of_both_and_stand_beside_doing_nothing():
    table, *others = study((5.0, 0.05), (14.0, 0.2))
    table["epsilon"] = table["epsilon"] * 4
    figure, drawn = draw(digits=(table, *others))
    linear = (drawn["data"] == "digits") & (drawn["network"] == "linear")
    for quantity, expected in {"cost": [10.0, 0.1], "nothing_cost": [0.9, 0.9]}.items():
        found = linear & (drawn["quantity"] == quantity)
        np.testing.assert_allclose(drawn["median"][found], expected)
    dashed = [line for line in figure.axes[0].lines if line.get_linestyle() == "--"]
    assert [line.get_ydata().tolist() for line in dashed] == [[pytest.approx(0.9)] * 2] * 3


def test_the_data_as_they_are_are_circled_and_infinite_ones_crossed():
    figure, _ = draw()
    circles = [[line for line in axes.lines if line.get_markersize() == 8] for axes in figure.axes]
    heights = [[float(line.get_ydata()[0]) for line in found] for found in circles]
    assert heights == [[5.0, 0.06]] * 2  # of digits and texts: the measurements have none
    crosses = [[line for line in axes.lines if line.get_marker() == "x"] for axes in figure.axes]
    assert [len(found) for found in crosses] == [1, 1]


def test_diagonal_dominance_is_marked():
    figure, _ = draw()
    marks = [line for line in figure.axes[0].lines if line.get_linestyle() == "-."]
    assert [line.get_xdata()[0] for line in marks] == [pytest.approx(1 / 4)] * 3


def test_it_draws_what_has_no_support_vector_forgotten(tmp_path):
    table, dataset, multipliers = study((5.0, 0.05), (14.0, 0.2))
    multipliers["exact"] = np.where(multipliers["sample"] == 4, 1.0, 0.0)
    figure, drawn = draw(digits=(table, dataset, multipliers))
    assert set(drawn["verdict"][drawn["data"] == "digits"].tolist()) == {assumption.UNTESTED}
    assert "epsilon" not in drawn["quantity"][drawn["data"] == "digits"]
    style.save(figure, tmp_path / "a.pdf", tmp_path / "a.png")
