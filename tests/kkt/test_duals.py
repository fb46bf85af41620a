"""cvxpy's dual values: against planted multipliers, and what our active equations make of them."""

import sys

import numpy as np
import pytest
from builders import (
    ROUND_OFF,
    gaussian,
    one_sentence,
    planted_orthogonal,
    planted_pairs,
    separable,
    solved,
    wrong_pattern,
)

from kkt_unlearning.errors import DataError, NotSeparableError, SolverError
from kkt_unlearning.kkt import duals
from kkt_unlearning.kkt.duals import dual_values
from kkt_unlearning.kkt.point import kkt_point, kkt_points
from kkt_unlearning.networks import Linear, TwoLayer
from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.solver import Solver

GAP = 1e-9  # asked of Clarabel, of the objective
NEAR = 3.2e-5  # its root: the objective is strongly convex in the weights
BY_CVXPY = Solver("cvxpy", GAP)
LENGTHS, Y = (1.0, 0.5, 2.0, 1.5), (1, -1, 1, -1)
CORRELATIONS = (0.6, -0.4, 0.2)


def everywhere(problem):
    return np.ones(problem.samples, bool)


def assert_same_point(found, expected):
    """Weights, multipliers and derivatives to round-off; kinks, sides and the way there exactly."""
    size = expected.multipliers.max()
    np.testing.assert_allclose(found.multipliers, expected.multipliers, atol=ROUND_OFF * size)
    np.testing.assert_allclose(found.W, expected.W, atol=ROUND_OFF * np.abs(expected.W).max())
    np.testing.assert_allclose(found.clarke, expected.clarke, atol=1e-10)
    np.testing.assert_array_equal(found.kinks, expected.kinks)
    np.testing.assert_array_equal(found.pattern, expected.pattern)
    assert (found.cells, found.flipped) == (expected.cells, expected.flipped)


@pytest.mark.parametrize("width", [None, 6])
def test_planted_multipliers_are_the_dual_values(width):
    problem, W, multipliers, clarke = planted_orthogonal(LENGTHS, Y, width)
    found = dual_values(problem, clarke, everywhere(problem), GAP)
    assert found.status == "optimal" and found.support.all()
    np.testing.assert_allclose(found.multipliers, multipliers, rtol=NEAR)
    point = kkt_point(problem, clarke, BY_CVXPY)
    np.testing.assert_allclose(point.multipliers, multipliers, rtol=ROUND_OFF)
    np.testing.assert_allclose(point.W, W, atol=ROUND_OFF)


def test_planted_derivatives_on_the_kinks_are_shares_of_the_dual_values():
    problem, W, multipliers, clarke, kinks = planted_pairs(CORRELATIONS, (1.0, 0.7, 1.3), 6)
    pattern = problem.pattern(W) * ~kinks
    found = dual_values(problem, pattern, everywhere(problem), GAP)
    np.testing.assert_allclose(found.multipliers, multipliers, rtol=NEAR)
    np.testing.assert_allclose(found.clarke, clarke, atol=NEAR)
    point = kkt_point(problem, pattern, BY_CVXPY)
    np.testing.assert_allclose(point.multipliers, multipliers, rtol=ROUND_OFF)
    np.testing.assert_allclose(point.clarke[kinks], clarke[kinks], rtol=ROUND_OFF)


@pytest.mark.parametrize("width", [None, 8])
@pytest.mark.parametrize("seed", range(3))
def test_polished_they_are_what_our_own_solver_finds(seed, width):
    problem, training, point = solved(seed, 6, 15, width)
    found = kkt_point(problem, problem.pattern(training.W), BY_CVXPY)
    assert_same_point(found, point)
    assert found.duals.status == "optimal"
    assert 0 < found.dual_error < NEAR
    np.testing.assert_array_equal(found.duals.support, point.multipliers > 0)
    assert np.isnan(point.dual_error)


def test_cells_on_the_way_are_counted_as_ours_are():
    problem, training, _ = solved(1, 6, 15, 8)
    pattern = wrong_pattern(problem, problem.pattern(training.W), 1)
    expected = kkt_point(problem, pattern)
    assert expected.cells > 1
    assert_same_point(kkt_point(problem, pattern, BY_CVXPY), expected)


def test_each_of_a_batch_has_its_own():
    cases = [solved(seed, 6, 15, 8) for seed in range(2)]
    problems = [problem for problem, _, _ in cases]
    patterns = [problem.pattern(training.W) for problem, training, _ in cases]
    for found, (_, _, point) in zip(kkt_points(problems, patterns, BY_CVXPY), cases, strict=True):
        assert_same_point(found, point)


