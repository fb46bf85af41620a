"""The Newton step without retained data is the influence step, from an inverse of all samples."""

import numpy as np
import pytest
from builders import solved
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.errors import DataError
from kkt_unlearning.unlearning.influence import influence_step
from kkt_unlearning.unlearning.retain_free import retain_free_step


def from_stored_inverse(problem, W, forget, damping):
    """With what a trainer keeps, ``H⁻¹`` of all weights, and the forgotten samples; exponential loss."""
    active, q = problem.pattern(W), problem.margins(W)
    h = np.exp(-q)
    V = np.stack([problem.combination(e, active).ravel() for e in np.eye(problem.samples)], axis=1)
    mu = damping * (h @ q) / (W**2).sum()
    inverse = np.linalg.inv(mu * np.eye(W.size) + (V * h) @ V.T)
    R, k = V[:, forget], len(forget)
    A = inverse @ R
    step = A @ np.linalg.solve(np.eye(k) - np.diag(h[forget]) @ R.T @ A, h[forget])
    return W - step.reshape(W.shape)


@settings(max_examples=20)
@given(
    st.integers(0, 3),
    st.sampled_from([None, 6]),
    st.sampled_from([0.1, 1.0, 3.0]),
    st.sampled_from([[0], [2, 4]]),
)
def test_it_needs_the_inverse_and_the_forgotten_samples_alone(seed, width, damping, forget):
    problem, training, _ = solved(seed, 6, 15, width)
    W = training.W * (2.0 / training.margins.min())
    found = retain_free_step(problem, W, forget, damping=damping)
    expected = from_stored_inverse(problem, W, forget, damping)
    np.testing.assert_allclose(found, expected, atol=1e-8 * np.abs(W).max())


@pytest.mark.parametrize("loss", ["exponential", "logistic"])
@pytest.mark.parametrize("width", [None, 8])
@pytest.mark.parametrize("forget", [[1], [0, 3], []])
@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_it_is_the_influence_step(loss, width, forget, scale):
    problem, training, _ = solved(1, 6, 15, width)
    W = training.W * scale
    found = retain_free_step(problem, W, forget, loss=loss)
    expected = influence_step(problem, W, forget, loss=loss)
    np.testing.assert_allclose(found, expected, atol=1e-8 * np.abs(W).max())


def test_bad_damping_and_weights_are_refused():
    problem, training, _ = solved(1, 6, 15, 8)
    with pytest.raises(DataError, match="damping = 0"):
        retain_free_step(problem, training.W, [0], damping=0.0)
    linear, training, _ = solved(1, 6, 15, None)
    with pytest.raises(DataError, match="train for longer"):
        retain_free_step(linear, -training.W, [0])
