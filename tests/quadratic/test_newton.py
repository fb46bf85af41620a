"""One Newton step solves the equations of the bounds that hold, however the linear algebra is arranged."""

from dataclasses import replace

import numpy as np
import pytest
from programs import cell_program, fit_program, random_cell, random_fit, random_program, stacked

from kkt_unlearning.quadratic import newton, packed
from kkt_unlearning.quadratic.activity import Activity, predicted, residual
from kkt_unlearning.quadratic.coordinate import coordinate_ascent
from kkt_unlearning.quadratic.dense import dense_system
from kkt_unlearning.quadratic.newton import PROXIMAL, newton_point
from kkt_unlearning.quadratic.packed import packed_system
from kkt_unlearning.quadratic.program import Iterate, Program, feasible
from kkt_unlearning.quadratic.shared import shared_system, sharing
from kkt_unlearning.quadratic.solve import maximise


def drawn(seed: int) -> Program:
    draws = (
        lambda: cell_program(*random_cell(seed, "gaussian")),
        lambda: fit_program(*random_fit(seed, "gaussian")),
        lambda: random_program(seed),
    )
    return draws[seed % 3]()


def on_the_way(program: Program, seed: int) -> tuple[Iterate, Activity]:
    """A point after one sweep from anywhere, and the bounds that are predicted there."""
    rng = np.random.default_rng(seed)
    start = rng.random(program.reward.shape), rng.normal(size=program.target.shape)
    point = coordinate_ascent(program, feasible(program, *start), 1)
    return point, predicted(program, point)


def plainly(program: Program, point: Iterate, active: Activity) -> tuple[np.ndarray, np.ndarray]:
    """The active equations as one large linear system in (λ, C), program by program."""
    solutions = []
    for b in range(len(program.reward)):
        G, v = program.gram[min(b, len(program.gram) - 1)], active.slope[b]
        free, support = active.free[b], active.support[b]
        n, m = v.shape
        A, right = np.zeros((m + n * m, m + n * m)), np.zeros(m + n * m)
        for i in range(m):
            if support[i]:  # b_i + Σ_j v_ji (T − C G)_ji = 0
                right[i] = -program.reward[b, i] - v[:, i] @ program.target[b, :, i]
                for j in range(n):
                    A[i, m + j * m : m + (j + 1) * m] -= v[j, i] * G[:, i]
            else:
                A[i, i], right[i] = 1.0, program.cap[b, i] if active.capped[b, i] else 0.0
        for j, i in np.ndindex(n, m):
            row = m + j * m + i
            if free[j, i]:  # (C G)_ji = T_ji
                A[row, m + j * m : m + (j + 1) * m] = G[:, i]
                right[row] = program.target[b, j, i]
            else:  # C_ji = λ_i v_ji
                A[row, row], A[row, i] = 1.0, -v[j, i]
        solutions.append(np.linalg.lstsq(A, right, rcond=None)[0])
    flat, (n, m) = np.array(solutions), program.target.shape[1:]
    return flat[:, :m], flat[:, m:].reshape(-1, n, m)


def solvable(program: Program, active: Activity) -> bool:
    """Whether every multiplier of the support has an equation of its own."""
    return bool(((active.slope**2).sum(axis=1) > 0)[active.support].all())


def test_the_step_solves_the_active_equations():
    tried = 0
    for seed in range(60):
        program = drawn(seed)
        point, active = on_the_way(program, seed)
        if not solvable(program, active):
            continue
        found = newton_point(program, point, active)
        multipliers, coefficients = plainly(program, point, active)
        # One step keeps the proximal term's share of the way, times the condition of H.
        scale = np.abs(coefficients).max() + np.abs(point.coefficients).max()
        np.testing.assert_allclose(found.coefficients, coefficients, atol=1e-6 * scale)
        again = newton_point(program, found, active)
        size = np.abs(multipliers).max() + np.abs(point.multipliers).max()
        np.testing.assert_allclose(again.multipliers, multipliers, atol=1e-10 * size)
        np.testing.assert_allclose(again.coefficients, coefficients, atol=1e-10 * scale)
        tried += 1
    assert tried > 30


