"""The step, what is left after it, and the way back into the cell."""

import sys
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from deep_networks import DEPTHS, random_network
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.certificates.restore import restore
from kkt_unlearning.deep.ascent import layerwise_step, lengths
from kkt_unlearning.deep.decomposition import decompose
from kkt_unlearning.deep.restore import restore_layers
from kkt_unlearning.deep.weights import norm, subtract
from kkt_unlearning.networks.two_layer import TwoLayer
from kkt_unlearning.problem import Problem

KEEP = np.array([True, False, True, True, True])


def step(depth, seed=0, fraction=1.0, share=1.0, size=0.2):
    """A step on sample 1 with multipliers of no meaning, which the identities do not need."""
    network, W, X, y = random_network(depth, seed)
    at = network.evaluate(W, X)
    multipliers = size * np.linspace(1.0, 2.0, 5)
    steps = lengths(np.array(fraction), share, network.degree)
    after = layerwise_step(W, at, y, np.where(KEEP, 0.0, multipliers), steps)
    return network, W, X, y, at, multipliers, steps, after


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_step_is_a_gradient_step_on_the_loss_of_the_forgotten_sample(depth):
    _, W, _, y, at, multipliers, _, after = step(depth, share=1.0)
    q = y[1] * at.outputs[1]
    beta = -multipliers[1] / -np.exp(-q)  # −λ_r/ℓ'(q_r), exponential loss
    slope = at.combination(np.where(KEEP, 0.0, -np.exp(-y * at.outputs) * y))
    for left, layer, g in zip(after, W, slope, strict=True):
        np.testing.assert_allclose(left, layer + beta * g, rtol=1e-12, atol=1e-13)


def test_the_deeper_layers_take_their_share():
    np.testing.assert_array_equal(
        lengths(np.array([0.5, 2.0]), 0.5, 3), [[0.5, 0.25, 0.25], [2, 1, 1]]
    )
    _, W, _, _, _, _, _, whole = step(3)
    *_, half = step(3, share=0.5)
    np.testing.assert_array_equal(half[0], whole[0])
    np.testing.assert_allclose(W[1] - half[1], 0.5 * (W[1] - whole[1]), atol=1e-15)


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_to_first_order_the_output_moves_by_what_all_layers_together_move_it(degree):
    # λ_r ‖g_r‖², a sum over the layers.
    network, _, X, y, at, multipliers, _, after = step(degree + 1, size=1e-7)
    moved = network.evaluate(after, X).outputs[1] - at.outputs[1]
    expected = -multipliers[1] * y[1] * at.squared_norms()[1]
    assert moved == pytest.approx(expected, rel=1e-4)


@settings(max_examples=30)
@given(
    st.integers(0, 40),
    st.sampled_from(DEPTHS),
    st.floats(0.0, 2.0),
    st.sampled_from([0.5, 1.0]),
)
def test_the_terms_add_up_to_what_is_left(seed, depth, fraction, share):
    network, W, X, y, at, multipliers, steps, after = step(depth, seed, fraction, share)
    held, own = network.evaluate(after, X, at.patterns), network.evaluate(after, X)
    parts = decompose(W, at, held, own, after, y, multipliers, KEEP, steps)
    # Each term written out from single gradients.
    c = multipliers * y
    terms = [np.zeros(0)] * 4
    flat = lambda V: np.concatenate([layer.ravel() for layer in V])  # noqa: E731
    single = lambda e: [flat(e.combination(row)) for row in np.eye(5)]  # noqa: E731
    g, g_held, g_own = single(at), single(held), single(own)
    layers = np.concatenate([np.full(w.size, a) for w, a in zip(W, steps, strict=True)])
    terms[0] = flat(W) - sum(c[i] * g[i] for i in range(5))
    terms[1] = (1 - layers) * c[1] * g[1]
    terms[2] = sum(c[i] * (g[i] - g_held[i]) for i in range(5) if i != 1)
    terms[3] = sum(c[i] * (g_held[i] - g_own[i]) for i in range(5) if i != 1)
    left = flat(after) - sum(c[i] * g_own[i] for i in range(5) if i != 1)
    np.testing.assert_allclose(sum(terms), left, atol=1e-10 * norm(W))
    expected = [np.linalg.norm(term) / norm(W) for term in (*terms, left)]
    np.testing.assert_allclose(astuple(parts), expected, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("depth", DEPTHS)
def test_gradients_move_within_the_cell_only_beyond_two_layers(depth):
    network, W, X, y, at, multipliers, steps, after = step(depth, size=1e-6)
    held, own = network.evaluate(after, X, at.patterns), network.evaluate(after, X)
    parts = decompose(W, at, held, own, after, y, multipliers, KEEP, steps)
    assert parts.flips == 0.0  # so short a step crosses no kink
    assert (parts.cell == 0.0) if depth == 2 else (parts.cell > 1e-14)


@settings(max_examples=30)
@given(st.integers(0, 40), st.sampled_from(DEPTHS), st.floats(0.1, 2.0))
def test_the_restored_network_lies_in_the_closed_cell(seed, depth, fraction):
    _, _, X, _, at, *_, after = step(depth, seed, fraction)
    patterns = [pattern.copy() for pattern in at.patterns]
    patterns[0][:, 0] = 0.3  # a neuron that training held on its kink for all samples
    found = restore_layers(after, X, tuple(patterns), KEEP)
    Z = X
    for layer, pattern in zip(found, patterns, strict=True):
        P = Z @ layer.T
        size = np.abs(P).max() + np.abs(Z).max()
        sigma = np.maximum(P, 0.0)
        np.testing.assert_allclose((pattern * P)[KEEP], sigma[KEEP], atol=1e-9 * size)
        fractional = (pattern > 0) & (pattern < 1)
        assert np.abs(P[fractional & KEEP[:, None]]).max(initial=0.0) <= 1e-9 * size
        Z = pattern * P


def test_what_never_left_its_cell_is_restored_to_itself():
    _, W, X, _, at, *_ = step(3)
    found = restore_layers(W, X, at.patterns, KEEP)
    assert norm(subtract(found, W)) < 1e-12 * norm(W)


def test_with_two_layers_it_is_the_restored_network_of_the_certificate():
    network, _, X, y, at, *_, after = step(2, fraction=2.0)
    problem = Problem(TwoLayer(network.width), X, y)
    pattern = at.patterns[0].T
    expected = restore(problem, after[0], pattern, np.zeros(pattern.shape, bool), KEEP)
    (found,) = restore_layers(after, X, at.patterns, KEEP)
    np.testing.assert_allclose(found, expected.W, atol=1e-12)
    assert np.abs(found - after[0]).max() > 1e-3  # the step had crossed kinks