def test_a_linear_model_whose_samples_do_not_all_have_a_multiplier():
    X, y = separable(0, 40, 5)
    problem = Problem(Linear(), X, y)
    expected = kkt_point(problem, np.ones((1, 40)))
    found = kkt_point(problem, np.ones((1, 40)), BY_CVXPY)
    assert 0 < (expected.multipliers > 0).sum() < 6
    assert_same_point(found, expected)


def test_more_samples_than_features_are_asked_of_the_samples_that_make_the_cell():
    X, y = separable(3, 30, 4)
    problem = Problem(TwoLayer(6), X, y)
    pattern = np.where(problem.network.output_weights[:, None] * y > 0, 1.0, 0.0)
    expected = kkt_point(problem, pattern)
    held = expected.multipliers > 0
    assert 0 < held.sum() < 30
    found = kkt_point(problem, pattern, BY_CVXPY)
    assert_same_point(found, expected)
    assert not found.duals.multipliers[~held].any()
    assert found.dual_error < NEAR


@pytest.mark.parametrize("width", [None, 4])
def test_copies_share_a_dual_value(width):
    problem, _, _, clarke = planted_orthogonal(LENGTHS, Y, width)
    twice = [0, 0, 1, 2, 3]
    doubled = Problem(problem.network, problem.X[twice], problem.y[twice])
    expected = kkt_point(doubled, clarke[:, twice])
    found = kkt_point(doubled, clarke[:, twice], BY_CVXPY)
    assert_same_point(found, expected)
    assert found.dual_error < NEAR


@pytest.mark.parametrize("width", [None, 8])
@pytest.mark.parametrize("unit", [1e-4, 1e4])
def test_units_do_not_matter(unit, width):
    problem, _, point = solved(0, 6, 15, width)
    scaled = Problem(problem.network, problem.X * unit, problem.y)
    found = dual_values(scaled, point.pattern, everywhere(problem), GAP)
    np.testing.assert_allclose(
        found.multipliers * unit**2, point.multipliers, atol=NEAR * point.multipliers.max()
    )


def test_a_hundred_thousand_features_are_as_many_as_there_are_samples():
    problem, _ = gaussian(0, 5, 100_000, None)
    point = kkt_point(problem, np.ones((1, 5)))
    found = kkt_point(problem, np.ones((1, 5)), BY_CVXPY)
    np.testing.assert_allclose(found.multipliers, point.multipliers, rtol=ROUND_OFF)
    assert found.dual_error < NEAR


def test_neurons_of_one_sign_oppose_nothing():
    problem = Problem(TwoLayer(2), np.diag([1.0, 2.0]), np.array([1.0, 1.0]))
    signs = problem.signs[problem.network.output_weights > 0]
    multipliers, q, C, status = duals._of_cell(problem.X, signs, signs > 0, GAP)
    np.testing.assert_allclose(multipliers, [2.0, 0.5], rtol=NEAR)  # 1/(u² ‖x‖²), u² = 1/2
    np.testing.assert_allclose(C, multipliers * signs, rtol=NEAR)
    assert status == "optimal" and q.min() > 1 - NEAR


def test_samples_that_cannot_be_separated_are_one_sentence_as_with_ours():
    problem = Problem(Linear(), np.array([[1.0], [1.0]]), np.array([1.0, -1.0]))
    with pytest.raises(NotSeparableError) as error:
        kkt_point(problem, np.ones((1, 2)), BY_CVXPY)
    assert "samples 0 and 1" in one_sentence(error)


def test_an_empty_cell_is_one_sentence():
    problem, _, point = solved(0, 6, 15, 8)
    with pytest.raises(SolverError) as error:
        dual_values(problem, np.zeros_like(point.pattern), everywhere(problem), GAP)
    text = one_sentence(error)
    assert "status 'infeasible'" in text and "set duals.solver to active_set" in text


def test_an_inaccurate_answer_is_polished_and_told(monkeypatch):
    def inaccurate(program, tolerance):
        program.solve(solver="CLARABEL", tol_gap_abs=1e-2, tol_gap_rel=1e-2, tol_feas=1e-2)
        return "optimal_inaccurate"

    monkeypatch.setattr(duals, "solved_status", inaccurate)
    problem, training, point = solved(0, 6, 15, 8)
    found = kkt_point(problem, problem.pattern(training.W), BY_CVXPY)
    assert found.duals.status == "optimal_inaccurate"
    assert found.dual_error > NEAR
    assert_same_point(found, point)


def test_without_cvxpy_it_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "cvxpy", None)
    problem, training, _ = solved(0, 6, 15, None)
    with pytest.raises(DataError) as error:
        kkt_point(problem, problem.pattern(training.W), BY_CVXPY)
    text = one_sentence(error)
    assert "not both installed" in text and "'.[reference]'" in text and "active_set" in text
