"""ε against the size of the step, from trained weights, in each reading of Figure 1."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from kkt_unlearning.certificates.frozen import Frozen, frozen
from kkt_unlearning.certificates.given_delta import given_delta
from kkt_unlearning.certificates.stationarity import least_epsilon, mean_multiplier
from kkt_unlearning.datasets.gaussian import span_points
from kkt_unlearning.datasets.geometry import near_orthogonality
from kkt_unlearning.datasets.sampling import alternating_labels
from kkt_unlearning.kkt.arrival import Arrival
from kkt_unlearning.kkt.multipliers import gradient_matrix
from kkt_unlearning.kkt.point import KKTPoint, kkt_points
from kkt_unlearning.networks import TwoLayer
from kkt_unlearning.networks.initial import span_weights
from kkt_unlearning.problem import Problem, kept
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.seeding import Stream, generator
from kkt_unlearning.studies.columns import DELTAS
from kkt_unlearning.studies.tables import Row
from kkt_unlearning.training import Descent, train
from kkt_unlearning.unlearning.ascent import Steps, ascend

FORGET = (0,)
SLACKS = (*DELTAS, np.inf)  # of the mean multiplier
_STOP = 1e-5  # as the trainings of config.yaml


def column(reading: str, delta: float) -> str:
    """Of the relative ε in a reading, ``literal`` or ``restored``, at a δ given beforehand; ∞ is any δ."""
    return f"{reading}_at_{delta:g}" if np.isfinite(delta) else reading


RESTORED = (*(column("restored", delta) for delta in SLACKS), "tau")


def reading_rows(
    samples: int, dimension: int, options: Mapping[str, Any], solver: Solver, pivots: int, seed: int
) -> Iterator[Row]:
    """One row a replicate and fraction α of one size; the first sample is forgotten.

    Args:
        samples: m; dimension: d.
        options: the section ``readings`` of the configuration.
    """
    problems, weights = _trained(samples, dimension, options, seed)
    points: Sequence[KKTPoint | None] = [None] * len(problems)
    if samples <= options["restore_up_to"]:
        patterns = [problem.pattern(W) for problem, W in zip(problems, weights, strict=True)]
        points = kkt_points(problems, patterns, solver, pivots)
    for s, (problem, W, point) in enumerate(zip(problems, weights, points, strict=True)):
        columns = readings(problem, W, point, options["fractions"], solver)
        for a, fraction in enumerate(options["fractions"]):
            row: Row = {"samples": samples, "dimension": dimension, "seed": s, "fraction": fraction}
            yield row | {name: float(values[a]) for name, values in columns.items()}


def readings(
    problem: Problem,
    trained: np.ndarray,
    point: KKTPoint | None,
    fractions: Sequence[float],
    solver: Solver,
) -> dict[str, np.ndarray]:
    """Columns ``(A,)`` for steps with the least-squares multipliers of the trained weights ``(n, k)``.

    ``kept`` and ``refit`` with the gradients from before the step, over ``‖θ‖``; ``predicted`` what theorem
    6.18 says of ``kept``; ``literal`` relative ε at θ' with 0/1 derivatives; ``restored`` at θ̃, with its
    ``tau``. ``docs/theory.md``, section 6.8.

    Args:
        point: the exact KKT point that the weights lead to, whose kinks θ̃ keeps; without it what is asked
            of θ̃ is nan.
    """
    W = trained / problem.margins(trained).min()
    clarke = problem.pattern(W)
    before = frozen(gradient_matrix(problem, clarke), W.ravel(), FORGET, fractions)
    alphas = np.asarray(fractions, dtype=float)
    after = np.stack(
        [ascend(problem, W, before.multipliers, FORGET, fraction=alpha) for alpha in alphas]
    )
    columns = _before(before, alphas, float(np.linalg.norm(W)))
    columns |= dict.fromkeys(RESTORED, np.full(len(alphas), np.nan))
    if point is not None:
        steps = Steps(point, W, clarke, (FORGET,), alphas, after[None])
        found = given_delta(steps, SLACKS, solver)
        columns |= dict(zip(RESTORED, [*found.epsilon[0].T, found.tau[0]], strict=True))
    keep = np.broadcast_to(kept(problem.samples, [FORGET])[0], (len(alphas), problem.samples))
    unit = mean_multiplier(problem, after, keep)
    unit = np.where(np.isfinite(unit), unit, 1.0)
    for delta in SLACKS:
        fit = least_epsilon(
            problem,
            after,
            delta * unit,
            None,
            solver,
            keep=keep,
            guess=(before.multipliers, clarke),
        )
        columns[column("literal", delta)] = fit.relative_epsilon
    _, phi = near_orthogonality(problem.X)
    return columns | {"phi": np.full(len(alphas), float(phi))}


def _before(found: Frozen, alphas: np.ndarray, length: float) -> dict[str, np.ndarray]:
    predicted = np.hypot(found.residual, (1.0 - alphas) * found.removed)
    return {
        "predicted": predicted / length,
        "kept": found.kept / length,
        "refit": found.refit / length,
    }


def _trained(
    samples: int, dimension: int, options: Mapping[str, Any], seed: int
) -> tuple[list[Problem], np.ndarray]:
    """Problems and trained weights ``(S, n, k)`` of all replicates, in coordinates of their span."""
    size, scale = (options["width"], samples, dimension), options["initial_scale"]
    numbers = range(options["replicates"])
    draws = [generator(seed, Stream.DATA, s) for s in numbers]
    X = np.stack([span_points(draw, samples, dimension) for draw in draws])
    X = np.pad(X, ((0, 0), (0, 0), (0, 1)))
    draws = [generator(seed, Stream.INITIAL_WEIGHTS, s) for s in numbers]
    W0 = np.stack([span_weights(draw, *size, scale) for draw in draws])
    y = np.tile(alternating_labels(samples), (len(X), 1))
    network = TwoLayer(options["width"])
    problems = [Problem(network, X[s], y[s]) for s in numbers]
    descent = Descent(steps=options["steps"], stop_distance=_STOP)
    arrival = Arrival(problems, _STOP)
    return problems, train(Problem(network, X, y), W0, descent, settled=arrival).W
