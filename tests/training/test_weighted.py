"""Descent with sample weights of any sign: it is training where they are 1, and its formula elsewhere."""

import numpy as np
import pytest
from builders import ROUND_OFF, gaussian, one_sentence
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.errors import DataError
from kkt_unlearning.training import Descent, train
from kkt_unlearning.training.losses import LOSSES
from kkt_unlearning.training.weighted import weighted_descent

LOSSES_, STEPS = (
    st.sampled_from(["exponential", "logistic"]),
    st.sampled_from(["normalised", "constant"]),
)


def by_the_formula(problem, W, h, descent, steps):
    """``W ← W + η Σ_i h_i (−ℓ'(q_i)) y_i g_i``, over ``Σ_i |h_i| ℓ(q_i)`` if normalised."""
    loss = LOSSES[descent.loss]
    for _ in range(steps):
        q = problem.margins(W)
        slopes = h * np.exp(loss.log_slope(q))
        if descent.step == "normalised":
            slopes = slopes / (np.abs(h) * np.exp(loss.log_value(q))).sum()
        active = problem.network.derivative(problem.preactivations(W))
        W = W + descent.step_size * problem.combination(slopes, active)
    return W


@settings(max_examples=25)
@given(
    st.integers(0, 10**6),
    st.sampled_from([None, 7]),
    LOSSES_,
    STEPS,
    st.lists(st.sampled_from([-2.0, -0.3, 0.0, 0.5, 1.0]), min_size=5, max_size=5).filter(any),
)
def test_it_is_its_formula(seed, width, loss, rule, h):
    problem, W0 = gaussian(seed, 5, 8, width, scale=1.0)
    descent, h = Descent(loss, rule, step_size=0.1), np.array(h)
    found = weighted_descent(problem, W0, h, descent, [1, 4])
    for count, W in zip((1, 4), found, strict=True):
        expected = by_the_formula(problem, W0, h, descent, count)
        np.testing.assert_allclose(W, expected, atol=ROUND_OFF)


@pytest.mark.parametrize("width", [None, 7])
def test_weights_of_one_and_zero_are_training_with_a_mask(width):
    problem, W0 = gaussian(3, 5, 8, width)
    descent = Descent(steps=40, step_size=0.3, minimum_margin=-np.inf)
    mask = np.array([True, False, True, True, True])
    expected = train(problem, W0, descent, mask=mask, snapshots=[15, 40])
    found = weighted_descent(problem, W0, mask.astype(float), descent, [15, 40])
    np.testing.assert_array_equal(found, np.stack(expected.snapshots))


def test_a_common_factor_of_the_weights_changes_nothing_in_normalised_steps():
    problem, W0 = gaussian(3, 5, 8, 7)
    h = np.array([0.2, -0.1, 0.3, 0.1, 0.3])
    once, twice = (
        weighted_descent(problem, W0, factor * h, Descent(step_size=0.3), [20])
        for factor in (1.0, 8.0)
    )
    np.testing.assert_allclose(twice, once, atol=ROUND_OFF)


def test_the_batch_is_that_of_weights_and_samples_together():
    problem, W0 = gaussian(3, 5, 8, 7)
    h = np.array([[1.0, -0.5, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 0.0, -2.0]])
    both = np.stack([W0, 2.0 * W0])
    shared = weighted_descent(problem, W0, h, Descent(step_size=0.3), [1, 9])
    own = weighted_descent(problem, both, h, Descent(step_size=0.3), [1, 9])
    assert shared.shape == own.shape == (2, 2, 7, 8)
    for b in range(2):
        alone = weighted_descent(problem, W0, h[b], Descent(step_size=0.3), [1, 9])
        np.testing.assert_allclose(shared[b], alone, atol=ROUND_OFF)
        alone = weighted_descent(problem, both[b], h[b], Descent(step_size=0.3), [1, 9])
        np.testing.assert_allclose(own[b], alone, atol=ROUND_OFF)


@pytest.mark.parametrize("steps", [[], [0, 1], [3, 3], [5, 2]])
def test_bad_step_counts(steps):
    problem, W0 = gaussian(3, 5, 8, 7)
    with pytest.raises(DataError) as error:
        weighted_descent(problem, W0, np.ones(5), Descent(), steps)
    text = one_sentence(error)
    assert f"steps = {steps}" in text and "ascending" in text
