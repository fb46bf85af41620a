"""Bounds on what an attacker sees: of outputs by an angle, of an AUC by a shift, of a distance by (ε, δ)."""

import numpy as np
import pytest
from builders import gaussian, network, solved
from hypothesis import given, settings
from hypothesis import strategies as st
from shadow_pool import pool

from kkt_unlearning.attacks.bound import auc_interval, distance_to_optimum, output_shift, reach
from kkt_unlearning.attacks.certificates import NUMBERS, shadow_certificates
from kkt_unlearning.attacks.outputs import outputs
from kkt_unlearning.attacks.roc import auc
from kkt_unlearning.kkt.point import kkt_point
from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.unlearning import unlearn

FRACTIONS = (0.0, 0.5, 1.0, 1.5)


@given(st.integers(0, 10**6), st.integers(1, 6))
def test_reach_is_the_length_of_the_projection(seed, m):
    rng = np.random.default_rng(seed)
    X, x = rng.normal(size=(m, 8)), rng.normal(size=8)
    Q = np.linalg.qr(X.T)[0]
    assert reach(X, x) == pytest.approx(np.linalg.norm(Q.T @ x), rel=1e-8)
    assert reach(np.vstack([X, X]), x) == pytest.approx(reach(X, x), rel=1e-8)


@given(st.integers(0, 10**6), st.sampled_from([None, 1, 5]), st.floats(1e-6, 2.0))
def test_outputs_of_networks_at_an_angle(seed, width, size):
    rng = np.random.default_rng(seed)
    net, x = network(width), rng.normal(size=(1, 7))
    problem = Problem(net, x, np.ones(1))
    X = rng.normal(size=(3, 7))
    for rows, rho in ((np.eye(7), np.linalg.norm(x)), (X, reach(X, x[0]))):
        W = rng.normal(size=(net.width, len(rows))) @ rows
        V = W + size * rng.normal(size=(net.width, len(rows))) @ rows
        W, V = W / np.linalg.norm(W), V / np.linalg.norm(V)
        shift = abs(problem.margins(W) - problem.margins(V))[0]
        assert shift <= output_shift(rho, cosine_distance(W, V)) * (1 + 1e-9)


def test_the_shift_is_reached_by_a_linear_model():
    x, W, V = np.array([[0.0, 1.0]]), np.array([[0.6, 0.8]]), np.array([[0.6, -0.8]])
    bound = output_shift(1.0, cosine_distance(W, V))
    assert abs(W @ x.T - V @ x.T)[0, 0] == pytest.approx(bound)


@given(st.integers(0, 10**6), st.floats(0, 2))
def test_no_values_within_the_shift_leave_the_interval(seed, shift):
    rng = np.random.default_rng(seed)
    nearby, others = rng.normal(size=7), rng.normal(size=9).round(1)
    low, high = auc_interval(nearby, others, np.full(7, shift))
    assert low <= auc(nearby + shift * rng.uniform(-1, 1, 7), others) <= high
    assert low <= auc(nearby + shift * rng.choice([-1, 1], 7), others) <= high


@pytest.fixture(scope="module")
def linear():
    problem, _, point = solved(5, 5, 40, None)
    return problem, point


@pytest.fixture(scope="module")
def network_point():
    problem, _, point = solved(5, 5, 40, 8)
    return problem, point


@given(seed=st.integers(0, 10**6), spread=st.floats(0, 1))
def test_an_approximate_kkt_point_is_near_the_optimum(linear, seed, spread):
    """Any feasible weights and any multipliers make an (ε, δ)-approximate KKT point of the linear model."""
    problem, point = linear
    rng = np.random.default_rng(seed)
    W = point.W + spread * rng.normal(size=point.W.shape) / 6
    q = problem.margins(W)
    if q.min() <= 0:
        return
    W = W / min(q.min(), 1.0)
    multipliers = np.maximum(point.multipliers + spread * rng.normal(size=5), 0.0)
    epsilon = np.linalg.norm(W - problem.combination(multipliers, point.clarke))
    slack = multipliers @ (problem.margins(W) - 1.0)
    off = np.linalg.norm(W - point.W)
    far = distance_to_optimum(epsilon, slack)
    assert off <= far + 1e-7
    # at norm 1: proposition 7 of docs/questions/membership.md
    apart = np.sqrt(2 * cosine_distance(W, point.W))
    assert apart <= far / np.sqrt(np.linalg.norm(W) * np.linalg.norm(point.W)) + 1e-7


