"""The constants that say what counts as 0 do what they are derived from, and lie in gaps that are there."""

import numpy as np
import pytest
from builders import solved

from kkt_unlearning.precision import LARGEST, ROUND_OFF, TINY
from kkt_unlearning.problem import ON_KINK
from kkt_unlearning.quadratic.solver import SOLVED
from kkt_unlearning.unlearning import unlearn_all

FLOAT = np.finfo(float)
FAR = 50.0  # how far from the threshold numbers are that it tells apart


def test_round_off_covers_as_many_operations_as_it_says():
    assert 9_000 * FLOAT.eps / 2 == pytest.approx(ROUND_OFF, rel=1e-3)
    rng = np.random.default_rng(0)
    for count in (10, 1000, 9_000):
        terms = rng.normal(size=count)
        cancelling = rng.permutation(np.concatenate([terms, -terms]))
        assert abs(np.cumsum(cancelling)[-1]) < ROUND_OFF * np.abs(cancelling).sum()


def test_products_stay_within_float64():
    assert 0 < LARGEST**3 < FLOAT.max and FLOAT.tiny < 1 / LARGEST**3
    assert FLOAT.tiny < TINY and FLOAT.max > 1 / TINY


def far_below_or_above(values, threshold):
    return bool(((values < threshold / FAR) | (values > threshold * FAR)).all())


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("width", [8, 60])
def test_at_exact_points_and_after_steps_no_number_is_near_a_threshold(seed, width):
    problem, _, point = solved(seed, 6, 40, width)
    P = np.abs(problem.preactivations(point.W))
    assert point.kinks.any()
    assert far_below_or_above(P / P.max(), SOLVED)
    np.testing.assert_array_equal(SOLVED * P.max() >= P, point.kinks)
    assert far_below_or_above(problem.margins(point.W) - 1.0, SOLVED)
    assert far_below_or_above(point.multipliers / point.multipliers.max(), SOLVED)
    after = unlearn_all(point, [[0], [1, 2]], [0.5, 1.0])
    P = np.abs(problem.preactivations(after.W))
    assert far_below_or_above(P / P.max(axis=(-2, -1), keepdims=True), ON_KINK)
