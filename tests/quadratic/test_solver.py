"""Which solver answers, what counts as solved, and what is said where nothing is."""

import array_api_strict as strict
import numpy as np
import pytest
from builders import one_sentence
from programs import cell_program, fit_program, random_cell, random_fit, stacked

from kkt_unlearning.errors import DataError, SolverError
from kkt_unlearning.quadratic import reference
from kkt_unlearning.quadratic import solver as solver_module
from kkt_unlearning.quadratic.program import Program
from kkt_unlearning.quadratic.reference import solve_by_cvxpy
from kkt_unlearning.quadratic.solve import maximise
from kkt_unlearning.quadratic.solver import SOLVERS, Solver

DEVICE = strict.Device("device1")  # NumPy cannot take an array from there by accident


def there(program: Program) -> Program:
    names = ("gram", "lower", "upper", "reward", "target", "cap")
    arrays = (strict.asarray(getattr(program, name), device=DEVICE) for name in names)
    return Program(*arrays, is_cone=program.is_cone)


def back(array):
    """From the device, where it must be."""
    assert array.device == DEVICE
    return np.from_dlpack(strict.asarray(array, device=strict.Device("CPU_DEVICE")))


def test_an_unknown_solver_is_one_sentence():
    with pytest.raises(DataError) as error:
        Solver("nonesuch")
    text = one_sentence(error)
    assert "solver = 'nonesuch'" in text and "active_set, cvxpy" in text and "choose" in text


@pytest.mark.parametrize("tolerance", [0.0, -1e-9, 1e-13, float("nan")])
def test_a_tolerance_that_is_not_reachable_is_one_sentence(tolerance):
    with pytest.raises(DataError) as error:
        Solver(tolerance=tolerance)
    text = one_sentence(error)
    assert f"tolerance = {tolerance}" in text and ">= 1e-12" in text


@pytest.mark.parametrize("name", SOLVERS)
def test_an_unreachable_tolerance_stops(name, monkeypatch):
    monkeypatch.setattr(solver_module, "ROUND_OFF", 0.0)
    program = fit_program(*random_fit(7, "correlated"))
    assert maximise(program).residual[0] > 0
    with pytest.raises(SolverError) as error:
        Solver(name, tolerance=1e-40).solve(program)
    text = one_sentence(error)
    assert "tolerance = 1e-40" in text and "loosen the tolerance" in text


def test_a_reference_that_breaks_down_is_one_sentence(monkeypatch):
    import cvxpy

    def broken(self, **options):
        raise cvxpy.error.SolverError("out of luck")

    monkeypatch.setattr(cvxpy.Problem, "solve", broken)
    with pytest.raises(SolverError) as error:
        Solver("cvxpy").solve(fit_program(*random_fit(0, "gaussian")))
    text = one_sentence(error)
    assert "out of luck" in text and "set duals.solver to active_set" in text


@pytest.mark.parametrize("name", SOLVERS)
def test_an_optimum_that_does_not_exist_is_one_sentence(name):
    # No neuron is on for the only sample, so that nothing holds its multiplier.
    lower, upper = np.full((1, 1, 1), -np.inf), np.zeros((1, 1, 1))
    one = np.ones((1, 1))
    program = Program(one[None], lower, upper, one, np.zeros((1, 1, 1)), np.inf * one, is_cone=True)
    assert not Solver(name).solve(program).bounded.any()
    with pytest.raises(SolverError) as error:
        Solver(name).optimum(program)
    text = one_sentence(error)
    assert f"solver = {name}" in text and "1 of 1" in text and "unbounded" in text


@pytest.mark.parametrize("name", SOLVERS)
def test_an_optimum_that_exists_is_the_solution(name):
    program = fit_program(*random_fit(1, "gaussian"))
    found = Solver(name).optimum(program)
    np.testing.assert_allclose(found.coefficients, maximise(program).coefficients, atol=1e-11)


def test_what_is_solved_does_not_go_to_the_reference(monkeypatch):
    def never(*arguments):
        raise AssertionError("asked the reference")

    monkeypatch.setattr(reference, "solve_by_cvxpy", never)
    assert Solver().solve(fit_program(*random_fit(0, "gaussian"))).bounded.all()
    with pytest.raises(AssertionError, match="asked"):
        Solver("cvxpy").solve(fit_program(*random_fit(0, "gaussian")))


