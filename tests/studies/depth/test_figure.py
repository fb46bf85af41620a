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
    assert len(figure.axes) == 9
    titles = [axes.get_title() for axes in figure.axes[:3]]
    assert titles == ["two layers", "three layers", "four layers"]
    assert len({len(column) for column in numbers.values()}) == 1
    assert all(axes.get_ylabel() for axes in figure.axes if axes.get_subplotspec().is_first_col())


def test_what_is_drawn_is_the_median_at_the_largest_dimension():
    def epsilon(row):
        return row["dimension"] * (1 + row["seed"]) * row["fraction"]

    figure, numbers = depth.draw(depth_table(**{"epsilon_at_0.1": epsilon}))
    line = next(line for line in figure.axes[1].lines if line.get_label() == "at θ̃")
    np.testing.assert_allclose(line.get_ydata(), 1.5e4 * np.array([0.5, 1.0, 1.5]))
    step = numbers["panel"] == "step"
    assert set(numbers["dimension"][step].tolist()) == {10000}


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
