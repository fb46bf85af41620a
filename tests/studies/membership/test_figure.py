import membership_tables as tables
import numpy as np
import pytest

from kkt_unlearning.studies import style
from kkt_unlearning.studies.membership import figure as membership
from kkt_unlearning.studies.summary import select


@pytest.fixture(scope="module")
def whole():
    return membership.draw(tables.attacks(), tables.klom())


def test_panels_are_labelled_and_their_lines_named_beside_the_references(whole):
    figure, drawn = whole
    assert len(figure.axes) == 8
    assert all(axes.get_ylabel() for axes in figure.axes if axes.get_subplotspec().is_first_col())
    assert all(axes.get_xlabel() for axes in figure.axes)
    for row, panel in enumerate(figure.axes[1::2]):
        names = {text.get_text() for text in panel.texts}
        assert style.NOTHING in names and ("chance" in names) == (row != 2)
    assert len({len(column) for column in drawn.values()}) == 1


def test_the_numbers_drawn_are_those_of_the_table(whole):
    _, drawn = whole
    where = {"network": "narrow", "dimension": 100.0, "fraction": 0.9}
    found = select(drawn, series="u_lira", quantity="auc", **where)
    assert found["median"] == pytest.approx(0.55) and found["count"] == 8
    assert select(drawn, series="u_lira", quantity="scaled_shift", **where)["median"] == (
        pytest.approx(0.1)
    )
    assert select(drawn, series="klom", quantity="noise_mean", **where)["median"] == 0.3


def test_the_prescribed_step_is_filled(whole):
    figure, _ = whole
    scatter = figure.axes[6]
    assert scatter.get_xlabel() == "allowed shift / spread"
    filled = [line for line in scatter.lines if line.get_marker() == "o"]
    filled = [line for line in filled if line.get_markerfacecolor() != "none"]
    assert [line.get_ydata().tolist() for line in filled] == [[0.5], [0.5]]
    assert filled[0].get_xdata() == [membership.SCALED_FLOOR]  # a shift of 0 is drawn at the floor


def draw_on_paper(figure):
    """As matplotlib does when it saves, without the files."""
    with style.styled():
        figure.draw_without_rendering()


@pytest.mark.parametrize("lost", [np.nan, np.inf])
def test_missing_and_infinite_numbers_are_drawn_around(lost):
    def tau(case):
        return lost if case["dimension"] == 100.0 else case["tau_star"]

    def shift(case):
        return lost if case["fraction"] == 0.9 else case["shift_bound"]

    attacks = tables.attacks(tau_star=tau, shift_bound=shift, spread=lambda case: case["fraction"])
    figure, _ = membership.draw(attacks, tables.klom(klom=lambda case: 0.0))
    draw_on_paper(figure)


def test_one_dimension_and_one_step_are_enough():
    small = {"dimensions": (40.0,), "fractions": (1.0,), "samples": 1}
    figure, _ = membership.draw(tables.attacks(seeds=1, **small), tables.klom(**small))
    draw_on_paper(figure)
