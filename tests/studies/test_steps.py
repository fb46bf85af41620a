"""The step-size figure of any experiment: its columns of panels."""

import pytest
import result_tables as tables

from kkt_unlearning.studies import steps
from kkt_unlearning.studies.summary import median, select
from tests.own_runs import named


def titles(figure) -> list[str]:
    return [axes.get_title() for axes in figure.axes if axes.get_title()]


def test_panels_are_told_apart_by_network_and_then_by_what_is_swept():
    table = named(tables.evaluation((1000, 300), tables.FRACTIONS, tau=lambda case: case["value"]))
    figure, drawn = steps.draw(table, ["dimension", "network"])
    assert titles(figure) == [
        "linear model\ndimension 1000",
        "linear model\ndimension 300",
        "two-layer ReLU\ndimension 1000",
        "two-layer ReLU\ndimension 300",
    ]
    one = select(drawn, dimension=300, network="linear", quantity="tau")
    assert set(one["median"]) == {300.0} and median(one["count"]) == 3


@pytest.mark.parametrize("points", [1, steps.MOST_COLUMNS])
def test_of_very_many_panels_the_first_are_drawn_and_all_are_written(points):
    table = named(tables.evaluation(range(points), (1.0,), seeds=1))
    figure, drawn = steps.draw(table, ["dimension", "network"])
    assert len(titles(figure)) == min(2 * points, steps.MOST_COLUMNS)
    assert len({*zip(drawn["dimension"], drawn["network"], strict=True)}) == 2 * points
    figure.canvas.draw()
