"""The exact dual downdate: the max-margin problem of the retain set solved from the unlearned network."""

from collections.abc import Sequence

import numpy as np

from kkt_unlearning.kkt.point import PIVOTS, KKTPoint
from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.quadratic.solver import Solver


def downdate(
    point: KKTPoint,
    W: np.ndarray,
    forget_sets: Sequence[Sequence[int]],
    solver: Solver | None = None,
    pivots: int = PIVOTS,
) -> list[KKTPoint]:
    """The exact KKT point of each retained problem in the cell of the unlearned weights: (0, 0, 0).

    Args:
        point: exact KKT point on all samples.
        W: unlearned weights ``(F, n, k)``, of which only the activations matter.
        forget_sets: F sets of indices.

    Raises:
        DataError: a bad forget set.
        NotSeparableError, SolverError, NotConvergedError: see
            :func:`kkt_unlearning.kkt.point.kkt_point`.
    """
    patterns = [point.problem.pattern(w) for w in W]
    return retained_kkt_points(point, forget_sets, solver, pivots, patterns)
