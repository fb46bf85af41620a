"""Is what the GPU computes what NumPy computes?"""

import dataclasses
from collections.abc import Iterator
from itertools import product

import numpy as np

from benchmarks.gpu.instances import Sizes, batch, largest_difference, moved, start, system
from benchmarks.gpu.rows import Row
from kkt_unlearning.backends import to_numpy
from kkt_unlearning.kkt.cell import alike, cell_programs
from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.program import Program
from kkt_unlearning.quadratic.solve import maximise
from kkt_unlearning.training import STEPS, Descent, Training, step_reach, train
from kkt_unlearning.training.gpu import fused_descent
from kkt_unlearning.training.losses import LOSSES
from kkt_unlearning.unlearning.ascent import ascend

ARRAYS = ("gram", "lower", "upper", "reward", "target", "cap")
AGREEMENT = 1e-9  # relative, after all steps
RULES = [
    Descent(loss, step, step_size=1.0 if step == "normalised" else 0.1, minimum_margin=-np.inf)
    for loss, step in product(LOSSES, STEPS)
]


def fused_steps(xp, sizes: Sizes) -> Iterator[Row]:
    """The kernel against ``train`` in NumPy: all networks by the default rule, a few by each rule."""
    cases = [(sizes.networks, sizes.width, Descent(minimum_margin=-np.inf))]
    cases += [(sizes.few, width, rule) for width in (sizes.width, None) for rule in RULES]
    for networks, width, rule in cases:
        problem, W0 = batch(networks, sizes.samples, width)
        descent = dataclasses.replace(rule, steps=sizes.steps)
        trained = train(problem, W0, descent)
        P, slopes_sum = start(xp, problem, W0)
        fused_descent(P, slopes_sum, sizes.steps, descent=descent, **system(moved(xp, problem)))
        what = f"fused kernel, {_name(width, descent)}, {networks} networks"
        truth = problem.preactivations(trained.W).swapaxes(-1, -2)
        yield _agreement(what, "pre-activations", P, truth)
        yield _agreement(what, "loss weights", descent.step_size * slopes_sum, trained.loss_weights)


def fused_masks(xp, sizes: Sizes) -> Iterator[Row]:
    """Leave-one-out: the kernel against ``train`` with the same mask, and no slope where masked."""
    m, descent = sizes.samples, Descent(steps=sizes.steps, minimum_margin=-np.inf)
    mask = ~np.eye(m, dtype=bool)
    problem, W0 = batch(m, m, sizes.width)
    trained = train(problem, W0, descent, mask=mask)
    P, slopes_sum = start(xp, problem, W0)
    excluded = xp.asarray(np.where(mask, 0.0, -np.inf))
    data = system(moved(xp, problem))
    fused_descent(P, slopes_sum, sizes.steps, descent=descent, excluded=excluded, **data)
    what, truth = "fused kernel, leave one out", problem.preactivations(trained.W)
    yield _agreement(what, "pre-activations", P, truth.swapaxes(-1, -2))
    left = float(np.abs(to_numpy(slopes_sum)[~mask]).max())
    yield Row("check", what, "largest slope of a masked sample", left, "", at_most=0.0)


def repeated(xp, sizes: Sizes) -> Iterator[Row]:
    """The same run twice: to the last bit."""
    problem, W0 = batch(sizes.networks, sizes.samples, sizes.width)
    runs = []
    for _ in range(2):
        P, slopes_sum = start(xp, problem, W0)
        data = system(moved(xp, problem))
        fused_descent(P, slopes_sum, sizes.steps, descent=Descent(), **data)
        runs.append(to_numpy(P))
    changed = float((runs[0] != runs[1]).sum())
    yield Row("check", "fused kernel, run twice", "entries that differ", changed, "", at_most=0.0)


def single_precision(xp, sizes: Sizes) -> Iterator[Row]:
    """float32 against float64: measured, no limit. Entries jump where they cross the kink at another step."""
    problem, W0 = batch(sizes.networks, sizes.samples, sizes.width)
    found = []
    for dtype in (np.float64, np.float32):
        P, slopes_sum = start(xp, problem, W0, dtype)
        data = system(moved(xp, problem, dtype))
        fused_descent(P, slopes_sum, sizes.steps, descent=Descent(), **data)
        found.append(to_numpy(P).swapaxes(-1, -2).astype(float))
    truth, single = found
    error = np.abs(single - truth) / np.abs(truth).max()
    margins, others = problem.margins_at(truth), problem.margins_at(single)
    what = "fused kernel, float32 against float64"
    yield Row("check", what, "largest error of a pre-activation", float(error.max()), "relative")
    yield Row("check", what, "median error", float(np.median(error)), "relative")
    yield Row(
        "check", what, "largest error of a margin", largest_difference(others, margins), "relative"
    )
    share = float(((truth > 0) != (single > 0)).mean())
    yield Row("check", what, "entries on the other side of the kink", share, "share")


