"""Our own solver and cvxpy's find the same optimum."""

import numpy as np
import pytest
from builders import cell_by_cvxpy, least_residual_by_cvxpy
from programs import (
    KINDS,
    cell_program,
    distance,
    fit_program,
    random_cell,
    random_fit,
    random_program,
)

from kkt_unlearning.errors import SolverError
from kkt_unlearning.quadratic.reference import solve_by_cvxpy
from kkt_unlearning.quadratic.solve import maximise
from kkt_unlearning.quadratic.solver import Solver

SEEDS = range(15)
GAP = 1e-9  # asked of cvxpy, of the objective


# The objective is 1-strongly convex in the weights: an error f of the one is √(2f) in the others. Where the
# data are dependent, multipliers or coefficients of cvxpy's answer are in the hundreds and cancel; f is their
# round-off, some 1e-11, and the machine's BLAS decides how it falls. The objective is held to 1e-9 anyway.
WEIGHTS = {"rank_deficient": 1e-5, "duplicated": 1e-5}


def assert_same_optimum(program, name, weights=1e-9):
    """Objective to 1e-9; weights too, once Newton steps have sharpened cvxpy's point."""
    own = Solver().solve(program)
    try:
        reference = solve_by_cvxpy(program, 0, GAP)
    except SolverError:  # Clarabel itself gives up on one of these programs
        assert own.bounded[0] and own.residual[0] < 1e-12, name
        return False
    assert own.bounded[0] == (reference is not None), name
    if reference is None:
        return False
    value = program.objective(own.multipliers, own.coefficients)[0]
    other = program.objective(reference.multipliers, reference.coefficients)[0]
    # An interior point may lie outside by its tolerance, and then a little above the optimum.
    assert other == pytest.approx(value, rel=5 * GAP, abs=GAP), name
    sharpened = Solver("cvxpy").solve(program)
    assert distance(program, own.coefficients, sharpened.coefficients) <= weights, name
    value_again = program.objective(sharpened.multipliers, sharpened.coefficients)[0]
    assert value_again == pytest.approx(value, rel=1e-9, abs=1e-12), name
    return True


@pytest.mark.parametrize("kind", KINDS)
def test_cells(kind):
    weights = WEIGHTS.get(kind, 1e-9)
    solved = [assert_same_optimum(cell_program(*random_cell(s, kind)), s, weights) for s in SEEDS]
    assert sum(solved) >= 4


@pytest.mark.parametrize("kind", KINDS)
def test_fits(kind):
    weights = WEIGHTS.get(kind, 1e-9)
    solved = [assert_same_optimum(fit_program(*random_fit(s, kind)), s, weights) for s in SEEDS]
    assert sum(solved) >= len(SEEDS) - 1


def test_programs_of_no_problem():
    assert all(assert_same_optimum(random_program(seed), seed) for seed in range(30))


@pytest.mark.parametrize("kind", ["gaussian", "rank_deficient", "duplicated", "tiny"])
def test_cells_against_their_primal_problem(kind):
    for seed in range(8):
        problem, pattern = random_cell(seed, kind)
        found = Solver().solve(cell_program(problem, pattern))
        W = cell_by_cvxpy(problem, pattern, 1e-9)
        assert found.bounded[0] == (W is not None), seed
        if W is not None:
            own = found.coefficients[0] @ problem.X
            assert (W**2).sum() == pytest.approx((own**2).sum(), rel=1e-8), seed
            assert np.linalg.norm(W - own) <= 2e-4 * np.linalg.norm(own), seed  # √(2 · 1e-8)


@pytest.mark.parametrize("kind", KINDS)
def test_fits_against_their_primal_problem(kind):
    for seed in range(6):
        problem, W, kinks, caps = random_fit(seed, kind)
        found = maximise(fit_program(problem, W, kinks, caps))
        own = np.linalg.norm(W - found.coefficients[0] @ problem.X)
        expected = least_residual_by_cvxpy(problem, W, kinks, caps)
        assert own == pytest.approx(expected, rel=1e-7, abs=1e-5), seed
        assert own <= expected * (1 + 1e-9) + 1e-9, seed
