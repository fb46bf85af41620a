"""Deletions one by one are the batch of them, as far as the multipliers stay what they were."""

import numpy as np
import pytest
from builders import ROUND_OFF, one_sentence, planted_pairs, solved
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from kkt_unlearning.errors import DataError
from kkt_unlearning.kkt.multipliers import gradient_matrix
from kkt_unlearning.kkt.point import kkt_point
from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.unlearning.ascent import unlearn
from kkt_unlearning.unlearning.stream import delete_kept, delete_reestimated, delete_resolved

SOLVED = 1e-7  # the solver's tolerance of 1e-9, and some conditioning


@settings(max_examples=25)
@given(st.permutations(range(6)), st.integers(1, 5), st.sampled_from([None, 8]))
def test_with_multipliers_kept_the_stream_is_the_batch_in_any_order(order, count, width):
    _, _, point = solved(2, 6, 18, width)
    stream = delete_kept(point, order[:count])
    for t in range(1, count + 1):
        batch = unlearn(point, sorted(order[:t])).W
        np.testing.assert_allclose(stream.W[t - 1], batch, atol=ROUND_OFF)
    np.testing.assert_array_equal(stream.multipliers, point.multipliers[order[:count]])


def test_the_derivatives_must_be_kept_as_well():
    """Taken anew at the present network, those of the points still to go have changed."""
    _, _, point = solved(2, 6, 18, 8)
    first = unlearn(point, [0]).W
    assert np.any(point.problem.pattern(first)[:, 1:] != point.clarke[:, 1:])


@pytest.mark.parametrize("band", [0.0, 0.3])
def test_for_the_linear_model_estimating_anew_changes_nothing(band):
    _, _, point = solved(2, 6, 18, None)
    order = [3, 0, 5, 1]
    stream = delete_reestimated(point, order, band)
    np.testing.assert_allclose(stream.W, delete_kept(point, order).W, atol=SOLVED)
    np.testing.assert_allclose(stream.multipliers, point.multipliers[order], rtol=SOLVED)


def test_estimates_are_least_squares_on_the_samples_held():
    problem, _, point = solved(2, 6, 18, 8)
    order = [3, 0, 5]
    stream = delete_reestimated(point, order)
    W, held = point.W, list(range(6))
    for t, r in enumerate(order):
        columns = gradient_matrix(problem, problem.pattern(W))
        expected, _ = nnls(columns[:, held], W.ravel())
        estimate = expected[held.index(r)]
        assert stream.multipliers[t] == pytest.approx(estimate, rel=1e-6)
        W = W - estimate * columns[:, r].reshape(W.shape)
        np.testing.assert_allclose(stream.W[t], W, atol=1e-6)
        held.remove(r)


def test_estimates_scale_with_the_network():
    from dataclasses import replace

    _, _, point = solved(2, 6, 18, 8)
    scaled = replace(point, W=3.0 * point.W)
    one, other = (delete_reestimated(p, [3, 0, 5], 0.1) for p in (point, scaled))
    np.testing.assert_allclose(other.W, 3.0 * one.W, atol=SOLVED)
    np.testing.assert_allclose(other.multipliers, 3.0 * one.multipliers, rtol=SOLVED)


def test_free_derivatives_on_all_small_entries_bring_the_multipliers_back():
    """Pairs of cosine ½: entries are 3/4, the speaking ones, or 0 and at most ½ of them after a deletion."""
    problem, W, lam, *_ = planted_pairs([0.5, 0.5, 0.5], [1.0, 1.0, 1.0], 4)
    point = kkt_point(problem, problem.pattern(W))
    order = [1, 2, 5]
    stream = delete_reestimated(point, order, 0.7)
    np.testing.assert_allclose(stream.multipliers, lam[order], rtol=SOLVED)
    np.testing.assert_allclose(stream.W, delete_kept(point, order).W, atol=SOLVED)
    # With 0/1 derivatives the half of a point's term that lies on kinks stays behind.
    plain = delete_reestimated(point, order)
    assert cosine_distance(plain.W, stream.W).max() > 0.01


def test_solved_anew_every_step_is_a_single_one_from_an_exact_point():
    problem, _, point = solved(2, 6, 18, 8)
    order, before, left = [3, 0, 5], point, list(range(6))
    for r, (step, after) in zip(order, delete_resolved(point, order), strict=True):
        expected = unlearn(before, [left.index(r)])
        np.testing.assert_allclose(step.W, expected.W, atol=ROUND_OFF)
        left.remove(r)
        np.testing.assert_array_equal(after.problem.X, problem.X[left])
        assert after.residuals.worst < 1e-7
        (target,) = retained_kkt_points(before, [expected.forget])
        np.testing.assert_allclose(after.W, target.W, atol=1e-6)
        before = after


@pytest.mark.parametrize("delete", [delete_kept, delete_reestimated, delete_resolved])
@pytest.mark.parametrize(
    ("order", "named"), [([6], "index 6"), ([1, 1], "repeated"), (list(range(6)), "all 6 samples")]
)
def test_bad_orders(delete, order, named):
    _, _, point = solved(2, 6, 18, None)
    with pytest.raises(DataError) as error:
        delete(point, order)
    assert named in one_sentence(error)
