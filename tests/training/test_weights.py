"""Weights from pre-activations: exact on planted ones, and on data that determine them badly."""

import numpy as np
import pytest
from builders import EPS, gaussian, labels, network
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.problem import Problem
from kkt_unlearning.training import Descent, train
from kkt_unlearning.training.weights import Weights


def planted(seed, m, k, n, duplicates=0):
    """``W = W(0) + C X`` and the running loss gradients ``Λ_i = max_j |C_ji / u_j|``."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(m, k)) / np.sqrt(k)
    X[:duplicates] = X[m - duplicates :]
    problem = Problem(network(n), X, labels(m))
    u, W0 = problem.network.output_weights, rng.normal(size=(n, k))
    C = rng.normal(size=(n, m)) * u[:, None]
    return problem, W0, W0 + C @ X, np.abs(C / u[:, None]).max(axis=0)


def neurons_last(problem, W):
    return np.ascontiguousarray(problem.preactivations(W).T)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.sampled_from([(4, 9), (4, 4), (9, 4)]), st.integers(0, 2))
def test_planted_weights_are_found_also_for_duplicates_and_more_samples_than_dimensions(
    seed, sizes, duplicates
):
    problem, W0, W, bounds = planted(seed, *sizes, 5, duplicates)
    weights, P = Weights.of(problem, W0), neurons_last(problem, W)
    # Round-off of P, of size 1, over the smallest singular value that is not 0.
    values = np.linalg.svd(problem.X, compute_uv=False)
    tolerance = 100 * EPS * np.abs(W).max() / values[values > 1e-12].min()
    np.testing.assert_allclose(weights.at(P, bounds), W, atol=tolerance)
    np.testing.assert_allclose(weights.norm(P, bounds), np.linalg.norm(W), atol=10 * tolerance)


def test_nothing_moved_is_nothing_at_all():
    problem, W0, _, _ = planted(0, 4, 7, 5)
    weights = Weights.of(problem, W0)
    np.testing.assert_array_equal(weights.at(neurons_last(problem, W0), np.zeros(4)), W0)


def descend(problem, W, steps, dtype=np.longdouble):
    """Normalised descent of step ½ on the exponential loss in R^d, in extended precision."""
    X, y, W = (array.astype(dtype) for array in (problem.X, problem.y, W))
    u, total = problem.network.output_weights.astype(dtype), np.zeros(len(y), dtype)
    for _ in range(steps):
        P = W @ X.T
        active = P > 0 if problem.network.has_kinks else np.ones(P.shape, bool)
        slopes = np.exp(-y * (u @ (P * active)))
        slopes = slopes / slopes.sum() / 2
        W, total = W + (u[:, None] * (slopes * y) * active) @ X, total + slopes
    return W, total


def trained(problem, W0):
    return train(problem, W0, Descent(step_size=0.5, steps=300, minimum_margin=-np.inf))


@pytest.mark.parametrize("width", [None, 20])
def test_highly_correlated_data_cost_the_digits_of_their_condition_and_not_of_its_square(width):
    problem, W0 = gaussian(5, 8, 30, width)
    shared = np.random.default_rng(6).normal(size=30) / np.sqrt(30)
    problem = Problem(
        problem.network, np.sqrt(1 - 1e-5) * shared + np.sqrt(1e-5) * problem.X, problem.y
    )
    expected, total = descend(problem, W0, 300)
    largest, *_, smallest = np.linalg.svd(problem.X, compute_uv=False)
    assert largest / smallest > 1000
    # Each step rounds what it adds to P. A solve with the Gram matrix would cost a thousand times that.
    added = total.sum() * (problem.X**2).sum(axis=1).max()
    assert np.abs(trained(problem, W0).W - expected).max() < 4 * EPS * added / smallest


@pytest.mark.parametrize("width", [None, 20])
@pytest.mark.parametrize("distance", [0.0, 1e-13, 1e-10, 1e-8, 1e-6, 1e-3])
@pytest.mark.parametrize("twin", [2, 3], ids=["same label", "other label"])
def test_near_twins_cost_digits_of_the_weights_within_the_bound_and_none_of_the_preactivations(
    width, distance, twin
):
    problem, W0 = gaussian(5, 8, 30, width)
    X = problem.X.copy()
    X[0] = X[twin] + distance * X[0]
    problem = Problem(problem.network, X, problem.y)
    expected, total = descend(problem, W0, 300)
    P = expected @ X.T
    found = trained(problem, W0).W
    bound = np.sqrt(EPS * np.linalg.norm(P) * np.linalg.norm(total))  # ‖u‖ = 1
    assert np.linalg.norm(found - expected) < 10 * bound
    assert np.abs(found @ X.T - P).max() < 100 * EPS * np.abs(P).max()
