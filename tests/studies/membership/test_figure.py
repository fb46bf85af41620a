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
    first, last = figure.axes
    assert first.get_ylabel() and first.get_xlabel() and last.get_xlabel()
    names = {text.get_text() for text in last.texts}
    assert names == {style.NOTHING, "chance", "d = 100", "d = 10000\n(most orthogonal)"}
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


def test_lines_are_of_u_lira_and_doing_nothing_of_the_largest_dimension():
    def auc(case):
        return 0.9 if case["attack"] != "u_lira" else 0.6 if case["fraction"] == 1.0 else 0.8

    idle = {"auc_nothing": lambda case: 1.0 if case["dimension"] == 10000.0 else 0.7}
    figure, drawn = membership.draw(tables.attacks(auc=auc, **idle), tables.klom())
    lines = {line.get_label(): line.get_ydata() for line in figure.axes[0].lines}
    np.testing.assert_allclose(lines["d = 100"], [0.8, 0.8, 0.6, 0.8])
    np.testing.assert_allclose(lines[style.NOTHING], 1.0)
    series = {"margin", "loss_threshold", "u_lira", "klom"}
    assert set(drawn["series"].tolist()) == series


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
