"""The active-set equations give the last digits, or say that they cannot."""

import numpy as np
import pytest
from builders import TIGHT, network, planted_orthogonal, planted_pairs, solved

from kkt_unlearning.maxmargin.cell import CellSolution, solve_cell
from kkt_unlearning.maxmargin.finish import active_kinks, finish
from kkt_unlearning.problem import Problem


@pytest.mark.parametrize("side", [0.0, 1.0])
def test_planted_kinks_are_found_and_the_multipliers_are_exact(side):
    problem, W, multipliers, clarke, kinks = planted_pairs([0.5, -0.3, 0.8], [1.0, 2.0, 0.7], 4)
    pattern = np.where(kinks, side, clarke)
    solution = solve_cell(problem, pattern)
    found = active_kinks(problem, solution)
    np.testing.assert_array_equal(found, kinks)
    exact = finish(problem, pattern, solution)
    C = exact.coefficients
    # Round-off times the condition number of G: (1 + 0.8)/(1 − 0.8) · (2/0.7)² < 100.
    np.testing.assert_allclose(exact.multipliers, multipliers, rtol=1e-13)
    np.testing.assert_allclose(C @ problem.X, W, atol=1e-13)
    expected = multipliers * problem.signs * clarke
    np.testing.assert_allclose(C, expected, atol=1e-13)


def test_samples_without_force_get_the_multiplier_zero():
    # The third row is 2x₁ plus a direction of its own: margin 2, so no support vector.
    X = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [2.0, 0.0, 1.0]])
    problem = Problem(network(None), X, np.array([1.0, -1.0, 1.0]))
    solution = solve_cell(problem, np.ones((1, 3)))
    exact = finish(problem, np.ones((1, 3)), solution)
    multipliers, C = exact.multipliers, exact.coefficients
    assert multipliers[2] == 0.0
    np.testing.assert_allclose(multipliers, [1.0, 1.0, 0.0], rtol=1e-14)
    np.testing.assert_allclose(C @ X, [[1.0, -1.0, 0.0]], atol=1e-14)


def test_the_linear_model_has_no_kinks():
    problem, *_ = planted_orthogonal([1.0, 2.0], [1, -1], None)
    assert not active_kinks(problem, solve_cell(problem, np.ones((1, 2)))).any()


def test_a_singular_support_is_left_to_the_solver():
    X = np.array([[1.0, 0.0], [1.0, 0.0]])
    problem = Problem(network(None), X, np.ones(2))
    solution = CellSolution(X[:1], np.array([0.5, 0.5]), np.zeros((1, 2)), 0.0)
    assert finish(problem, np.ones((1, 2)), solution) is None


@pytest.mark.parametrize("seed", range(3))
def test_the_equations_hold_on_trained_cells(seed):
    problem, training, _ = solved(seed, 6, 15, 8)
    pattern = problem.pattern(training.W)
    solution = solve_cell(problem, pattern, TIGHT)
    exact = finish(problem, pattern, solution)
    multipliers, C, kinks = exact.multipliers, exact.coefficients, exact.kinks
    assert kinks.any()
    P = C @ problem.gram
    # Round-off of P (size up to a few) times the condition of G, about 30 here.
    assert np.abs(P[kinks]).max() < 1e-12
    q = (problem.signs * pattern * P).sum(axis=0)
    np.testing.assert_allclose(q[multipliers != 0], 1.0, atol=1e-12)
    off = np.where(kinks, 0.0, C - multipliers * problem.signs * pattern)
    np.testing.assert_allclose(off, 0.0, atol=1e-12)


def test_a_wrong_active_set_is_corrected():
    """From the solver's multipliers spoilt so that one kink is missed and another one is made up."""
    problem, training, _ = solved(1, 6, 15, 8)
    pattern = problem.pattern(training.W)
    solution = solve_cell(problem, pattern)
    right = finish(problem, pattern, solution)
    spoilt = solution.sign_multipliers.copy()
    missed = tuple(np.argwhere(right.kinks & (spoilt > 1e-3))[0])
    made_up = tuple(np.argwhere(~right.kinks)[0])
    spoilt[missed], spoilt[made_up] = 0.0, 10.0 * spoilt.max()
    wrong = CellSolution(solution.W, solution.multipliers, spoilt, solution.gap)
    assert active_kinks(problem, wrong)[made_up]
    again = finish(problem, pattern, wrong)
    np.testing.assert_array_equal(again.kinks, right.kinks)
    np.testing.assert_allclose(again.multipliers, right.multipliers, rtol=1e-12)