def held(program: Program, point: Iterate, active: Activity) -> Activity:
    """The activity with its gradient at the point put on its bounds, as the systems expect it."""
    multipliers = np.where(
        active.support, point.multipliers, np.where(active.capped, program.cap, 0.0)
    )
    bound = active.slope * multipliers[:, None, :]
    at = np.where(active.free, point.coefficients, bound)
    return replace(active, gradient=program.gradient(at))


def assert_same_system(one, other, shape, seed):
    change = np.random.default_rng(seed).normal(size=shape)
    size = np.abs(one.matrix).max() + 1e-300
    np.testing.assert_allclose(other.matrix, one.matrix, atol=1e-12 * size)
    np.testing.assert_allclose(other.pull, one.pull, atol=1e-12 * np.abs(one.pull).max())
    moved = one.response(change)
    np.testing.assert_allclose(other.response(change), moved, atol=1e-11 * np.abs(moved).max())


@pytest.mark.parametrize("chunk", [1, 100, 2**22])
def test_packed_and_dense_systems_are_the_same(monkeypatch, chunk):
    monkeypatch.setattr(packed, "WORK_ARRAY", chunk)
    for seed in range(9):
        program = drawn(seed) if seed % 2 else stacked([drawn(seed), drawn(seed + 30)])
        point, active = on_the_way(program, seed)
        active = held(program, point, active)
        one, other = (f(program, active, PROXIMAL) for f in (dense_system, packed_system))
        assert_same_system(one, other, program.reward.shape, seed)


def crowd(seed: int, batch: int = 4) -> Program:
    """Several programs on one data set, with many neurons of two output weights on two samples."""
    rng, shape = np.random.default_rng(seed), (batch, 240, 2)
    X = rng.normal(size=(2, 5))
    u = np.where(np.arange(240) % 2 == 0, 0.5, -0.25)
    signs = u[:, None] * np.array([1.0, -1.0])
    kinks = rng.random(shape) < 0.5
    fixed = np.where(rng.random(shape) < 0.5, signs, 0.0)
    return Program(
        gram=(X @ X.T)[None],
        lower=np.where(kinks, np.minimum(signs, 0.0), fixed),
        upper=np.where(kinks, np.maximum(signs, 0.0), fixed),
        reward=np.zeros((batch, 2)),
        target=rng.normal(size=shape) + signs,
        cap=rng.choice([np.inf, 0.5], size=(batch, 2)),
        kind=(u > 0).astype(int)[None],
    )


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("seed", range(5))
def test_shared_and_dense_systems_are_the_same(seed, batch):
    program = crowd(seed, batch)
    point, active = on_the_way(program, seed)
    active = held(program, point, active)
    groups = sharing(program, active)
    assert groups is not None and len(groups) * 8 <= 240 * batch
    one = dense_system(program, active, PROXIMAL)
    other = shared_system(program, active, groups, PROXIMAL)
    assert_same_system(one, other, program.reward.shape, seed)


@pytest.mark.parametrize("seed", range(5))
def test_the_optimum_does_not_depend_on_the_arrangement(monkeypatch, seed):
    program = crowd(seed)
    shared = maximise(program)
    assert shared.residual.max() < 1e-12
    dense = maximise(replace(program, kind=None))
    monkeypatch.setattr(newton, "fits", lambda program: False)
    in_chunks = maximise(replace(program, kind=None))
    for other in (dense, in_chunks):
        np.testing.assert_allclose(other.multipliers, shared.multipliers, atol=1e-12)
        np.testing.assert_allclose(other.coefficients, shared.coefficients, atol=1e-11)


def test_many_samples_are_not_shared():
    program = cell_program(*random_cell(0, "gaussian"))
    point, active = on_the_way(program, 0)
    assert point.multipliers.shape == program.reward.shape
    assert sharing(program, active) is None


def test_at_an_optimum_the_step_is_nothing():
    for seed in range(12):
        program = drawn(seed)
        found = maximise(program)
        if not found.bounded[0]:
            continue
        point = Iterate(found.multipliers, found.coefficients)
        active = predicted(program, point)
        size = np.abs(point.coefficients).max() + 1e-300
        again = newton_point(program, point, active)
        np.testing.assert_allclose(again.coefficients, point.coefficients, atol=1e-9 * size)
        assert residual(program, point, active)[0] < 1e-12
