import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from deep_networks import DEPTHS, random_network, trained_batch
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.deep.training import TRUST, train_layers
from kkt_unlearning.deep.weights import norm, subtract
from kkt_unlearning.training.descent import Descent

CONSTANT = Descent(step="constant", step_size=0.01, steps=3)


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_constant_step_is_plain_gradient_descent(depth):
    network, W, X, y = random_network(depth)
    expected = [layer.copy() for layer in W]
    for _ in range(3):
        at = network.evaluate(tuple(expected), X)
        gradient = at.combination(-np.exp(-y * at.outputs) * y)
        expected = [layer - 0.01 * slope for layer, slope in zip(expected, gradient, strict=True)]
    found = train_layers(network, X, y, W, CONSTANT)
    for left, right in zip(found.W, expected, strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-12, atol=1e-14)
    assert all(
        (before == again).all() for before, again in zip(W, random_network(depth)[1], strict=True)
    )


@settings(max_examples=15)
@given(st.integers(0, 30), st.sampled_from(DEPTHS), st.sampled_from(["exponential", "logistic"]))
def test_no_normalised_step_moves_the_network_or_its_margins_far(seed, depth, loss):
    network, W, X, y = random_network(depth, seed)
    eta = 1e-6  # so small that first order is all there is, unless a kink lies in the way
    found = train_layers(network, X, y, W, Descent(loss=loss, step_size=eta, steps=1))
    at = network.evaluate(W, X)
    move = subtract(found.W, W)
    assert norm(move) <= eta * TRUST * norm(W) * (1 + 1e-6)
    assert np.abs(at.inner(move)).max() <= eta * (1 + 1e-6)


def test_samples_left_out_do_not_matter():
    network, W, X, y = random_network(3)
    keep = np.array([True, True, False, True, True])
    found = train_layers(network, X, y, W, Descent(steps=20), keep=keep)
    alone = train_layers(network, X[keep], y[keep], W, Descent(steps=20))
    for left, right in zip(found.W, alone.W, strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(found.margins[keep], alone.margins, rtol=1e-9)


def test_a_batch_is_its_members():
    network, W, X, y = random_network(4)
    both = tuple(np.stack([layer, 0.7 * layer]) for layer in W)
    found = train_layers(network, X, y, both, Descent(steps=10))
    alone = train_layers(network, X, y, tuple(0.7 * layer for layer in W), Descent(steps=10))
    np.testing.assert_allclose(found.margins[1], alone.margins, rtol=1e-10)


@pytest.mark.parametrize("depth", DEPTHS)
def test_training_separates_and_its_residual_falls(depth):
    batch, descent, training = trained_batch(depth)
    assert (training.margins > descent.minimum_margin).all()
    losses = np.array([columns["log_loss"] for _, columns in training.history])
    assert (losses[-1] < losses[0]).all() and (losses[-1] < 0).all()
    assert training.history[-1][0] == descent.steps
    q = batch.y * batch.network.evaluate(training.W, batch.X).outputs
    np.testing.assert_array_equal(q, training.margins)


@pytest.mark.parametrize("depth", DEPTHS)
def test_averaged_derivatives_are_averages(depth):
    *_, training = trained_batch(depth)
    for pattern in training.patterns:
        assert ((pattern >= 0) & (pattern <= 1)).all()
    assert any(((pattern > 0) & (pattern < 1)).any() for pattern in training.patterns)


def test_averages_are_weighted_by_the_slopes():
    network, W, X, y = random_network(3)
    descent = Descent(step="constant", step_size=0.2, steps=20)
    found = train_layers(network, X, y, W, descent)  # the last tenth: steps 19 and 20
    at = [
        network.evaluate(train_layers(network, X, y, W, replace(descent, steps=done)).W, X)
        for done in (18, 19)
    ]
    p, q = (np.exp(-y * now.outputs)[:, None] for now in at)
    expected = [
        (p * A + q * B) / (p + q) for A, B in zip(*(now.patterns for now in at), strict=True)
    ]
    for average, mean in zip(found.patterns, expected, strict=True):
        np.testing.assert_allclose(average, mean, atol=1e-12)
    fractions = np.concatenate([mean[(mean > 0) & (mean < 1)] for mean in expected])
    assert np.abs(fractions - 0.5).max() > 1e-3  # not the plain mean of the two


def test_without_crossings_the_averages_are_the_derivatives():
    network, W, X, y = random_network(3)
    found = train_layers(network, X, y, W, Descent(step_size=1e-9, steps=5))
    for average, own in zip(found.patterns, network.evaluate(W, X).patterns, strict=True):
        np.testing.assert_allclose(average, own, atol=1e-15)
