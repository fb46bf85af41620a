"""Lines of all m, fits and shares are in the figure and in its numbers."""

import numpy as np
from crowding_tables import changes, geometry

from kkt_unlearning.studies.crowding.figure import draw


def law(m, crowd, network):
    return 0.5 * crowd / m


def test_lines_of_all_m_are_one_where_the_factor_is_there():
    mixture = geometry(dimension=[100], separation=[0.0])
    figure, drawn = draw(changes(law), geometry(samples=[10, 20], dimension=[100]), mixture)
    assert [axes.get_title() for axes in figure.axes] == [
        "linear model",
        "two-layer ReLU, narrow",
        "",
    ]
    lines = [line for line in figure.axes[0].lines if line.get_label().startswith("m = ")]
    assert len(lines) == 3
    ratios = [line.get_ydata() / line.get_xdata() for line in lines]
    np.testing.assert_allclose(ratios, ratios[0][0])
    fit = drawn["median"][drawn["panel"] == "exponent of m, narrow"]
    np.testing.assert_allclose(fit, -1.0)
    share = drawn["median"][drawn["panel"] == "orthogonal, mixture"]
    np.testing.assert_allclose(share, 2 / 3)
    labels = [text.get_text() for text in figure.axes[-1].get_legend().get_texts()]
    assert {"Gaussian, m = 10", "mixture, m = 10"} <= set(labels)
