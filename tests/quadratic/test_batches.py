"""A batch is its programs one by one; padding, masks, order and the start change nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import (
    KINDS,
    SINGULAR,
    cell_program,
    distance,
    fit_program,
    random_cell,
    random_fit,
    random_program,
    stacked,
)

from kkt_unlearning.quadratic.program import Iterate, Program
from kkt_unlearning.quadratic.solve import maximise
from kkt_unlearning.quadratic.solver import Solver

NAMES = ("gram", "lower", "upper", "reward", "target", "cap")
REGULAR = [kind for kind in KINDS if kind not in (*SINGULAR, "correlated")]
CLOSE = 1e-11  # round-off of the residual, 1e-13, times the condition of the systems


BATCHES = {
    "cells": [cell_program(*random_cell(seed, "gaussian")) for seed in range(25)],
    "fits": [fit_program(*random_fit(seed, "gaussian")) for seed in range(12)],
    "none": [random_program(seed) for seed in range(12)],
    "all": [
        *(cell_program(*random_cell(seed, "gaussian")) for seed in range(5)),
        *(fit_program(*random_fit(seed, "wide")) for seed in range(2)),
        *(random_program(seed) for seed in range(5)),
    ],
}


@pytest.mark.parametrize("batch", BATCHES)
def test_a_batch_is_its_programs_one_by_one(batch):
    programs = BATCHES[batch]
    together = maximise(stacked(programs))
    if batch == "cells":  # one that has no optimum does not disturb the others
        assert not together.bounded.all()
    for b, program in enumerate(programs):
        alone, (n, m) = maximise(program), program.target.shape[1:]
        assert together.bounded[b] == alone.bounded[0], b
        if not alone.bounded[0]:
            continue
        assert together.residual[b] < 1e-12, b
        found = together.coefficients[b, :n, :m]
        scale = np.abs(alone.coefficients).max()
        np.testing.assert_allclose(found, alone.coefficients[0], atol=CLOSE * scale)
        size = np.abs(alone.multipliers).max()
        np.testing.assert_allclose(
            together.multipliers[b, :m], alone.multipliers[0], atol=CLOSE * size
        )
        assert not together.multipliers[b, m:].any()
        assert not together.coefficients[b, n:].any()
        assert not together.coefficients[b, :, m:].any()


def test_one_gram_matrix_for_all_is_one_for_each():
    problem, pattern = random_cell(3, "gaussian")
    one = cell_program(problem, pattern)
    parts = {name: np.repeat(getattr(one, name), 4, axis=0) for name in NAMES}
    parts["is_cone"] = True
    parts["reward"] = parts["reward"] * np.array([[1.0], [2.0], [0.5], [3.0]])
    each = maximise(Program(**parts))
    shared = maximise(Program(**parts | {"gram": one.gram}))
    np.testing.assert_allclose(shared.coefficients, each.coefficients, atol=CLOSE)
    # A reward c times as large makes everything c times as large.
    np.testing.assert_allclose(each.coefficients[1], 2.0 * each.coefficients[0], atol=CLOSE)


@pytest.mark.parametrize("kind", REGULAR)
def test_left_out_samples_are_as_if_they_were_not_there(kind):
    for seed in range(6):
        problem, W, kinks, caps = random_fit(seed, kind)
        if len(caps) < 2:
            continue
        caps = np.where(np.arange(len(caps)) == seed % len(caps), 0.0, caps)
        left = caps > 0
        if not left.any():
            continue
        whole = maximise(fit_program(problem, W, kinks, caps))
        rest = problem.retain(np.flatnonzero(~left))
        part = maximise(fit_program(rest, W, kinks[:, left], caps[left]))
        np.testing.assert_allclose(whole.multipliers[:, left], part.multipliers, atol=CLOSE)
        np.testing.assert_allclose(whole.coefficients[..., left], part.coefficients, atol=CLOSE)
        assert not whole.multipliers[:, ~left].any()
        assert not whole.coefficients[..., ~left].any()


def somewhere(program: Program, seed: int) -> Iterate:
    rng = np.random.default_rng(seed)
    shape = program.target.shape
    return Iterate(rng.normal(size=program.reward.shape) * 5.0, rng.normal(size=shape) * 5.0)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.sampled_from(REGULAR), st.booleans())
def test_the_start_does_not_matter(seed, kind, is_cell):
    program = (
        cell_program(*random_cell(seed, kind)) if is_cell else fit_program(*random_fit(seed, kind))
    )
    cold, warm = Solver().solve(program), Solver().solve(program, somewhere(program, seed))
    assert cold.bounded[0] == warm.bounded[0]
    if cold.bounded[0]:
        assert distance(program, cold.coefficients, warm.coefficients) < CLOSE
        again = maximise(program, Iterate(cold.multipliers, cold.coefficients))
        assert distance(program, cold.coefficients, again.coefficients) < CLOSE


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.sampled_from(REGULAR))
def test_programs_know_no_order_of_samples_and_neurons(seed, kind):
    program, rng = fit_program(*random_fit(seed, kind)), np.random.default_rng(seed)
    n, m = program.target.shape[1:]
    samples, neurons = rng.permutation(m), rng.permutation(n)
    turned = Program(
        gram=program.gram[:, samples][:, :, samples],
        **{
            name: getattr(program, name)[:, neurons][:, :, samples]
            for name in ("lower", "upper", "target")
        },
        **{name: getattr(program, name)[:, samples] for name in ("reward", "cap")},
    )
    found, other = maximise(program), maximise(turned)
    expected = found.coefficients[:, neurons][:, :, samples]
    assert distance(turned, expected, other.coefficients) < CLOSE


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_units_do_not_matter(seed, length, height):
    # X ↦ cX, T ↦ c² t T and b ↦ c² t b, Λ ↦ t Λ: λ ↦ t λ, C ↦ t C.
    program = random_program(seed)
    scaled = Program(
        gram=length**2 * program.gram,
        lower=program.lower,
        upper=program.upper,
        reward=length**2 * height * program.reward,
        target=length**2 * height * program.target,
        cap=height * program.cap,
    )
    found, other = maximise(program), maximise(scaled)
    size = np.abs(found.coefficients).max()
    np.testing.assert_allclose(other.coefficients / height, found.coefficients, atol=CLOSE * size)
    np.testing.assert_allclose(other.multipliers / height, found.multipliers, atol=CLOSE)


@pytest.mark.parametrize("kind", SINGULAR)
def test_dependent_samples_leave_the_weights_unique(kind):
    for seed in range(10):
        program = fit_program(*random_fit(seed, kind))
        cold, warm = maximise(program), maximise(program, somewhere(program, seed))
        assert distance(program, cold.coefficients, warm.coefficients) < 1e-9


def test_programs_can_be_taken_out_of_a_batch():
    batch = stacked(BATCHES["all"])
    part = batch.take(np.array([4, 1]))
    for name in NAMES:
        np.testing.assert_array_equal(getattr(part, name), getattr(batch, name)[[4, 1]])
    shared = Program(batch.gram[:1], *(getattr(batch, name) for name in NAMES[1:]))
    assert shared.take(np.array([2])).gram.shape[0] == 1
