"""Exact KKT points of the problems that are left without some samples, next to the point of all samples.

``docs/theory.md``, section 6.5.
"""

from collections.abc import Sequence

import numpy as np

from kkt_unlearning.kkt.point import PIVOTS, KKTPoint, kkt_points
from kkt_unlearning.problem import kept
from kkt_unlearning.quadratic.solver import Solver


def retained_kkt_points(
    point: KKTPoint,
    forget_sets: Sequence[Sequence[int]],
    solver: Solver | None = None,
    pivots: int = PIVOTS,
    patterns: Sequence[np.ndarray] | None = None,
) -> list[KKTPoint]:
    """An exact KKT point of each retained problem, found from the activation pattern of ``point``.

    The cell of that pattern holds the restored network θ̃ whatever the size of the step, so this is
    the KKT point to compare with; a nearer one may exist elsewhere, so τ* is an upper bound. The
    multipliers of ``point`` without the forgotten ones are where the solver starts.

    Args:
        point: exact KKT point on all samples.
        forget_sets: F sets of indices.
        patterns: activations ``A (n, m)`` to start from instead, one array a forget set.

    Raises:
        DataError: a bad forget set.
        NotSeparableError, SolverError, NotConvergedError: see
            :func:`kkt_unlearning.kkt.point.kkt_point`.
    """
    keep = kept(point.problem.samples, forget_sets)
    sides = [point.pattern] * len(keep) if patterns is None else patterns
    return kkt_points(
        [point.problem.retain(forget) for forget in forget_sets],
        [side[:, row] for side, row in zip(sides, keep, strict=True)],
        solver,
        pivots,
        [(point.multipliers[row], point.clarke[:, row]) for row in keep],
    )
