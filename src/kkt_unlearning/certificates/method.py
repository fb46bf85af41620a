"""The networks that a user may ask for: after the step, restored, or by the dual downdate.

``docs/theory.md``, sections 5 and 6.
"""

import numpy as np

from kkt_unlearning.certificates.restore import Restored, restore
from kkt_unlearning.errors import DataError
from kkt_unlearning.kkt.point import KKTPoint
from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.problem import kept
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.unlearning.ascent import Unlearned

METHODS = ("step", "restored", "downdate")


def check_method(method: str, fraction: float = 1.0) -> None:
    """Check that the method is one of ``METHODS``, and for the downdate that the fraction is 1.

    Raises:
        DataError: it is not.
    """
    if method not in METHODS:
        raise DataError(
            f"method = {method!r}: allowed are {', '.join(METHODS)}; choose one of them."
        )
    if method == "downdate" and fraction != 1:
        raise DataError(
            f"fraction = {fraction}: allowed is 1 with the method downdate, which is exact and has no size; "
            "leave it out, in the command --step."
        )


def restored(unlearned: Unlearned) -> Restored:
    """``θ̃``: θ' put back into the closed activation cell of the exact point, at the retained samples."""
    point = unlearned.point
    (keep,) = kept(point.problem.samples, [unlearned.forget])
    return restore(point.problem, unlearned.W, point.pattern, point.kinks, keep & point.of_cell)


def downdated(unlearned: Unlearned, solver: Solver | None = None) -> KKTPoint:
    """θ*, the exact KKT point of the retained problem from the activations before the step: (0, 0, 0).

    The cell of these activations holds weights with margin 1 on every retained sample, those of the exact
    point; the cell of θ' need not. For the linear model it is the decremental support vector machine.

    Raises:
        SolverError, NotConvergedError: see :func:`kkt_unlearning.kkt_point`.

    Reference: Cauwenberghs and Poggio, *Incremental and Decremental Support Vector Machine Learning*,
    NeurIPS 2000; ``docs/theory.md``, section 6.5.
    """
    (found,) = retained_kkt_points(unlearned.point, [unlearned.forget], solver)
    return found


def weights_by(method: str, unlearned: Unlearned, solver: Solver | None = None) -> np.ndarray:
    """Weights ``(n, k)``: θ' itself, θ̃ by :func:`restored`, or those of :func:`downdated`.

    Raises:
        DataError: an unknown method, or a fraction of the downdate.
        SolverError, NotConvergedError: of the downdate.
    """
    check_method(method, unlearned.fraction)
    if method == "step":
        return unlearned.W
    return restored(unlearned).W if method == "restored" else downdated(unlearned, solver).W