def test_only_what_is_unsolved_goes_to_the_reference(monkeypatch):
    """One program of the batch is said to be unsolved; the others keep their answers to the last bit."""
    batch = stacked([fit_program(*random_fit(seed, "gaussian")) for seed in range(4)])
    alone, asked = maximise(batch), []

    def one_failed(program, start=None, report=None):
        found = maximise(program, start, report)
        if len(program.reward) == 4:
            found.residual[2], found.coefficients[2] = 1.0, 0.0
        return found

    def recorded(program, index, tolerance):
        asked.append(index)
        return solve_by_cvxpy(program, index, tolerance)

    monkeypatch.setattr(solver_module, "maximise", one_failed)
    monkeypatch.setattr(reference, "solve_by_cvxpy", recorded)
    found = Solver().solve(batch)
    assert asked == [2]
    assert found.residual.max() < 1e-12
    np.testing.assert_allclose(found.coefficients, alone.coefficients, atol=1e-11)
    for kept in (0, 1, 3):
        np.testing.assert_array_equal(found.coefficients[kept], alone.coefficients[kept])


CASES = {
    "cells": [cell_program(*random_cell(seed, "gaussian")) for seed in range(4)],
    "fits": [fit_program(*random_fit(seed, "gaussian")) for seed in range(4)],
}


@pytest.mark.parametrize("arrangement", ["dense", "packed"])
@pytest.mark.parametrize("case", CASES)
def test_the_solver_stays_on_the_device_and_gives_what_numpy_gives(monkeypatch, case, arrangement):
    if arrangement == "packed":
        monkeypatch.setattr("kkt_unlearning.quadratic.newton.fits", lambda program: False)
    batch = stacked(CASES[case])
    expected, found = maximise(batch), maximise(there(batch))
    np.testing.assert_array_equal(found.bounded, expected.bounded)
    assert found.bounded.sum() >= 3
    for b in np.flatnonzero(found.bounded):
        size = np.abs(expected.coefficients[b]).max()
        np.testing.assert_allclose(
            back(found.coefficients)[b], expected.coefficients[b], atol=1e-11 * size
        )
        np.testing.assert_allclose(back(found.multipliers)[b], expected.multipliers[b], atol=1e-10)
    assert found.residual[found.bounded].max() < 1e-12


def test_shared_equations_stay_on_the_device():
    rng, shape = np.random.default_rng(0), (2, 240, 2)
    X = rng.normal(size=(2, 5))
    u = np.where(np.arange(240) % 2 == 0, 0.5, -0.25)
    signs = u[:, None] * np.array([1.0, -1.0])
    fixed = np.where(rng.random(shape) < 0.5, signs, 0.0)
    kinks = rng.random(shape) < 0.5
    arrays = [
        (X @ X.T)[None],
        np.where(kinks, np.minimum(signs, 0.0), fixed),
        np.where(kinks, np.maximum(signs, 0.0), fixed),
        np.zeros((2, 2)),
        rng.normal(size=shape) + signs,
        np.full((2, 2), np.inf),
        (u > 0).astype(int)[None],
    ]
    expected = maximise(Program(*arrays))
    found = maximise(Program(*(strict.asarray(array, device=DEVICE) for array in arrays)))
    np.testing.assert_allclose(back(found.coefficients), expected.coefficients, atol=1e-11)
    assert found.residual.max() < 1e-12


def test_the_reference_answers_on_the_device_too():
    program = fit_program(*random_fit(1, "gaussian"))
    found = Solver("cvxpy").solve(there(program))
    np.testing.assert_allclose(back(found.coefficients), maximise(program).coefficients, atol=1e-11)


def test_progress_is_the_residual_of_the_best_points_so_far():
    told = []
    solution = Solver(report=told.append).solve(stacked(CASES["fits"]))
    assert len(told) > 1
    assert told[-1] == solution.residual.max()
    assert told[0] > told[-1]
    assert Solver(report=told.append) == Solver()


def test_without_the_reference_its_extra_is_named(monkeypatch):
    monkeypatch.setattr(reference, "find_spec", lambda name: None)
    with pytest.raises(DataError) as error:
        Solver("cvxpy").solve(fit_program(*random_fit(7, "correlated")))
    text = one_sentence(error)
    assert "needs cvxpy and clarabel" in text and "'.[reference]'" in text and "active_set" in text


def test_without_the_reference_our_own_solver_answers_alone(monkeypatch):
    program = fit_program(*random_fit(7, "correlated"))
    both = Solver().solve(program)
    monkeypatch.setattr(reference, "find_spec", lambda name: None)
    alone = Solver().solve(program)
    assert np.array_equal(alone.multipliers, both.multipliers)
    monkeypatch.setattr(solver_module, "ROUND_OFF", 0.0)
    with pytest.raises(SolverError) as error:
        Solver(tolerance=1e-40).solve(program)
    text = one_sentence(error)
    assert "loosen the tolerance" in text and "cvxpy, which is not installed" in text
