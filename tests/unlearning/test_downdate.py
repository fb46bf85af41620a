"""The dual downdate is an exact KKT point of the retained problem, found from the cell after the step."""

import numpy as np
import pytest
from builders import least_distance, solved

from kkt_unlearning.errors import DataError
from kkt_unlearning.kkt.point import kkt_point
from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.unlearning import unlearn_all
from kkt_unlearning.unlearning.downdate import downdate

FORGET = [(0,), (1, 4)]


@pytest.mark.parametrize("trained", [False, True])
@pytest.mark.parametrize("width", [None, 8])
@pytest.mark.parametrize("seed", range(3))
def test_it_is_an_exact_kkt_point(seed, width, trained):
    problem, training, point = solved(seed, 6, 15, width)
    W = unlearn_all(point, FORGET, [1.0], trained=training.W if trained else None).W[:, 0]
    for forget, found in zip(FORGET, downdate(point, W, FORGET), strict=True):
        rest = problem.retain(forget)
        np.testing.assert_array_equal(found.problem.X, rest.X)
        assert found.residuals.worst < 1e-10 and found.gap < 1e-10
        assert rest.margins(found.W).min() == pytest.approx(1.0, rel=1e-10)
        # Of the weights with its own activations it is the least: an active-set method agrees.
        least, _ = least_distance(rest, found.pattern)
        np.testing.assert_allclose(found.W, least, atol=1e-8)


def test_where_the_step_stays_in_the_cell_it_is_the_nearest_point():
    _, _, point = solved(1, 6, 15, 8)
    stayed = [point.W, point.W]
    expected = retained_kkt_points(point, FORGET)
    for found, other in zip(downdate(point, np.stack(stayed), FORGET), expected, strict=True):
        np.testing.assert_allclose(found.W, other.W, atol=1e-10)


def test_it_starts_in_the_cell_of_the_weights_given_not_of_the_point():
    _, _, point = solved(1, 6, 15, 8)
    problem, other, _ = solved(2, 6, 15, 8)  # of which it gets the pre-activations
    W = np.stack([problem.preactivations(other.W) @ np.linalg.pinv(point.problem.X).T] * 2)
    assert (point.problem.pattern(W[0]) != point.pattern).any()
    for forget, found in zip(FORGET, downdate(point, W, FORGET), strict=True):
        rest = point.problem.retain(forget)
        expected = kkt_point(rest, rest.pattern(W[0]))
        np.testing.assert_allclose(found.W, expected.W, atol=1e-8)
        (near,) = retained_kkt_points(point, [forget])
        assert np.abs(found.W - near.W).max() > 1e-3


def test_a_bad_forget_set_is_refused():
    _, _, point = solved(1, 6, 15, 8)
    with pytest.raises(DataError, match="index 6"):
        downdate(point, point.W[None], [(6,)])
