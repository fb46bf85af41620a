"""Lines of all m with the factor 1/m beside them are in the figure; fits and shares are in its numbers."""

import numpy as np
from crowding_tables import changes, geometry

from kkt_unlearning.studies import style
from kkt_unlearning.studies.crowding.figure import draw


def law(m, crowd, network):
    return 0.5 * crowd / m * (1.0 if network == "linear" else m)


def test_lines_of_all_m_lie_on_the_dotted_ones_where_the_factor_is_there():
    mixture = geometry(dimension=[100], separation=[0.0])
    figure, drawn = draw(changes(law), geometry(samples=[10, 20], dimension=[100]), mixture)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["linear model", "two-layer ReLU, narrow"]
    for panel, falls in zip(figure.axes, (True, False), strict=True):
        solid = [line for line in panel.lines if line.get_label().startswith("m = ")]
        dotted = [line for line in panel.lines if line.get_linestyle() == ":"]
        assert len(solid) == len(dotted) == 3
        for line, prediction, m in zip(solid, dotted, (10, 20, 40), strict=True):
            at, change = line.get_data()
            expected = np.interp(at, *prediction.get_data())
            assert np.allclose(change, expected) is (falls or m == 10)
        nothing = next(line for line in panel.lines if line.get_label() == style.NOTHING)
        assert not np.any(nothing.get_ydata())
    fits = [drawn["median"][drawn["panel"] == f"exponent of m, {n}"] for n in ("linear", "narrow")]
    np.testing.assert_allclose(fits, [[-1.0], [0.0]], atol=1e-12)


def test_shares_and_the_joint_criterion_are_in_the_numbers():
    mixture = geometry(dimension=[100], separation=[0.0])
    _, drawn = draw(changes(law), geometry(samples=[10, 20], dimension=[100]), mixture)
    share = drawn["median"][drawn["panel"] == "orthogonal, mixture"]
    np.testing.assert_allclose(share, 2 / 3)
    # of ε = 0.01, 0.02 and 0.03 all are at most 0.03; doing nothing costs more for every m
    assert set(drawn["median"][drawn["panel"] == "joint, narrow"]) == {1.0}
    assert set(drawn["median"][drawn["panel"] == "joint, narrow, doing nothing"]) == {0.0}
    idle = drawn["panel"] == "epsilon, linear, doing nothing"
    np.testing.assert_allclose(drawn["median"][idle], drawn["samples"][idle] ** -0.5)
