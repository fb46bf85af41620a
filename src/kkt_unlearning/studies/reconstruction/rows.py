"""What attacks find of forgotten samples in networks that forgot them, as rows of a tidy table.

``docs/questions/reconstruction.md``.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from kkt_unlearning.attacks.reconstruction import (
    difference_miss,
    fitted_share,
    neuron_match,
    overlap,
    remaining,
)
from kkt_unlearning.certificates.method import METHODS, weights_by
from kkt_unlearning.kkt.point import KKTPoint
from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.studies.case import Case
from kkt_unlearning.studies.tables import Row
from kkt_unlearning.unlearning.ascent import STARTS, unlearn

NOTHING, RETRAINED = "nothing", "retrained"
MODELS = (NOTHING, *METHODS, RETRAINED)


def reconstruction_rows(
    point: KKTPoint,
    trained: np.ndarray,
    forget: Sequence[int],
    retrained: Mapping[str, np.ndarray],
    solver: Solver,
) -> Iterator[Row]:
    """A row for each start and each of ``MODELS``, all of smallest margin 1 on what they were trained on.

    Args:
        point: on all samples, in span coordinates (:mod:`kkt_unlearning.training.span`).
        trained: weights ``(n, k)`` that training ended with.
        retrained: by start, the network trained without the forget set, ``(n, k)``.
    """
    problem = point.problem
    theirs = float(overlap(problem, forget).max())
    for start in STARTS:
        step = unlearn(
            point, forget, trained=trained if start == "trained" else None, allow_idle=True
        )
        networks = {NOTHING: step.start, RETRAINED: retrained[start]}
        networks |= {method: weights_by(method, step, solver) for method in METHODS}
        for model in MODELS:
            W, X = networks[model], problem.X[list(forget)]  # the last coordinate: outside the span
            yield {
                "forget": "+".join(map(str, forget)),
                "forget_size": len(forget),
                "start": start,
                "model": model,
                "both_miss": difference_miss(step.start, W, X),
                "alone": _alone(problem, W, X),
                "overlap": theirs,
                "remaining": remaining(problem, step.start, W, forget),
                "multiplier": fitted_share(problem, W, step.point.multipliers, forget, solver),
            }


def _alone(problem: Problem, W: np.ndarray, X: np.ndarray) -> float:
    """The best match of any forgotten sample, in span coordinates."""
    outside = np.abs(W[:, -1])
    return float(neuron_match(W[:, :-1], problem.output_weights, X[:, :-1], outside).max())


def reconstruction(case: Case) -> Iterator[Row]:
    """Measure ``reconstruction`` of one replicate."""
    arrays, problem = case.arrays, case.point.problem
    for f, forget in enumerate(case.forget_sets):
        again = arrays["retrained_trained"][f]
        gamma = problem.retain(forget).margins(again).min()
        retrained = {"exact": arrays["retrained"][f], "trained": again / gamma}
        for row in reconstruction_rows(
            case.point, arrays["trained"], forget, retrained, case.solver
        ):
            yield {"seed": case.s} | row
