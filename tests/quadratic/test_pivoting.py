"""Block pivoting on the Gram matrix, against non-negative least squares."""

import numpy as np
import pytest
from builders import separable
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from kkt_unlearning.quadratic.hard_margin import hard_margin
from kkt_unlearning.quadratic.pivoting import EVERY, FEW, SEVERAL, nonnegative, settled

seeds = st.integers(0, 2**32 - 1)


def signed(seed, m, d):
    """``z_i = y_i x_i`` of separable samples, the longest of length 1."""
    X, y = separable(seed, m, d)
    return y[:, None] * X / np.linalg.norm(X, axis=1).max()


def multipliers(Z):
    """The dual's answer by Lawson and Hanson's least distance programming."""
    system = np.vstack([Z.T, np.ones(len(Z))])
    aim = np.append(np.zeros(Z.shape[1]), 1.0)
    found, _ = nnls(system, aim, maxiter=100 * len(Z))
    return found / (1.0 - found.sum())


@pytest.mark.parametrize(("m", "d"), [(1, 1), (1, 5), (2, 2), (10, 100), (60, 60), (100, 70)])
@settings(max_examples=30)
@given(seed=seeds, start=st.sampled_from([EVERY, FEW, SEVERAL]))
def test_what_settles_are_the_samples_that_the_weights_rest_on(m, d, seed, start):
    Z = signed(seed, m, d)

    # with less of a ridge more samples may go in circles
    found = settled(Z @ Z.T, start if m < d else SEVERAL)

    assert found is not None
    right = multipliers(Z)
    assert (right[found.held] > 0).all() and not np.delete(right, found.held).any()
    assert found.multipliers == pytest.approx(right[found.held], rel=1e-6)


def test_samples_that_no_weights_classify_do_not_settle_on_an_answer():
    Z = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]])

    assert settled(Z @ Z.T) is None
    assert not hard_margin(Z, np.ones(3)).separable


def test_samples_of_length_0_do_not_settle():
    assert settled(np.zeros((2, 3))) is None


@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (40, 10), (60, 50)])
@settings(max_examples=30)
@given(seed=seeds, scale=st.sampled_from([1e-8, 1.0, 1e8]))
def test_non_negative_least_squares(shape, seed, scale):
    rng = np.random.default_rng(seed)
    A, aim = rng.normal(size=shape) * rng.uniform(0.1, 10, shape[1]), rng.normal(size=shape[0])

    found = nonnegative(scale**2 * A.T @ A, scale * A.T @ aim)

    right = nnls(A, aim)[0] / scale
    gram = A.T @ A / np.outer(np.linalg.norm(A, axis=0), np.linalg.norm(A, axis=0))
    if found is None:
        assert np.linalg.cond(gram) > 1e3
    else:
        assert found == pytest.approx(right, rel=1e-8, abs=1e-8 * right.max())


@pytest.mark.parametrize("columns", [[[1.0, 1.0], [0.0, 0.0]], [[1.0, 0.0], [0.0, 0.0]]])
def test_dependent_columns_are_left_to_others(columns):
    A = np.array(columns)
    assert nonnegative(A.T @ A, A.T @ np.ones(2)) is None
