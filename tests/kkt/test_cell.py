"""The program of one cell, against scikit-learn's SVC and against an enumeration of all its activations."""

import numpy as np
import pytest
from builders import (
    cell_by_cvxpy,
    cell_by_enumeration,
    gaussian,
    labels,
    least_distance,
    network,
    one_sentence,
    planted_orthogonal,
    planted_pairs,
    solved,
)

from kkt_unlearning.errors import NotSeparableError
from kkt_unlearning.kkt.cell import alike, cell_programs, coefficient_bounds, supporting
from kkt_unlearning.kkt.point import kkt_point
from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.solver import Solver

MACHINE = 1e-12


def in_cell(problem, pattern):
    """``W`` and ``λ`` of the cell, without any pivot."""
    group = alike(problem, pattern)
    solution = Solver().solve(cell_programs([problem], [pattern], [group]))
    assert solution.bounded.all()
    return group.spread(solution.coefficients[0] @ problem.X), solution.multipliers[0]


def random_cell(seed, samples=4, dimension=9, width=4):
    """Activations that nobody trained: many constraints hold, and the optimum need not be a KKT point."""
    problem, _ = gaussian(seed, samples, dimension, width)
    pattern = (np.random.default_rng(seed).random((width, samples)) < 0.5).astype(float)
    pattern[0], pattern[1] = problem.y > 0, problem.y < 0  # so that every margin can be reached
    return problem, pattern


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


@pytest.mark.parametrize("seed", range(6))
def test_the_linear_model_is_a_least_distance_program(seed):
    problem, _ = gaussian(seed, 7, 10, None)
    W, multipliers = in_cell(problem, np.ones((1, 7)))
    expected, forces = least_distance(problem, np.ones((1, 7)))
    np.testing.assert_allclose(W, expected, atol=MACHINE)
    np.testing.assert_allclose(multipliers, forces, atol=10 * MACHINE)


@pytest.mark.parametrize(("samples", "width"), [(1, 1), (1, 3), (3, 1), (4, 4), (3, 6), (5, 3)])
@pytest.mark.parametrize("seed", range(4))
def test_the_cell_is_the_best_of_all_activations_of_the_pairs_it_leaves_free(seed, samples, width):
    if width == 1:  # one neuron can speak for one label only
        problem, _ = gaussian(seed, samples, 9, 2)
        problem = Problem(network(1), problem.X, np.ones(samples))
        pattern = np.ones((1, samples))
    else:
        problem, pattern = random_cell(seed, samples, 9, width)
    W, _ = in_cell(problem, pattern)
    expected = cell_by_enumeration(problem, pattern)
    np.testing.assert_allclose(W, expected, atol=MACHINE * np.abs(expected).max())


@pytest.mark.parametrize("seed", range(4))
def test_the_cell_of_a_trained_network_is_the_best_of_all_activations(seed):
    problem, training, _ = solved(seed, 4, 9, 4)
    pattern = problem.pattern(training.W)
    expected = cell_by_enumeration(problem, pattern)
    np.testing.assert_allclose(in_cell(problem, pattern)[0], expected, atol=MACHINE)


@pytest.mark.parametrize(("samples", "dimension", "width"), [(6, 15, 8), (8, 5, 10), (12, 60, 30)])
@pytest.mark.parametrize("seed", range(3))
def test_the_cell_is_the_primal_problem_of_cvxpy(seed, samples, dimension, width):
    problem, pattern = random_cell(seed, samples, dimension, width)
    W, multipliers = in_cell(problem, pattern)
    expected = cell_by_cvxpy(problem, pattern, 1e-10)
    least = (W**2).sum()
    assert (expected**2).sum() == pytest.approx(least, rel=1e-9)
    # The objective is 1-strongly convex: a gap of 1e-9 leaves ‖W − W*‖ ≤ √1e-9 ‖W*‖.
    assert np.linalg.norm(W - expected) <= np.sqrt(1e-9 * least)
    assert multipliers.sum() == pytest.approx(least, rel=MACHINE)  # no duality gap


