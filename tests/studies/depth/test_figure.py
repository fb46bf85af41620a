import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "deep"))
from depth_table import depth_table

from kkt_unlearning.studies import style
from kkt_unlearning.studies.depth import figure as depth


def test_a_column_for_every_network_and_labels_everywhere():
    figure, numbers = depth.draw(depth_table())
    assert len(figure.axes) == 6
    titles = [axes.get_title() for axes in figure.axes[:3]]
    assert titles == ["two layers", "three layers", "four layers"]
    assert len({len(column) for column in numbers.values()}) == 1
    assert all(axes.get_ylabel() for axes in figure.axes if axes.get_subplotspec().is_first_col())


def test_what_is_drawn_is_the_median_at_the_largest_dimension():
    def scaled(row):
        return row["dimension"] * (1 + row["seed"]) * row["fraction"]

    def only_equal(row):
        return scaled(row) if row["layers"] == "equal" else 7.0

    rules = {"epsilon_at_0.1": only_equal, "distance_retrained": only_equal}
    figure, numbers = depth.draw(depth_table(**rules))
    for panel in figure.axes:
        lines = {line.get_label(): line.get_ydata() for line in panel.lines}
        np.testing.assert_allclose(lines["after the step"], 1.5e4 * np.array([0.5, 1.0, 1.5]))
        np.testing.assert_allclose(lines[style.NOTHING], 0.1)
    step = numbers["panel"] == "step"
    assert set(numbers["dimension"][step].tolist()) == {10000}
    assert set(numbers["layers"].tolist()) == {"equal", "halved"}


@pytest.mark.parametrize(
    "change",
    [
        {"epsilon_at_0.1": lambda row: np.inf, "distance_retrained": lambda row: np.nan},
        {"dimensions": (40,), "networks": ("deep3",), "fractions": (1.0,)},
        {"fractions": (0.5, 1.5), "networks": ("deep2", "deep3")},
    ],
)
def test_infinite_missing_and_few_values_are_drawn_too(change):
    figure, _ = depth.draw(depth_table(**change))
    with style.styled():
        figure.draw_without_rendering()
