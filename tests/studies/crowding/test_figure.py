"""Lines of all m, fits and shares are in the figure and in its numbers."""

import numpy as np
from crowding_tables import changes, geometry

from kkt_unlearning.studies import style
from kkt_unlearning.studies.crowding.figure import draw


def law(m, crowd, network):
    return 0.5 * crowd / m


def test_lines_of_all_m_are_one_where_the_factor_is_there():
    mixture = geometry(dimension=[100], separation=[0.0])
    figure, drawn = draw(changes(law), geometry(samples=[10, 20], dimension=[100]), mixture)
    assert [axes.get_title() for axes in figure.axes] == [
        "linear model",
        "two-layer ReLU,\nnarrow",
        *[""] * 4,
    ]
    lines = [line for line in figure.axes[0].lines if line.get_label().startswith("m = ")]
    assert len(lines) == 3
    ratios = [line.get_ydata() / line.get_xdata() for line in lines]
    np.testing.assert_allclose(ratios, ratios[0][0])
    fit = drawn["median"][drawn["panel"] == "exponent of m, narrow"]
    np.testing.assert_allclose(fit, -1.0)
    share = drawn["median"][drawn["panel"] == "orthogonal, mixture"]
    np.testing.assert_allclose(share, 2 / 3)
    for line, m in zip(figure.axes[3].lines[3:], (10, 20, 40), strict=True):
        assert line.get_label() == style.NOTHING
        np.testing.assert_allclose(line.get_ydata(), m**-0.5)
    # of ε = 0.01, 0.02 and 0.03 all are at most 0.03; doing nothing costs more for every m
    assert set(drawn["median"][drawn["panel"] == "joint, narrow"]) == {1.0}
    assert set(drawn["median"][drawn["panel"] == "joint, narrow, doing nothing"]) == {0.0}
    labels = [text.get_text() for text in figure.axes[2].get_legend().get_texts()]
    assert {"Gaussian, m = 10", "mixture, m = 10"} <= set(labels)