@pytest.mark.parametrize(("along", "across"), [(0.7, 0.0), (0.0, 0.7)])
def test_that_bound_is_reached(along, across):
    """x₁ = e₁, x₂ = e₁ + 2e₂, both positive; the optimum is e₁, with both margins 1.

    θ = e₁ + a e₂ = (1 − a/2)x₁ + (a/2)x₂ is stationary and has the slack (a/2)(2a) = a²;
    θ = e₁ + b e₃ with λ = (1, 0) has no slack and ε = b.
    """
    X = np.array([[1.0, 0.0, 0.0], [1.0, 2.0, 0.0]])
    problem, optimum = Problem(network(None), X, np.ones(2)), np.eye(3)[:1]
    W = optimum + np.array([[0.0, along, across]])
    multipliers = np.array([1.0 - along / 2, along / 2])
    epsilon = np.linalg.norm(W - problem.combination(multipliers, problem.pattern(W)))
    slack = multipliers @ (problem.margins(W) - 1.0)
    assert pytest.approx(optimum, abs=1e-7) == kkt_point(problem, problem.pattern(W)).W
    assert np.linalg.norm(W - optimum) == pytest.approx(distance_to_optimum(epsilon, slack))


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), spread=st.floats(0, 1))
def test_it_holds_in_a_wide_cell_of_the_network(network_point, seed, spread):
    """Proposition 7 with the derivatives of the cell on supporting pairs."""
    problem, point = network_point
    rng = np.random.default_rng(seed)
    W = point.W + spread * rng.normal(size=point.W.shape) / 6
    P, supporting = problem.preactivations(W), problem.signs > 0
    outside = supporting & ((2 * point.pattern - 1) * P < 0)
    W = W - np.where(outside, P, 0.0) @ np.linalg.pinv(problem.X).T
    q = problem.margins(W)
    if q.min() <= 0:
        return
    W = W / min(q.min(), 1.0)
    derivatives = np.where(supporting, point.pattern, problem.pattern(W))
    multipliers = np.maximum(point.multipliers + spread * rng.normal(size=5), 0.0)
    epsilon = np.linalg.norm(W - problem.combination(multipliers, derivatives))
    slack = multipliers @ (problem.margins(W) - 1.0)
    assert np.linalg.norm(W - point.W) <= distance_to_optimum(epsilon, slack) + 1e-7


@pytest.mark.parametrize("width", [None, 8])
@pytest.mark.parametrize("seed", range(3))
def test_outputs_away_from_the_samples_are_bounded_by_their_inner_products(seed, width):
    """Propositions 1 and 2 of docs/questions/membership.md."""
    problem, _, point = solved(seed, 5, 40, width)
    shares = (problem.output_weights[:, None] ** 2 * point.clarke).sum(axis=0)
    weight = point.multipliers * shares
    assert weight.sum() <= point.multipliers.sum() * (1 + 1e-12)
    assert point.multipliers.sum() == pytest.approx((point.W**2).sum())
    for x in np.random.default_rng(seed).normal(size=(50, problem.X.shape[1])):
        there = Problem(problem.network, x[None], np.ones(1))
        phi = np.abs(problem.X @ x).max()
        assert np.abs(there.margins(point.W))[0] <= phi * weight.sum() * (1 + 1e-9)
    for r in range(5):
        others = np.arange(5) != r
        phi = np.abs(problem.gram[r, others]).max()
        after = problem.margins(unlearn(point, [r]).W)[r]
        assert abs(after) <= phi * weight[others].sum() * (1 + 1e-9)


@pytest.mark.parametrize("width", [None, 30])
def test_certified_outputs_stay_within_their_bound(width):
    shadows = pool(width)
    found = outputs(shadows, FRACTIONS)
    measured = shadow_certificates(shadows, 8, FRACTIONS, Solver(), 50, relative_delta=0.1)
    forgotten = np.einsum("karr->kar", found.unlearned[:8])
    gap = np.abs(forgotten - measured.nearby[:, None])
    inside = np.broadcast_to(shadows.member[:8, None], gap.shape)
    np.testing.assert_array_equal(np.isfinite(gap), inside)
    assert (gap[inside] <= measured.shift[inside] * (1 + 1e-7) + 1e-9).all()
    assert (gap[inside] > 0).any()
    for name in NUMBERS:
        np.testing.assert_array_equal(np.isnan(measured.numbers[name]), ~inside)
    np.testing.assert_array_equal(np.isnan(measured.given), ~inside)
    np.testing.assert_array_equal(np.isnan(measured.nothing), ~inside[:, 0])
    steps = measured.shift[:, :, inside[:, 0].any(axis=0)]
    assert np.nanmedian(steps[:, 2]) < np.nanmedian(steps[:, 0])


@pytest.mark.parametrize("width", [None, 30])
def test_only_the_prescribed_step_has_the_shorter_reach(width):
    shadows = pool(width)
    measured = shadow_certificates(shadows, 2, FRACTIONS, Solver(), 50, relative_delta=0.1)
    for k in range(2):
        R = np.flatnonzero(shadows.member[k])
        X = shadows.pool.X[R]
        projected = np.array([reach(np.delete(X, i, axis=0), x) for i, x in enumerate(X)])
        rho = np.where(np.array(FRACTIONS)[:, None] == 1.0, projected, np.linalg.norm(X, axis=1))
        assert (projected < 0.9 * np.linalg.norm(X, axis=1)).all()
        expected = output_shift(rho, measured.numbers["tau_star"][k][:, R])
        np.testing.assert_allclose(measured.shift[k][:, R], expected, rtol=1e-12)


def test_gaussian_data_have_a_short_projection():
    problem, _ = gaussian(1, 6, 5000, None)
    assert reach(problem.X[1:], problem.X[0]) < 0.1 * np.linalg.norm(problem.X[0])


@given(st.integers(0, 1000), st.sampled_from([0.5, 1.0, 1.3]))
def test_a_linear_model_ends_below_the_retrained_one_by_what_the_theory_says(seed, fraction):
    """Proposition 3 of docs/questions/membership.md; the data are so nearly orthogonal that all support."""
    problem, W0 = gaussian(seed, 5, 2000, None)
    point = kkt_point(problem, problem.pattern(W0))
    (nearest,) = retained_kkt_points(point, [[2]])
    assert min(point.multipliers.min(), nearest.multipliers.min()) > 0.1
    (after, retrained) = (
        problem.margins(W)[2] for W in (unlearn(point, [2], fraction=fraction).W, nearest.W)
    )
    X, x = np.delete(problem.X, 2, axis=0), problem.X[2]
    gap = point.multipliers[2] * ((1 - fraction) * x @ x - reach(X, x) ** 2)
    assert after - retrained == pytest.approx(gap, abs=1e-8)
