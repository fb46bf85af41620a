"""The convex solve in one cell, against scikit-learn's SVC and against a least-distance program."""

import numpy as np
import pytest
from builders import (
    TIGHT,
    gaussian,
    labels,
    least_distance,
    network,
    one_sentence,
    planted_orthogonal,
    planted_pairs,
    solved,
)

from kkt_unlearning.convex import ConvexSolver
from kkt_unlearning.errors import NotSeparableError, SolverError
from kkt_unlearning.maxmargin.cell import coefficients, solve_cell
from kkt_unlearning.maxmargin.point import kkt_point
from kkt_unlearning.problem import Problem

# A relative gap g leaves ‖W − W*‖/‖W*‖ ≤ √g (the objective is 1-strongly convex); the solver is
# asked for 1e-12 here.
CLOSE = 3e-6


def svc(problem):
    """Hard margin; every sample once more, reflected, so that the intercept is 0."""
    from sklearn.svm import SVC

    X, y = np.vstack([problem.X, -problem.X]), np.concatenate([problem.y, -problem.y])
    fitted = SVC(kernel="linear", C=1e10, tol=1e-10, max_iter=10**7).fit(X, y)
    assert abs(fitted.intercept_[0]) < 1e-8
    both = np.zeros(len(y))
    both[fitted.support_] = np.abs(fitted.dual_coef_[0])
    return fitted.coef_, both.reshape(2, -1).sum(axis=0)


@pytest.mark.parametrize(("seed", "samples", "dimension"), [(0, 6, 20), (1, 10, 12), (2, 12, 60)])
def test_linear_solution_is_that_of_scikit_learn(seed, samples, dimension):
    problem, _ = gaussian(seed, samples, dimension, None)
    point = kkt_point(problem, np.ones((1, samples)))
    W, multipliers = svc(problem)
    # SVC stops at KKT violations of 1e-10, so ‖W − W*‖² ≤ 1e-10 Σλ: about 1e-5 of ‖W*‖.
    assert np.linalg.norm(point.W - W) < 1e-5 * np.linalg.norm(W)
    # λ = G⁻¹ (…): the error of W divided by the least singular value of the data.
    worst = 1e-5 * np.linalg.norm(W) / np.linalg.svd(problem.X)[1].min()
    np.testing.assert_allclose(point.multipliers, multipliers, atol=worst)
    assert (point.multipliers == 0).sum() == (multipliers < worst).sum()


def test_linear_problem_with_slack_samples_agrees_with_scikit_learn():
    rng = np.random.default_rng(3)
    y = labels(14)
    X = rng.normal(size=(14, 3)) + 3.0 * y[:, None] * [1.0, 0.5, 0.0]
    problem = Problem(network(None), X, y)
    point = kkt_point(problem, np.ones((1, 14)))
    W, _ = svc(problem)
    assert np.linalg.norm(point.W - W) < 1e-5 * np.linalg.norm(W)
    assert (point.multipliers == 0).sum() >= 11  # at most 3 support vectors in general position
    assert point.residuals.worst < 1e-12


@pytest.mark.parametrize("width", [None, 4, 7])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_cell_solution_is_that_of_the_least_distance_program(seed, width):
    problem, training, _ = solved(seed, 5, 14, width)
    pattern = problem.pattern(training.W)
    solution = solve_cell(problem, pattern, TIGHT)
    W, multipliers = least_distance(problem, pattern)
    assert np.linalg.norm(solution.W - W) < CLOSE * np.linalg.norm(W)
    # The multipliers are unique here (independent rows): C = W Xᵀ G⁻¹ and λ is read off it.
    bound = CLOSE * np.linalg.norm(W) / np.linalg.svd(problem.X)[1].min() * np.sqrt(width or 1)
    np.testing.assert_allclose(solution.multipliers, multipliers[:5], atol=bound)
    if width:
        found = solution.sign_multipliers
        np.testing.assert_allclose(found, multipliers[5:].reshape(width, 5), atol=bound)
    assert solution.gap < 1e-10


@pytest.mark.parametrize("seed", range(4))
def test_a_cell_nobody_trained_into_is_solved_as_well(seed):
    # Random patterns: many constraints are active, and the point is no KKT point of the network.
    rng = np.random.default_rng(seed)
    problem, _ = gaussian(seed, 4, 9, 6)
    pattern = (rng.random((6, 4)) < 0.5).astype(float)
    pattern[0], pattern[1] = labels(4) > 0, labels(4) < 0  # so that every margin can be reached
    solution = solve_cell(problem, pattern, TIGHT)
    W, _ = least_distance(problem, pattern)
    assert np.linalg.norm(solution.W - W) < CLOSE * np.linalg.norm(W)


