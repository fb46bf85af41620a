"""The max-margin problem in one activation cell, a convex quadratic program, by cvxpy.

In the closed cell of an activation pattern ``A ∈ {0, 1}^{n×m}`` the network is linear in its weights:

    min ½ Σ_j ‖w_j‖²   s.t.   y_i Σ_j u_j A_ji ⟨w_j, x_i⟩ ≥ 1   (dual λ_i)
                              s_ji ⟨w_j, x_i⟩ ≥ 0,  s = 2A − 1   (dual ν_ji)

The linear model is the case n = 1 without the sign constraints: the hard-margin SVM.
``docs/theory.md``, section 5.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from kkt_unlearning.convex import ConvexSolver
from kkt_unlearning.errors import NotSeparableError
from kkt_unlearning.problem import Problem


@dataclass(frozen=True)
class CellSolution:
    """Primal and dual optimum in one cell.

    Attributes:
        W: weights ``(n, k)``.
        multipliers: ``λ (m,)`` of the margins.
        sign_multipliers: ``ν (n, m)`` of the signs (0 for the linear model).
        gap: ``½‖W‖² − (Σ_i λ_i − ½‖Σ_i c_i x_iᵀ‖²)``, relative to the primal value.
    """

    W: np.ndarray
    multipliers: np.ndarray
    sign_multipliers: np.ndarray
    gap: float


def coefficients(
    problem: Problem, pattern: np.ndarray, multipliers: np.ndarray, sign_multipliers: np.ndarray
) -> np.ndarray:
    """``C_ji = λ_i y_i u_j A_ji + s_ji ν_ji`` of the stationary weights ``W = C X``, shape (n, m)."""
    return multipliers * problem.signs * pattern + (2.0 * pattern - 1.0) * sign_multipliers


def solve_cell(
    problem: Problem, pattern: np.ndarray, solver: ConvexSolver | None = None
) -> CellSolution:
    """Solve the max-margin problem in the closed cell of ``pattern (n, m)``.

    Raises:
        NotSeparableError: no weights in the cell reach margin 1 on every sample.
        SolverError: the solver returned any other status than optimal.
    """
    import cvxpy as cp

    solver = solver or ConvexSolver()
    rows = _neuron_rows(problem)
    margin_rows = _margin_rows(problem, pattern)
    w = cp.Variable(margin_rows.shape[1])
    constraints = [margin_rows @ w >= 1]
    if problem.network.has_kinks:
        constraints.append(sp.diags((2.0 * pattern - 1.0).ravel()) @ rows @ w >= 0)
    program = cp.Problem(cp.Minimize(0.5 * cp.sum_squares(w)), constraints)
    if not solver.solve(program):
        raise NotSeparableError(_infeasible(problem))
    signs = constraints[1].dual_value if problem.network.has_kinks else np.zeros(pattern.size)
    W = w.value.reshape(pattern.shape[0], -1)
    multipliers = np.maximum(constraints[0].dual_value, 0.0)
    sign_multipliers = np.maximum(signs, 0.0).reshape(pattern.shape)
    stationary = coefficients(problem, pattern, multipliers, sign_multipliers) @ problem.X
    primal, dual = 0.5 * (W**2).sum(), multipliers.sum() - 0.5 * (stationary**2).sum()
    return CellSolution(W, multipliers, sign_multipliers, float(abs(primal - dual) / primal))


def _neuron_rows(problem: Problem) -> sp.csr_array:
    """The map ``vec W ↦ vec P`` (both row by row), ``(n m, n k)``."""
    return sp.kron(sp.eye_array(problem.network.width), problem.X, format="csr")


def _margin_rows(problem: Problem, pattern: np.ndarray) -> np.ndarray:
    """The map ``vec W ↦ q`` inside the cell, ``(m, n k)``."""
    weights = (problem.signs * pattern).T[:, :, None] * problem.X[:, None, :]
    return weights.reshape(problem.samples, -1)


def _infeasible(problem: Problem) -> str:
    data = f"{problem.samples} samples, {problem.network.width} neuron(s): no weights"
    remedy = "use data that this network can separate (fewer samples, more dimensions or neurons)."
    if problem.network.has_kinks:  # says nothing about other cells, where no training has led
        return (
            f"{data} with these activations reach margin 1 on every sample, so the cell holds no KKT point; "
            f"start from a network that classifies all samples, or {remedy}"
        )
    return f"{data} reach margin 1 on every sample, so there is no KKT point; {remedy}"
