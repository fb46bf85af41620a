"""Multipliers and the least ε, against SciPy's solvers on the written-out gradients."""

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import lsq_linear, nnls

sys.path.insert(0, str(Path(__file__).parent))
from deep_networks import DEPTHS, trained_batch

from kkt_unlearning.certificates.stationarity import least_epsilon
from kkt_unlearning.deep.stationarity import certify_deep, fit_deep
from kkt_unlearning.deep.weights import norm, scaled
from kkt_unlearning.networks.two_layer import TwoLayer
from kkt_unlearning.problem import Problem


def separating(depth, seed=0):
    """A trained network, disturbed, of smallest margin 1, and its columns ``y_i g_i``."""
    batch, _, training = trained_batch(depth)
    rng, X, y = np.random.default_rng(seed), batch.X[0], batch.y[0]
    W = tuple(layer[0] for layer in training.W)
    W = tuple(w + 0.02 * norm(W) / np.sqrt(w.size) * rng.normal(size=w.shape) for w in W)
    at = batch.network.evaluate(W, X)
    smallest = (y * at.outputs).min()
    assert smallest > 0
    W = scaled(W, smallest ** (-1 / batch.network.degree))
    at = batch.network.evaluate(W, X)
    single = [at.combination(row * y) for row in np.eye(len(y))]
    columns = np.array([np.concatenate([layer.ravel() for layer in g]) for g in single]).T
    return batch.network, W, y, at, columns


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("seed", range(3))
def test_without_caps_it_is_non_negative_least_squares(depth, seed):
    _, W, y, at, columns = separating(depth, seed)
    theta = np.concatenate([layer.ravel() for layer in W])
    expected, distance = nnls(columns, theta)
    found = fit_deep(at, W, y, np.full(4, np.inf))
    assert found.residual == pytest.approx(distance / np.linalg.norm(theta), rel=1e-9)
    np.testing.assert_allclose(found.multipliers, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("depth", DEPTHS)
def test_caps_are_those_of_bounded_least_squares(depth):
    _, W, y, at, columns = separating(depth, 1)
    theta = np.concatenate([layer.ravel() for layer in W])
    free = fit_deep(at, W, y, np.full(4, np.inf)).multipliers
    caps = np.array([0.5, 2.0, 0.9, 1.5]) * np.maximum(free, 0.1)
    expected = lsq_linear(columns, theta, (0.0, caps), method="bvls", tol=1e-14)
    found = fit_deep(at, W, y, caps)
    distance = np.sqrt(2 * expected.cost) / np.linalg.norm(theta)
    assert found.residual == pytest.approx(distance, rel=1e-9)
    np.testing.assert_allclose(found.multipliers, expected.x, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("c", [0.01, 30.0])
def test_multipliers_scale_with_the_degree(depth, c):
    network, W, y, at, _ = separating(depth)
    one = fit_deep(at, W, y, np.full(4, np.inf))
    other = fit_deep(
        network.evaluate(scaled(W, c), np.asarray(at.inputs[0])),
        scaled(W, c),
        y,
        np.full(4, np.inf),
    )
    assert other.residual == pytest.approx(one.residual, rel=1e-9)
    factor = c ** (2 - network.degree)
    np.testing.assert_allclose(other.multipliers, factor * one.multipliers, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("c", [1.0, 7.0])
def test_a_certificate_is_the_bounded_program_at_smallest_margin_one(depth, c):
    network, W, y, at, columns = separating(depth, 2)
    keep, multipliers = np.array([True, True, True, False]), np.array([0.3, 0.7, 0.2, 0.4])
    q = y * at.outputs
    gamma = q[:3].min()
    scale = gamma ** (-1 / network.degree)
    carried = scale ** (2 - network.degree) * multipliers[:3]
    budget = (carried * (q[:3] / gamma - 1)).max()
    slack = q[:3] / gamma - 1
    caps = np.array([budget / s if s > 1e-9 else np.inf for s in slack])
    theta = scale * np.concatenate([layer.ravel() for layer in W])
    there = scale ** (network.degree - 1) * columns[:, :3]
    expected = lsq_linear(there, theta, (0.0, caps), method="bvls", tol=1e-14)
    moved = network.evaluate(scaled(W, c), at.inputs[0])
    found = certify_deep(
        network, moved, scaled(W, c), y, keep, c ** (2 - network.degree) * multipliers
    )
    distance = np.sqrt(2 * expected.cost) / np.linalg.norm(theta)
    assert found.epsilon == pytest.approx(distance, rel=1e-7)
    assert found.delta_budget == pytest.approx(budget, rel=1e-9)
    assert found.delta <= budget * (1 + 1e-9)
    assert found.separates


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_a_given_share_of_the_mean_multiplier_is_the_slack(depth):
    network, W, y, at, columns = separating(depth)
    keep = np.array([True, True, True, False])
    q, theta = y * at.outputs, np.concatenate([layer.ravel() for layer in W])
    scale = q[:3].min() ** (-1 / network.degree)
    # Euler: ⟨θ, ∂f_i⟩ = K f_i, so at a KKT point, where λ_i > 0 has margin 1, ‖θ‖² = K Σ λ_i.
    np.testing.assert_allclose(columns.T @ theta, network.degree * q, rtol=1e-9)
    mean = scale**2 * (theta @ theta) / (3 * network.degree)
    slack = q[:3] / q[:3].min() - 1
    caps = np.array([0.2 * mean / s if s > 1e-9 else np.inf for s in slack])
    there = scale ** (network.degree - 1) * columns[:, :3]
    expected = lsq_linear(there, scale * theta, (0.0, caps), method="bvls", tol=1e-14)
    found = certify_deep(network, at, W, y, keep, np.zeros(4), relative_delta=0.2)
    distance = np.sqrt(2 * expected.cost) / np.linalg.norm(scale * theta)
    assert found.epsilon == pytest.approx(distance, rel=1e-7)
    assert found.delta_budget == pytest.approx(0.2 * mean, rel=1e-9)
    assert found.relative_delta == pytest.approx((expected.x * slack).max() / mean, rel=1e-5)


def test_depth_two_has_the_certificate_of_the_two_layer_code():
    network, W, y, at, _ = separating(2, 3)
    keep, multipliers = np.array([True, False, True, True]), np.array([0.3, 0.7, 0.2, 0.4])
    found = certify_deep(network, at, W, y, keep, multipliers)
    problem = Problem(TwoLayer(network.width), at.inputs[0], y)
    expected = least_epsilon(problem, W[0], found.delta_budget, keep=keep)
    assert found.epsilon == pytest.approx(expected.relative_epsilon, rel=1e-9)
    assert found.delta == pytest.approx(expected.delta, rel=1e-6)
    assert found.relative_delta == pytest.approx(expected.relative_delta, rel=1e-6)


def test_networks_that_do_not_separate_have_none():
    network, W, y, at, _ = separating(3)
    lost = network.evaluate(W, -at.inputs[0])
    found = certify_deep(network, lost, W, y, np.ones(4, bool), np.ones(4))
    assert not found.separates
    assert found.epsilon == found.delta == np.inf
    nothing = scaled(W, 0.0)
    found = certify_deep(
        network, network.evaluate(nothing, at.inputs[0]), nothing, y, np.ones(4, bool), np.ones(4)
    )
    assert found.epsilon == np.inf
