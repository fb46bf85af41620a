"""Coordinate ascent: every sample's step is the exact optimum of its block, so the objective never falls."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import KINDS, cell_program, fit_program, random_cell, random_fit, random_program
from scipy.optimize import minimize_scalar

from kkt_unlearning.quadratic.coordinate import coordinate_ascent
from kkt_unlearning.quadratic.program import Iterate, Program, feasible
from kkt_unlearning.quadratic.solve import maximise


def drawn(seed, kind) -> Program:
    """A cell, a fit or a program of no problem."""
    if kind == "none":
        return random_program(seed)
    return (
        cell_program(*random_cell(seed, kind)) if seed % 2 else fit_program(*random_fit(seed, kind))
    )


def somewhere(program: Program, seed: int) -> Iterate:
    rng = np.random.default_rng(seed)
    return feasible(
        program, rng.random(program.reward.shape) * 3.0, rng.normal(size=program.target.shape)
    )


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.sampled_from([*KINDS, "none"]))
def test_the_objective_never_falls(seed, kind):
    program = drawn(seed, kind)
    point = somewhere(program, seed)
    values = [program.objective(point.multipliers, point.coefficients)[0]]
    for _ in range(5):
        point = coordinate_ascent(program, point, 1)
        values.append(program.objective(point.multipliers, point.coefficients)[0])
    for before, after in pairwise(values):
        assert after >= before - 1e-12 * max(1.0, abs(before))


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.sampled_from([*KINDS, "none"]))
def test_points_stay_feasible(seed, kind):
    program = drawn(seed, kind)
    point = coordinate_ascent(program, somewhere(program, seed), 2)
    low, high = program.bounds(point.multipliers)
    assert np.all(point.multipliers >= 0) and np.all(point.multipliers <= program.cap)
    assert np.all(point.coefficients >= low) and np.all(point.coefficients <= high)


def only_sample(program: Program, point: Iterate, i: int) -> Program:
    """The program of sample i with all others as they are: one sample, their pull in the target."""
    G, C = program.gram, point.coefficients.copy()
    C[:, :, i] = 0.0
    one = slice(i, i + 1)
    return Program(
        gram=G[:, one, one],
        lower=program.lower[..., one],
        upper=program.upper[..., one],
        reward=program.reward[:, one],
        target=(program.target - C @ G)[..., one],
        cap=program.cap[:, one],
    )


def best_value(block: Program, multiplier: float) -> float:
    """The objective at λ with the best C: each coefficient is by itself, so the free optimum clipped."""
    low, high = block.bounds(np.array([[multiplier]]))
    C = np.clip(block.target / block.gram, low, high)
    return float(block.objective(np.array([[multiplier]]), C)[0])


@pytest.mark.parametrize("kind", ["gaussian", "correlated", "wide", "none"])
@pytest.mark.parametrize("seed", range(12))
def test_a_block_is_solved_like_a_line_search_solves_it(seed, kind):
    program = drawn(seed, kind)
    point = somewhere(program, seed)
    block = only_sample(program, point, 0)
    one = slice(0, 1)
    start = Iterate(point.multipliers[:, one], point.coefficients[:, :, one])
    found = coordinate_ascent(block, start, 1)
    value = float(block.objective(found.multipliers, found.coefficients)[0])
    assert value == pytest.approx(best_value(block, found.multipliers.item()), rel=1e-12, abs=1e-12)
    most = min(float(block.cap.item()), 2.0 * found.multipliers.item() + 10.0)
    if most > 0:
        by_search = minimize_scalar(
            lambda t: -best_value(block, t),
            bounds=(0.0, most),
            method="bounded",
            options={"xatol": 1e-10},
        )
        # The search knows λ to √eps of it, the value to eps; it does not try the ends.
        highest = max(-by_search.fun, best_value(block, 0.0), best_value(block, most))
        assert value == pytest.approx(highest, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_many_sweeps_come_to_the_optimum(seed):
    program = fit_program(*random_fit(seed, "gaussian"))
    best = maximise(program)
    found = coordinate_ascent(program, somewhere(program, seed), 400)
    value = program.objective(best.multipliers, best.coefficients)[0]
    reached = program.objective(found.multipliers, found.coefficients)[0]
    assert reached <= value + 1e-12 * abs(value)
    assert reached == pytest.approx(value, rel=1e-9)


def test_the_optimum_is_a_fixed_point():
    for seed in range(6):
        program = fit_program(*random_fit(seed, "gaussian"))
        best = maximise(program)
        again = coordinate_ascent(program, Iterate(best.multipliers, best.coefficients), 1)
        np.testing.assert_allclose(again.coefficients, best.coefficients, atol=1e-11)


def test_arguments_are_left_as_they_were():
    program = random_program(2)
    point = somewhere(program, 2)
    before = point.multipliers.copy(), point.coefficients.copy()
    coordinate_ascent(program, point, 2)
    np.testing.assert_array_equal(point.multipliers, before[0])
    np.testing.assert_array_equal(point.coefficients, before[1])
