"""The max-margin problem as it is written, solved by cvxpy: its dual values are the multipliers.

The linear model's is ``min ½‖w‖²`` s.t. ``y_i ⟨w, x_i⟩ ≥ 1``; that of a network is the problem of its cell,
``kkt_unlearning.kkt.cell``, with ``z_ji ≥ 0``, ``z_ji ≥ ⟨w_j, x_i⟩`` for the ``max(0, ⟨w_j, x_i⟩)`` of pairs
that oppose. ``docs/theory.md``, section 5.7.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from kkt_unlearning.errors import SolverError
from kkt_unlearning.kkt.cell import alike
from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.hard_margin import coordinates
from kkt_unlearning.quadratic.reference import cvxpy, solved_status


@dataclass(frozen=True)
class DualValues:
    """Dual values of the margins ``q_i ≥ 1``, as cvxpy returned them.

    Attributes:
        multipliers: ``λ (m,)``; 0 for samples that were left out.
        clarke: ``a (n, m)``, those that make ``λ_i y_i u_j a_ji`` the coefficients of the weights.
        support: boolean ``(m,)``: samples that these values say have a multiplier, ``λ_i‖x_i‖² > q_i − 1``.
        status: what cvxpy says of its answer, ``optimal`` or ``optimal_inaccurate``.
    """

    multipliers: np.ndarray
    clarke: np.ndarray
    support: np.ndarray
    status: str


def dual_values(
    problem: Problem, pattern: np.ndarray, chosen: np.ndarray, tolerance: float
) -> DualValues:
    """The dual values of the max-margin problem in the cell of ``pattern (n, m)``.

    It is stated in the coordinates of the span, for one neuron of each class (``kkt_unlearning.kkt.classes``)
    and in units of the longest sample.

    Args:
        chosen: boolean ``(m,)``: the samples whose activations make the cell. Others are left out.
        tolerance: gap and feasibility asked of Clarabel.

    Raises:
        DataError: cvxpy is not installed.
        SolverError: it finds no optimum.
    """
    m, d = chosen.sum(), problem.X.shape[-1]
    X = problem.X[chosen]
    X = X if d <= m else coordinates(X, X @ X.T)
    scale = np.sqrt((X**2).sum(axis=1).max())
    X, signs, A = X / scale, problem.signs[:, chosen], pattern[:, chosen]
    multipliers, support = np.zeros((2, problem.samples))
    clarke = np.array(pattern, dtype=float)
    if problem.network.has_kinks:
        group = alike(Problem(problem.network, X, problem.y[chosen]), A)
        v = group.condensed(signs)
        found, q, C, status = _of_cell(X, v, A[group.first] > 0, tolerance)
        scaled = found * v
        derivative = np.divide(C, scaled, out=A[group.first].astype(float), where=scaled != 0)
        clarke[:, chosen] = derivative[group.member]
    else:
        found, q, status = _of_hard_margin(X, problem.y[chosen], tolerance)
    multipliers[chosen] = found / scale**2
    support[chosen] = found * (X**2).sum(axis=1) > q - 1.0
    return DualValues(multipliers, clarke, support > 0, status)


def _of_hard_margin(
    X: np.ndarray, y: np.ndarray, tolerance: float
) -> tuple[np.ndarray, np.ndarray, str]:
    """``λ (m,)``, the margins ``q (m,)``, and cvxpy's status."""
    cp = cvxpy()
    w = cp.Variable(X.shape[1])
    q = cp.multiply(y, X @ w)
    margins = q >= 1
    status = _solve(cp.Problem(cp.Minimize(0.5 * cp.sum_squares(w)), [margins]), tolerance)
    return margins.dual_value, q.value, status


def _of_cell(
    X: np.ndarray, v: np.ndarray, A: np.ndarray, tolerance: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, str]:
    """``λ (m,)``, the margins ``q (m,)``, the coefficients ``C (n, m)``, and cvxpy's status.

    Args:
        v: ``y_i u_j (n, m)``; A: activations, boolean ``(n, m)``.
    """
    cp = cvxpy()
    supporting, opposing = v > 0, v < 0
    side = np.where(A, 1.0, -1.0)[supporting]

    W = cp.Variable((len(v), X.shape[1]))
    P = W @ X.T
    q = cp.sum(cp.multiply(v * (supporting & A), P), axis=0)
    sides = cp.multiply(side, P[supporting]) >= 0
    constraints = [sides]
    if opposing.any():
        z = cp.Variable(int(opposing.sum()), nonneg=True)
        above = z >= P[opposing]
        q = q + _sums(v, opposing) @ z
        constraints.append(above)
    margins = q >= 1
    program = cp.Problem(cp.Minimize(0.5 * cp.sum_squares(W)), [margins, *constraints])
    status = _solve(program, tolerance)

    C = margins.dual_value * v * (supporting & A)
    C[supporting] += side * sides.dual_value
    if opposing.any():
        C[opposing] = -above.dual_value
    return margins.dual_value, q.value, C, status


def _sums(v: np.ndarray, opposing: np.ndarray) -> sp.csr_array:
    """z of all opposing pairs to ``Σ_j v_ji z_ji`` of each sample."""
    sample = np.nonzero(opposing)[1]
    pairs = np.arange(len(sample))
    return sp.csr_array((v[opposing], (sample, pairs)), shape=(v.shape[1], len(sample)))


def _solve(program: Any, tolerance: float) -> str:
    """Solve in place; an inaccurate answer will do, since it is only where ours starts."""
    status = solved_status(program, tolerance)
    if status not in ("optimal", "optimal_inaccurate"):
        raise SolverError(
            f"solver = cvxpy, tolerance = {tolerance}: status {status!r} of a cell that has an optimum; "
            "set duals.solver to active_set, or make samples that nearly coincide equal, as "
            "numpy.round(X, 6) does."
        )
    return status
