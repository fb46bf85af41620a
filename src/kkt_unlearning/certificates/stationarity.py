"""The least ε of an (ε, δ)-approximate KKT point, for a given δ: a convex quadratic program.

``docs/theory.md``, section 6.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from kkt_unlearning.errors import SolverError
from kkt_unlearning.maxmargin.cell import CellSolver
from kkt_unlearning.multipliers import gradient_matrix
from kkt_unlearning.problem import Problem


@dataclass(frozen=True)
class ApproximateKKT:
    """Weights scaled to feasibility, with the multipliers that fit them best.

    Attributes:
        epsilon: ``‖θ/γ − Σ_i λ_i y_i g_i‖``, ``γ = min_i q_i``; infinite where a margin is not positive.
        relative_epsilon: ``epsilon / ‖θ/γ‖``; infinite likewise.
        delta: ``max_i λ_i (q_i/γ − 1)``, the slack that these multipliers leave.
        multipliers: ``λ (m,)``.
    """

    epsilon: float
    relative_epsilon: float
    delta: float
    multipliers: np.ndarray


def least_epsilon(
    problem: Problem,
    W: np.ndarray,
    delta: float = np.inf,
    kinks: np.ndarray | None = None,
    solver: CellSolver | None = None,
) -> ApproximateKKT:
    """``ε*(δ) = min ‖θ/γ − Σ_i λ_i y_i g_i‖`` over ``0 ≤ λ_i ≤ δ/(q_i/γ − 1)`` and ``a_ji ∈ [0, 1]`` on kinks.

    Args:
        problem: the problem on the retained samples.
        W: weights ``(n, k)``; only their direction matters.
        delta: δ ≥ 0, the allowed complementary slackness; infinite means any.
        kinks: boolean ``(n, m)``, pre-activations that count as 0 and whose derivative is free
            (Clarke); without it every derivative is automatic differentiation's 0 or 1.

    Raises:
        SolverError: the solver's status is not optimal.
    """
    q = problem.margins(W)
    gamma, norm = float(q.min()), float(np.linalg.norm(W))
    if not gamma > 0:
        return ApproximateKKT(np.inf, np.inf, np.inf, np.full(problem.samples, np.nan))
    # The programs are solved for θ of norm 1: near γ = 0 the feasible scale would be far from it.
    unit, excess, scale = W / norm, q / gamma - 1.0, norm / gamma
    bounds = np.divide(delta / scale, excess, out=np.full_like(q, np.inf), where=excess > 1e-12)
    pattern = problem.pattern(W)
    if kinks is None or not kinks.any():
        multipliers = _bounded_least_squares(
            gradient_matrix(problem, pattern), unit.ravel(), bounds
        )
        residual = unit - problem.combination(multipliers, pattern)
    else:
        multipliers, residual = _with_kinks(
            problem, unit, pattern, kinks, bounds, solver or CellSolver()
        )
    relative = float(np.linalg.norm(residual))
    multipliers = scale * multipliers
    return ApproximateKKT(
        relative * scale, relative, float((multipliers * excess).max()), multipliers
    )


def _bounded_least_squares(M: np.ndarray, target: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """``argmin ‖M λ − t‖`` over ``0 ≤ λ ≤ upper``, by the small triangular factor of ``M``."""
    from scipy.optimize import lsq_linear

    Q, R = np.linalg.qr(M)
    fit = lsq_linear(
        R, Q.T @ target, bounds=(0.0, np.maximum(upper, 1e-300)), method="bvls", tol=1e-14
    )
    if not fit.success:
        raise SolverError(
            f"bounded least squares: {fit.message}; the data may be too ill-conditioned."
        )
    return np.clip(fit.x, 0.0, upper)


def _with_kinks(
    problem: Problem,
    W: np.ndarray,
    pattern: np.ndarray,
    kinks: np.ndarray,
    bounds: np.ndarray,
    solver: CellSolver,
) -> tuple[np.ndarray, np.ndarray]:
    """Multipliers and residual ``(n, k)`` with ``b_ji = λ_i a_ji ∈ [0, λ_i]`` free on the kinks."""
    import cvxpy as cp

    j, i = np.nonzero(kinks)
    fixed = gradient_matrix(problem, pattern * ~kinks)
    free = _kink_columns(problem, j, i)
    multipliers, b = cp.Variable(problem.samples, nonneg=True), cp.Variable(len(j), nonneg=True)
    residual = W.ravel() - fixed @ multipliers - free @ b
    finite = np.flatnonzero(np.isfinite(bounds))
    constraints = [b <= multipliers[i]]
    if finite.size:
        constraints.append(multipliers[finite] <= bounds[finite])
    program = cp.Problem(cp.Minimize(cp.sum_squares(residual)), constraints)
    program.solve(solver=solver.solver, **solver.options())
    if program.status != "optimal":
        raise SolverError(
            f"solver = {solver.solver}: status {program.status!r} for the least epsilon where only "
            "'optimal' is accepted; loosen the tolerance or choose another solver."
        )
    fitted = np.clip(multipliers.value, 0.0, bounds)
    shares = np.clip(b.value, 0.0, fitted[i])
    return fitted, (W.ravel() - fixed @ fitted - free @ shares).reshape(W.shape)


def _kink_columns(problem: Problem, j: np.ndarray, i: np.ndarray) -> sp.csc_array:
    """Columns ``y_i u_j e_j ⊗ x_i``, one for each kink, ``(n k, number of kinks)``."""
    k = problem.X.shape[1]
    values = problem.signs[j, i][:, None] * problem.X[i]
    rows = j[:, None] * k + np.arange(k)
    starts = np.arange(len(j) + 1) * k
    return sp.csc_array(
        (values.ravel(), rows.ravel(), starts), shape=(problem.network.width * k, len(j))
    )
