"""The same program by cvxpy: the reference for our own solver, and the arbiter where that gives up.

cvxpy and Clarabel are the extra ``reference``, by far the largest packages; without them there is no arbiter.
"""

import warnings
from importlib.util import find_spec
from typing import Any

import numpy as np
import scipy.sparse as sp

from kkt_unlearning.errors import DataError, SolverError
from kkt_unlearning.quadratic.program import Iterate, Program

SOLVER = "CLARABEL"
EXTRA = "in a checkout of this project, run pip install '.[reference]'"


def installed() -> bool:
    """Whether cvxpy and its solver are there."""
    return find_spec("cvxpy") is not None and find_spec("clarabel") is not None


def solve_by_cvxpy(program: Program, index: int, tolerance: float) -> Iterate | None:
    """The optimum of one program of the batch (NumPy arrays), None where the program is unbounded.

    Args:
        tolerance: absolute and relative gap and feasibility asked of the solver.

    Raises:
        SolverError: any other status than optimal or unbounded.
    """
    cp = cvxpy()
    lower, upper, target = (part[index] for part in (program.lower, program.upper, program.target))
    reward, cap = program.reward[index], program.cap[index]
    fixed = lower == upper
    j, i = np.nonzero(~fixed)
    multipliers, free = cp.Variable(len(reward), nonneg=True), cp.Variable(len(j))
    together, apart = _maps(program.gram[min(index, len(program.gram) - 1)], lower, fixed, j, i)
    image, gain = together @ multipliers, reward + (np.where(fixed, lower, 0.0) * target).sum(0)
    constraints = [multipliers[k] <= cap[k] for k in np.flatnonzero(np.isfinite(cap))]
    if len(j):
        image = image + apart @ free
        constraints += _bounds(free, multipliers, lower[j, i], upper[j, i], i)
    objective = gain @ multipliers + target[j, i] @ free - 0.5 * cp.sum_squares(image)
    if not _solved(cp.Problem(cp.Maximize(objective), constraints), tolerance):
        return None
    found = np.asarray(multipliers.value)
    coefficients = np.where(fixed, lower, 0.0) * found
    coefficients[j, i] = free.value
    return Iterate(found[None], coefficients[None])


def cvxpy() -> Any:
    """The module, a second of import that only a solve should pay.

    Raises:
        DataError: it or Clarabel is not installed.
    """
    if not installed():
        raise DataError(
            f"solver = cvxpy needs cvxpy and clarabel, which are not both installed: {EXTRA}, or choose "
            "active_set."
        )
    import cvxpy as cp

    return cp


def _maps(
    gram: np.ndarray, lower: np.ndarray, fixed: np.ndarray, j: np.ndarray, i: np.ndarray
) -> tuple[np.ndarray, sp.csc_array]:
    """λ and the free coefficients to ``vec(C X)`` for some X with ``X Xᵀ = G``."""
    values, vectors = np.linalg.eigh(gram)
    X = vectors * np.sqrt(np.maximum(values, 0.0))
    k, n = X.shape[1], len(lower)
    together = (np.where(fixed, lower, 0.0)[:, None, :] * X.T).reshape(n * k, -1)
    rows = (j[:, None] * k + np.arange(k)).ravel()
    starts = np.arange(len(j) + 1) * k
    return together, sp.csc_array((X[i].ravel(), rows, starts), shape=(n * k, len(j)))


def _bounds(
    free: Any, multipliers: Any, lower: np.ndarray, upper: np.ndarray, sample: np.ndarray
) -> list[Any]:
    cp = cvxpy()
    below, above = np.flatnonzero(np.isfinite(lower)), np.flatnonzero(np.isfinite(upper))
    return [
        free[below] >= cp.multiply(lower[below], multipliers[sample[below]]),
        free[above] <= cp.multiply(upper[above], multipliers[sample[above]]),
    ]


def _solved(program: Any, tolerance: float) -> bool:
    """Solve in place; whether there is an optimum."""
    status = solved_status(program, tolerance)
    if status in ("unbounded", "unbounded_inaccurate"):
        return False
    if status != "optimal":
        raise SolverError(
            f"solver = cvxpy, tolerance = {tolerance}: status {status!r} where only 'optimal' is "
            "accepted; loosen the tolerance or check that the data can be separated by a clear margin."
        )
    return True


def solved_status(program: Any, tolerance: float) -> str:
    """Solve a problem of cvxpy in place, to this gap and feasibility; its status.

    Raises:
        SolverError: Clarabel broke down.
    """
    cp = cvxpy()
    options = dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), tolerance)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # an inaccurate status is told
            program.solve(solver=SOLVER, **options)
    except cp.error.SolverError as error:
        raise SolverError(
            f"solver = cvxpy: {SOLVER} failed ({error}); set duals.solver to active_set."
        ) from error
    return str(program.status)
