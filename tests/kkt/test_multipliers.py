"""The estimates of the multipliers are exact where theory says so, and near them elsewhere."""

import cvxpy
import numpy as np
import pytest
from builders import planted_orthogonal, planted_pairs, solved
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.kkt import multipliers
from kkt_unlearning.kkt.clarke import fit_multipliers
from kkt_unlearning.kkt.multipliers import (
    estimates,
    gradient_matrix,
    least_norm,
    least_norm_of_many,
    least_of_best,
    least_squares_multipliers,
    loss_gradient_multipliers,
    orthogonal_multipliers,
)
from kkt_unlearning.networks import Linear, TwoLayer
from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.solver import Solver


@pytest.mark.parametrize("width", [None, 2, 5])
def test_all_estimates_are_exact_on_orthogonal_data(width):
    problem, W, multipliers, _ = planted_orthogonal([1.0, 2.0, 0.5], [1, -1, 1], width)
    # At any scale of the weights, and for slopes in proportion to the multipliers.
    found = estimates(problem, 3.0 * W, 0.1 * multipliers)
    assert set(found) == {"least_squares", "loss_gradient", "orthogonal"}
    for name, values in found.items():
        np.testing.assert_allclose(values, multipliers, rtol=1e-12, err_msg=name)


def test_least_squares_misses_clarke_weights_and_the_loss_gradients_do_not():
    # One pair, ρ = ½, n = 2, λ* = 8/3. The 0/1 derivatives on the kink are 0: neuron 0 offers s x₁
    # for W₀ = λ* s (x₁ − ½ x₂), so least squares finds λ*(1 − ½ρ) = 2.
    problem, W, multipliers, _, kinks = planted_pairs([0.5], [1.0], 2)
    P = np.where(kinks, -1e-13, problem.preactivations(W))  # on the side where they are off
    W = np.linalg.solve(problem.X, P.T).T
    np.testing.assert_allclose(least_squares_multipliers(problem, W), [2.0, 2.0], rtol=1e-9)
    slopes = np.array([0.3, 0.3])
    np.testing.assert_allclose(
        loss_gradient_multipliers(problem, W, slopes), multipliers, rtol=1e-9
    )
    # The closed form ignores ρ: 1/(‖x‖² ½) = 2.
    np.testing.assert_allclose(orthogonal_multipliers(problem, W), [2.0, 2.0], rtol=1e-14)


def test_gradient_matrix_has_the_gradients_as_columns():
    problem, _, point = solved(0, 5, 14, 6)
    M = gradient_matrix(problem, point.clarke)
    assert M.shape == (6 * 14, 5)
    for i in range(5):
        column = problem.combination(np.eye(5)[i], point.clarke)
        np.testing.assert_allclose(M[:, i], column.ravel(), rtol=1e-15)
    # Stationarity in one line: θ = M λ.
    np.testing.assert_allclose(M @ point.multipliers, point.W.ravel(), atol=1e-13)


def test_least_squares_is_the_best_non_negative_fit():
    problem, training, _ = solved(0, 5, 14, 6)
    found = least_squares_multipliers(problem, training.W)
    M = gradient_matrix(problem, problem.pattern(training.W))
    residual = (training.W / training.margins.min()).ravel() - M @ found
    # The KKT conditions of the fit itself; the gradients have length below 2.
    gradient = M.T @ residual
    assert found.min() >= 0
    assert gradient.max() < 1e-10
    np.testing.assert_allclose(gradient[found > 0], 0.0, atol=1e-10)


@pytest.mark.parametrize("seed", range(3))
def test_linear_training_comes_close_to_the_exact_dual(seed):
    problem, training, point = solved(seed, 6, 60, None, steps=4000)
    found = estimates(problem, training.W, training.loss_weights)
    # Measured, not derived: the direction of descent is within 1 % after 4,000 normalised steps.
    for name in ("least_squares", "loss_gradient"):
        np.testing.assert_allclose(found[name], point.multipliers, rtol=0.05, err_msg=name)


def test_homogeneity_fixes_the_scale():
    # Σ λ_i q_i = ‖θ‖² at scale γ = 1, whatever the weights.
    problem, training, _ = solved(1, 5, 14, 6)
    lam = loss_gradient_multipliers(problem, training.W, training.loss_weights)
    scaled = training.W / training.margins.min()
    assert lam @ problem.margins(scaled) == pytest.approx((scaled**2).sum(), rel=1e-13)


def test_a_sample_without_an_active_neuron_has_no_closed_form():
    problem, W, *_ = planted_orthogonal([1.0, 2.0], [1, -1], 2)
    found = orthogonal_multipliers(problem, np.stack([-W[0], W[1]]))
    assert found[0] == np.inf and np.isfinite(found[1])