def training(xp, sizes: Sizes) -> Iterator[Row]:
    """``train`` on the GPU's arrays: sizes that the kernel takes, and more samples than it takes."""
    shapes = [(sizes.samples, sizes.width), (sizes.samples, None)]
    shapes += [(sizes.too_many_samples, sizes.width)]
    for (m, width), rule in product(shapes, RULES):
        problem, W0 = batch(sizes.few, m, width)
        descent = dataclasses.replace(rule, steps=sizes.few)
        expected = train(problem, W0, descent)
        found = train(moved(xp, problem), xp.asarray(W0), descent)
        yield from _same_training(f"train, {_name(width, descent)}, m = {m}", found, expected)


def masked_training(xp, sizes: Sizes) -> Iterator[Row]:
    """``train`` of all leave-one-out networks at once."""
    m, descent = sizes.samples, Descent(steps=sizes.steps, minimum_margin=-np.inf)
    mask = ~np.eye(m, dtype=bool)
    for width in (sizes.width, None):
        problem, W0 = batch(1, m, width)
        single = Problem(problem.network, problem.X[0], problem.y[0])
        expected = train(single, W0[0], descent, mask=mask)
        there = moved(xp, single)
        found = train(there, xp.asarray(W0[0]), descent, mask=xp.asarray(mask))
        yield from _same_training(f"train, {_name(width, descent)}, leave one out", found, expected)


def ascent(xp, sizes: Sizes) -> Iterator[Row]:
    """Margins, the reach of a step and the ascent step."""
    for width in (sizes.width, None):
        problem, W0 = batch(sizes.few, sizes.samples, width)
        there, W = moved(xp, problem), xp.asarray(W0)
        single, alone = Problem(problem.network, problem.X[0], problem.y[0]), W0[0]
        above = moved(xp, single)
        multipliers = 1.0 + np.arange(sizes.samples)
        kind = _kind(width)
        yield _agreement(f"margins, {kind}", "margins", there.margins(W), problem.margins(W0))
        reach = step_reach(there, W, Descent())
        yield _agreement(f"step_reach, {kind}", "reach", reach, step_reach(problem, W0, Descent()))
        found = ascend(above, xp.asarray(alone), xp.asarray(multipliers), [0])
        truth = ascend(single, alone, multipliers, [0])
        yield _agreement(f"ascend, {kind}", "weights", found, truth)


def exact_points(xp, sizes: Sizes) -> Iterator[Row]:
    """The exact solver on a batch of cells: its residual on the GPU, and NumPy's multipliers, weights."""
    problem, W0 = batch(sizes.few, sizes.samples, sizes.width)
    trained = train(problem, W0, Descent(steps=500, minimum_margin=-np.inf))
    singles = [Problem(problem.network, X, y) for X, y in zip(problem.X, problem.y, strict=True)]
    patterns = [single.pattern(W) for single, W in zip(singles, trained.W, strict=True)]
    program = cell_programs(
        singles, patterns, [alike(*pair) for pair in zip(singles, patterns, strict=True)]
    )
    arrays = {name: xp.asarray(getattr(program, name)) for name in ARRAYS}
    found, expected = maximise(Program(**arrays, is_cone=True)), maximise(program)
    what, solved = f"exact points, {sizes.few} cells", found.bounded & expected.bounded
    unlike = float((found.bounded != expected.bounded).sum())
    yield Row("check", what, "cells that only one finds feasible", unlike, "", at_most=0.0)
    residual = float(np.max(found.residual, where=solved, initial=0.0))
    yield Row("check", what, "residual", residual, "relative", at_most=AGREEMENT)
    yield _agreement(
        what, "multipliers", to_numpy(found.multipliers)[solved], expected.multipliers[solved]
    )
    weights = to_numpy(found.coefficients)[solved] @ problem.X[solved]
    yield _agreement(what, "weights", weights, expected.coefficients[solved] @ problem.X[solved])


CHECKS = (
    fused_steps,
    fused_masks,
    repeated,
    single_precision,
    training,
    masked_training,
    ascent,
    exact_points,
)


def _same_training(what: str, found: Training, expected: Training) -> Iterator[Row]:
    for name in ("W", "margins", "loss_weights"):
        yield _agreement(what, name, getattr(found, name), getattr(expected, name))


def _agreement(what: str, quantity: str, found, truth: np.ndarray) -> Row:
    difference = largest_difference(found, truth)
    return Row("check", what, quantity, difference, "relative", at_most=AGREEMENT)


def _name(width: int | None, descent: Descent) -> str:
    return f"{_kind(width)}, {descent.loss}, {descent.step}"


def _kind(width: int | None) -> str:
    return "linear" if width is None else "two-layer"