def test_stationary_weights_are_the_coefficients_times_the_data():
    problem, training, _ = solved(0, 5, 14, 7)
    pattern = problem.pattern(training.W)
    solution = solve_cell(problem, pattern, TIGHT)
    C = coefficients(problem, pattern, solution.multipliers, solution.sign_multipliers)
    assert np.linalg.norm(C @ problem.X - solution.W) < CLOSE * np.linalg.norm(solution.W)


def test_coefficients_by_hand():
    # C = λ y u A + s ν with u = ±1/√2, A = [[1, 0], [1, 1]].
    problem = Problem(network(2), np.eye(2), np.array([1.0, -1.0]))
    pattern = np.array([[1.0, 0.0], [1.0, 1.0]])
    C = coefficients(problem, pattern, np.array([2.0, 4.0]), np.array([[0.5, 0.25], [1.0, 3.0]]))
    r = np.sqrt(0.5)
    np.testing.assert_allclose(C, [[2 * r + 0.5, -0.25], [-2 * r + 1.0, 4 * r + 3.0]], rtol=1e-14)


def test_planted_orthogonal_rows():
    for width in (None, 2, 5):
        problem, W, multipliers, clarke = planted_orthogonal([1.0, 2.0, 0.5], [1, -1, 1], width)
        solution = solve_cell(problem, clarke, TIGHT)
        np.testing.assert_allclose(solution.W, W, atol=CLOSE * np.linalg.norm(W))
        # Far less exact than W: the error of λ is that of W times 1/‖x‖² = 4 at most.
        np.testing.assert_allclose(solution.multipliers, multipliers, rtol=1e-4)


@pytest.mark.parametrize("side", [0.0, 1.0])
def test_planted_pairs_from_either_side_of_the_kink(side):
    problem, W, multipliers, clarke, kinks = planted_pairs([0.5, -0.3], [1.0, 2.0], 4)
    solution = solve_cell(problem, np.where(kinks, side, clarke), TIGHT)
    np.testing.assert_allclose(solution.W, W, atol=CLOSE * np.linalg.norm(W))
    np.testing.assert_allclose(solution.multipliers, multipliers, rtol=1e-4)


@pytest.mark.parametrize(
    ("width", "X", "y"),
    [
        (None, [[1, 1], [-1, -1], [1, -1], [-1, 1]], [1, 1, -1, -1]),  # XOR
        (None, [[1, 2], [1, 2]], [1, -1]),
        (4, [[1, 2], [1, 2], [0, 1]], [1, -1, 1]),
    ],
    ids=["xor", "contradiction", "contradiction-two-layer"],
)
def test_data_that_cannot_be_separated(width, X, y):
    problem = Problem(network(width), np.array(X, float), np.array(y, float))
    pattern = np.ones((width or 1, len(y)))
    with pytest.raises(NotSeparableError) as error:
        solve_cell(problem, pattern)
    text = one_sentence(error)
    for part in (f"{len(y)} samples", "margin 1", "no KKT point", "use data"):
        assert part in text


def test_xor_is_no_obstacle_to_the_two_layer_network():
    X = np.array([[1.0, 1.0], [-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0]])
    problem = Problem(network(4), X, np.array([1.0, 1.0, -1.0, -1.0]))
    # Neurons 0, 2 (u > 0) look along the first diagonal, 1, 3 (u < 0) along the second one:
    # q = ½ ‖x‖ ‖w‖ = ½ √2 ‖w‖ = 1, so every ‖w‖ = √2.
    W = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, -1.0], [-1.0, 1.0]])
    point = kkt_point(problem, problem.pattern(W))
    np.testing.assert_allclose(point.W, W, atol=1e-12)
    np.testing.assert_allclose(point.multipliers, np.full(4, 2.0), atol=1e-12)


def test_an_infeasible_cell_of_separable_data_does_not_deny_every_kkt_point():
    # No neuron is active in this cell, so it holds no solution; the data are orthogonal, and
    # planted_orthogonal() has their KKT point.
    problem, *_ = planted_orthogonal([1.0, 1.0], [1, -1], 2)
    with pytest.raises(NotSeparableError) as error:
        solve_cell(problem, np.zeros((2, 2)))
    assert "so there is no KKT point" not in one_sentence(error)


def test_unknown_solver_and_unreachable_tolerance():
    problem, *_ = planted_orthogonal([1.0, 2.0], [1, -1], None)
    with pytest.raises(SolverError) as error:
        solve_cell(problem, np.ones((1, 2)), ConvexSolver(solver="NONESUCH"))
    text = str(error.value)
    assert "solver = NONESUCH" in text and "try another" in text and "\n" not in text


@pytest.mark.filterwarnings("ignore:Solution may be inaccurate")
def test_a_status_other_than_optimal_stops():
    problem, training, _ = solved(0, 5, 14, 7)
    with pytest.raises(SolverError) as error:
        solve_cell(problem, problem.pattern(training.W), ConvexSolver(tolerance=1e-40))
    text = one_sentence(error)
    assert "tolerance = 1e-40" in text and "optimal" in text and "loosen" in text