@pytest.mark.parametrize("seed", range(5))
def test_what_pairs_of_opposite_sign_do_is_not_part_of_the_cell(seed):
    problem, pattern = random_cell(seed, 6, 15, 8)
    flips = np.random.default_rng(seed + 1).random(pattern.shape) < 0.5
    other = np.where(flips & ~supporting(problem), 1.0 - pattern, pattern)
    assert (other != pattern).any()
    for found, expected in zip(in_cell(problem, other), in_cell(problem, pattern), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_supporting_pairs_by_hand():
    problem = Problem(network(2), np.eye(2), np.array([1.0, -1.0]))
    np.testing.assert_array_equal(supporting(problem), [[True, False], [False, True]])


def test_bounds_by_hand():
    # Supporting and active: C ≥ λ s. Supporting and off: C ≤ 0. Opposed, on or off: −λ|s| ≤ C ≤ 0.
    signs, pattern = np.array([[2.0, 2.0, -3.0, -3.0]]), np.array([[1.0, 0.0, 1.0, 0.0]])
    lower, upper = coefficient_bounds(signs, pattern, has_kinks=True)
    np.testing.assert_array_equal(lower, [[2.0, -np.inf, -3.0, -3.0]])
    np.testing.assert_array_equal(upper, [[np.inf, 0.0, 0.0, 0.0]])
    lower, upper = coefficient_bounds(signs, pattern, has_kinks=False)
    np.testing.assert_array_equal(lower, signs)
    np.testing.assert_array_equal(upper, signs)


def test_programs_of_different_size_are_padded_with_what_counts_for_nothing():
    small, large = random_cell(0, 3, 9, 4), random_cell(1, 5, 9, 8)
    problems, patterns = zip(small, large, strict=True)
    groups = [alike(*pair) for pair in (small, large)]
    both = Solver().solve(cell_programs(list(problems), list(patterns), groups))
    for b, (problem, pattern) in enumerate((small, large)):
        alone = Solver().solve(cell_programs([problem], [pattern], [groups[b]]))
        rows, columns = len(groups[b].first), problem.samples
        np.testing.assert_allclose(
            both.coefficients[b, :rows, :columns], alone.coefficients[0], atol=MACHINE
        )
        assert not both.multipliers[b, columns:].any()
        assert not both.coefficients[b, rows:].any() and not both.coefficients[b, :, columns:].any()


def test_planted_orthogonal_rows():
    for width in (None, 2, 5):
        problem, W, multipliers, clarke = planted_orthogonal([1.0, 2.0, 0.5], [1, -1, 1], width)
        found, forces = in_cell(problem, clarke)
        np.testing.assert_allclose(found, W, atol=1e-14)
        np.testing.assert_allclose(forces, multipliers, rtol=1e-14)


@pytest.mark.parametrize("side", [0.0, 1.0])
def test_planted_pairs_from_either_side_of_the_kink(side):
    problem, W, multipliers, clarke, kinks = planted_pairs([0.5, -0.3], [1.0, 2.0], 4)
    found, forces = in_cell(problem, np.where(kinks, side, clarke))
    np.testing.assert_allclose(found, W, atol=1e-14)
    np.testing.assert_allclose(forces, multipliers, rtol=1e-13)


@pytest.mark.parametrize(
    ("width", "X", "y", "told"),
    [
        # XOR: equal labels on either side of the origin
        (None, [[1, 1], [-1, -1], [1, -1], [-1, 1]], [1, 1, -1, -1], "samples 0 and 1 (from 0)"),
        (None, [[1, 2], [1, 2]], [1, -1], "samples 0 and 1 (from 0)"),
        (None, [[1, 0], [0, 1], [-1, -1]], [1, 1, 1], "3 samples"),  # no two contradict one another
        (4, [[1, 2], [1, 2], [0, 1]], [1, -1, 1], "samples 0 and 1 (from 0)"),
    ],
    ids=["xor", "contradiction", "three", "contradiction-two-layer"],
)
def test_data_that_cannot_be_separated(width, X, y, told):
    problem = Problem(network(width), np.array(X, float), np.array(y, float))
    pattern = np.ones((width or 1, len(y)))
    with pytest.raises(NotSeparableError) as error:
        kkt_point(problem, pattern)
    text = one_sentence(error)
    remedy = "correct a label" if "contradict" in text else "use data"
    for part in (told, "margin", "no KKT point", remedy):
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
        kkt_point(problem, np.zeros((2, 2)))
    assert "so there is no KKT point" not in one_sentence(error)
