"""The safeguarded Newton descent against scipy, and where there is no minimum."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from kkt_unlearning.dependence.descent_ascent import minimise
from kkt_unlearning.errors import DataError


@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(1, 6))
def test_a_convex_loss_has_the_minimum_that_bfgs_finds(seed, dimension, samples):
    rng = np.random.default_rng(seed)
    X, weights = rng.standard_normal((samples, dimension)), rng.uniform(0.1, 1, samples)

    def loss(w):
        terms = weights * np.exp(-X @ w)
        return terms.sum() + 0.05 * w @ w, 0.1 * w - terms @ X

    ours = minimise(X, weights, 0.1, np.zeros(dimension))
    theirs = minimize(loss, np.zeros(dimension), jac=True, method="L-BFGS-B", tol=1e-14)
    assert loss(ours)[0] <= theirs.fun * (1 + 1e-12)
    np.testing.assert_allclose(ours, theirs.x, atol=1e-4)


def test_a_saddle_is_left():
    # −e^(−w_1) + w_1²/2·λ has its maximum at W_(−1): next to it descent goes to the minimum or to nowhere.
    X, weights = np.ones((1, 1)), np.array([-0.1])
    low, high = (minimise(X, weights, 1.0, np.array([w])) for w in (-4.0, 0.0))
    assert np.isnan(low).all()
    assert high[0] == pytest.approx(-0.1118325592, abs=1e-9)


def test_a_loss_without_minimum_falls_for_ever():
    assert np.isnan(minimise(np.ones((1, 1)), np.array([-1.0]), 1e-2, np.zeros(1))).all()


@pytest.mark.parametrize("ridge", [0.0, -1.0])
def test_a_penalty_that_is_not_positive(ridge):
    with pytest.raises(DataError, match=f"^ridge is {ridge}, but must be above 0"):
        minimise(np.ones((1, 1)), np.ones(1), ridge, np.zeros(1))