def dependent(seed: int, samples: int, rank: int):
    """Gradients of a lower rank, and two sets of multipliers that they cannot tell apart."""
    rng = np.random.default_rng(seed)
    M = rng.standard_normal((rank, samples)) / np.sqrt(rank)
    one = rng.exponential(size=samples)
    kernel = np.linalg.svd(M)[2][rank:]
    step = kernel.T @ rng.standard_normal(samples - rank)
    return (
        M,
        one,
        one + step / np.abs(step / one).max(),
    )  # as far as a multiplier is 0 or has doubled


@pytest.mark.parametrize(("samples", "rank"), [(4, 3), (7, 3), (12, 4)])
@pytest.mark.parametrize("seed", range(4))
def test_of_equally_good_multipliers_the_least_is_taken(seed, samples, rank):
    M, one, two = dependent(seed, samples, rank)
    assert two.min() >= -1e-15 and np.abs(one - two).max() > 0.1
    found = [least_norm(np.maximum(start, 0.0), M.T @ M) for start in (one, two)]
    np.testing.assert_allclose(found[0], found[1], atol=1e-10)
    np.testing.assert_allclose(M @ found[0], M @ one, atol=1e-10)
    μ = cvxpy.Variable(samples, nonneg=True)
    problem = cvxpy.Problem(cvxpy.Minimize(cvxpy.sum_squares(μ)), [M @ μ == M @ one])
    problem.solve(solver=cvxpy.CLARABEL, tol_gap_abs=1e-12, tol_gap_rel=1e-12, tol_feas=1e-12)
    np.testing.assert_allclose(found[0], μ.value, atol=1e-6)
    assert found[0] @ found[0] <= problem.value * (1 + 1e-8)


def test_gradients_that_are_independent_leave_the_multipliers_as_they_are():
    M, multipliers, _ = dependent(0, 5, 3)
    square = np.vstack([M, np.eye(5)])
    assert least_norm(multipliers, square.T @ square) is multipliers


def test_a_sample_that_no_neuron_is_active_on_gets_no_multiplier():
    np.testing.assert_allclose(
        least_norm(np.array([2.0, 3.0]), np.array([[1.0, 0.0], [0.0, 0.0]])), [2.0, 0.0], atol=1e-15
    )


def test_a_short_gradient_is_not_a_dependent_one():
    gram = np.diag([1.0, 1e-18])
    multipliers = np.array([2.0, 3.0])
    assert least_norm(multipliers, gram) is multipliers


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), samples=st.integers(2, 60), rank=st.integers(1, 5))
def test_of_more_samples_than_weights_the_least_is_the_same(seed, samples, rank):
    generator = np.random.default_rng(seed)
    gradients = generator.standard_normal((samples, rank))
    multipliers = np.maximum(generator.standard_normal(samples), 0.0)
    least = least_norm_of_many(multipliers, gradients)
    size = 1.0 + np.abs(multipliers).max()
    assert (least >= 0).all()
    np.testing.assert_allclose(gradients.T @ least, gradients.T @ multipliers, atol=1e-9 * size)
    np.testing.assert_allclose(
        least, least_norm(multipliers, gradients @ gradients.T), atol=1e-7 * size
    )


@pytest.mark.parametrize("samples", [9, 80])
def test_least_squares_do_not_depend_on_where_the_search_starts(samples):
    rng = np.random.default_rng(3)
    X, W, network = rng.normal(size=(samples, 30)), rng.normal(size=(12, 30)), TwoLayer(12)
    y = np.sign(network.output_weights @ np.maximum(W @ X.T, 0.0))  # all margins are positive
    problem = Problem(network, X, y)
    expected = least_squares_multipliers(problem, W)
    W, smooth = W / problem.margins(W).min(), np.zeros((12, samples), bool)
    guess = (expected.mean() * rng.random(samples), problem.pattern(W))
    fit = fit_multipliers(problem, W, smooth, np.full(samples, np.inf), Solver(), guess)
    found = least_of_best(problem, W, fit.multipliers)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9 * expected.max())


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(("samples", "width"), [(5, 4), (30, 8), (8, None)])
def test_few_samples_have_the_multipliers_of_the_general_search(seed, samples, width, monkeypatch):
    network = Linear() if width is None else TwoLayer(width)
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(samples, 2000)), rng.choice([-1.0, 1.0], samples)
    problem = Problem(network, X, y)
    W = problem.combination(rng.uniform(0.5, 1.0, samples), (problem.signs > 0) | (width is None))
    W += 0.1 * rng.normal(size=W.shape)
    assert problem.margins(W).min() > 0
    quick = least_squares_multipliers(problem, W)
    monkeypatch.setattr(multipliers, "_FEW", 0)
    assert quick == pytest.approx(least_squares_multipliers(problem, W), rel=1e-8, abs=1e-10)
