"""The exact dual downdate: the max-margin problem of the retain set solved from the unlearned network."""

from collections.abc import Sequence

import numpy as np

from kkt_unlearning.kkt.point import KKTPoint, kkt_points
from kkt_unlearning.problem import kept
from kkt_unlearning.quadratic.solver import Solver


def downdate(
    point: KKTPoint,
    W: np.ndarray,
    forget_sets: Sequence[Sequence[int]],
    solver: Solver | None = None,
    pivots: int = 50,
) -> list[KKTPoint]:
    """The exact KKT point of each retained problem in the cell of the unlearned weights: (0, 0, 0).

    The multipliers of ``point`` without the forgotten ones are where the solver starts.

    Args:
        point: exact KKT point on all samples.
        W: unlearned weights ``(F, n, k)``, of which only the activations matter.
        forget_sets: F sets of indices.

    Raises:
        DataError: a bad forget set.
        NotSeparableError, SolverError, NotConvergedError: see
            :func:`kkt_unlearning.kkt.point.kkt_point`.
    """
    problem = point.problem
    keep = kept(problem.samples, forget_sets)
    return kkt_points(
        [problem.retain(forget) for forget in forget_sets],
        [problem.pattern(w)[:, row] for w, row in zip(W, keep, strict=True)],
        solver,
        pivots,
        [(point.multipliers[row], point.clarke[:, row]) for row in keep],
    )
