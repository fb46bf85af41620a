"""The conditions for an optimum, each by itself, on hundreds of programs; and which programs have none."""

import numpy as np
import pytest
from programs import (
    KINDS,
    SINGULAR,
    cell_program,
    fit_program,
    has_weights,
    optimality,
    random_cell,
    random_fit,
    random_program,
)

from kkt_unlearning.quadratic.program import Program
from kkt_unlearning.quadratic.solve import maximise
from kkt_unlearning.quadratic.solver import Solver

SEEDS = range(40)
# What a step of one variable by itself would still change, of its terms. The solver stops at 1e-13, or
# below 1e-10 where a round gains nothing: in a singular G round-off moves the bounds that hold.
TOLERANCE = dict.fromkeys(KINDS, 1e-12) | dict.fromkeys((*SINGULAR, "correlated"), 1e-10)


def assert_optimal(program: Program, tolerance: float, name: str) -> None:
    found = Solver().solve(program)
    assert found.bounded.all(), name
    errors = optimality(program, found.multipliers, found.coefficients)
    assert errors["coefficients"] == errors["multipliers"] == 0.0, name  # inside to the last bit
    for condition, error in errors.items():
        assert error <= tolerance, (name, condition, error)


@pytest.mark.parametrize("kind", KINDS)
def test_cells_are_solved_where_weights_exist_and_called_unbounded_where_not(kind):
    solved = 0
    for seed in SEEDS:
        problem, pattern = random_cell(seed, kind)
        program = cell_program(problem, pattern)
        if kind == "wide" or has_weights(problem, pattern):
            assert_optimal(program, TOLERANCE[kind], f"seed {seed}")
            solved += 1
        else:
            assert not Solver().solve(program).bounded.any(), seed
    assert solved >= 10
    assert kind == "wide" or solved < len(SEEDS)


@pytest.mark.parametrize("kind", KINDS)
def test_fits_are_solved(kind):
    for seed in SEEDS:
        assert_optimal(fit_program(*random_fit(seed, kind)), TOLERANCE[kind], f"seed {seed}")


def test_programs_of_no_problem_are_solved():
    for seed in range(100):
        assert_optimal(random_program(seed), 1e-11, f"seed {seed}")


@pytest.mark.parametrize("kind", ["gaussian", "tiny", "wide"])
def test_cells_need_no_reference(kind):
    for seed in SEEDS:
        found = maximise(cell_program(*random_cell(seed, kind)))
        assert not found.bounded[0] or found.residual[0] < 1e-12, seed


@pytest.mark.parametrize("kind", KINDS)
def test_fits_need_no_reference(kind):
    for seed in SEEDS:
        found = maximise(fit_program(*random_fit(seed, kind)))
        assert found.bounded[0] and found.residual[0] < TOLERANCE[kind], seed


def by_hand():
    """Two orthogonal samples of lengths 1 and 2, one linear neuron."""
    lower = np.array([[[1.0, 1.0]]])
    return Program(
        gram=np.diag([1.0, 4.0])[None],
        lower=lower,
        upper=lower,
        reward=np.ones((1, 2)),
        target=np.zeros((1, 1, 2)),
        cap=np.full((1, 2), np.inf),
    )


def test_a_program_by_hand():
    # max λ₁ + λ₂ − ½ (λ₁² + 4 λ₂²): λ = (1, ¼).
    found = maximise(by_hand())
    np.testing.assert_array_equal(found.multipliers, [[1.0, 0.25]])
    np.testing.assert_array_equal(found.coefficients, [[[1.0, 0.25]]])
    assert by_hand().objective(found.multipliers, found.coefficients)[0] == 0.625


@pytest.mark.parametrize(
    ("cap", "expected"), [([0.5, np.inf], [0.5, 0.25]), ([0.5, 0.0], [0.5, 0.0]), ([0, 0], [0, 0])]
)
def test_caps_by_hand(cap, expected):
    program = by_hand()
    capped = Program(*(getattr(program, name) for name in NAMES[:-1]), np.array([cap], float))
    np.testing.assert_array_equal(maximise(capped).multipliers, [expected])


NAMES = ("gram", "lower", "upper", "reward", "target", "cap")
UNLIMITED = {
    # x and −x with the same label: the margins of the one are those of the other reversed.
    "contradiction": ([[1.0, -1.0], [-1.0, 1.0]], [[1.0, 1.0]], [[1.0, 1.0]]),
    # No neuron is on for sample 0, so λ₀ costs nothing.
    "nobody": ([[1.0, 0.0], [0.0, 1.0]], [[-np.inf, 1.0]], [[0.0, np.inf]]),
}


@pytest.mark.parametrize("case", UNLIMITED)
def test_programs_without_an_optimum_by_hand(case):
    gram, lower, upper = (np.array(part)[None] for part in UNLIMITED[case])
    ones = np.ones((1, 2))
    program = Program(gram, lower, upper, ones, np.zeros((1, 1, 2)), np.inf * ones, is_cone=True)
    assert not Solver().solve(program).bounded.any()
    assert not Solver("cvxpy").solve(program).bounded.any()
    # A cap gives it one.
    limited = Program(gram, lower, upper, ones, np.zeros((1, 1, 2)), 3.0 * ones)
    found = Solver().solve(limited)
    assert found.bounded.all()
    assert found.multipliers.max() == 3.0
