"""The multipliers and Clarke derivatives that fit given weights best: a convex quadratic program.

With ``b_ji = λ_i a_ji`` on the kinks the stationarity residual is affine in ``(λ, b)``, and
``a_ji ∈ [0, 1]`` reads ``0 ≤ b_ji ≤ λ_i``. ``docs/theory.md``, section 6.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from kkt_unlearning.convex import ConvexSolver
from kkt_unlearning.errors import SolverError
from kkt_unlearning.multipliers import gradient_matrix
from kkt_unlearning.problem import Problem

# A solver leaves an absolute error in the square: √1e-9 = 3e-5 in a residual near 0, divided by this factor.
# (The norm itself as the objective is as exact, but at residual 0 solvers end "inaccurate".)
_MAGNIFY = 1e4

ROUND_OFF = 1e-9  # what counts as 0 of a margin's excess or a multiplier's bound


@dataclass(frozen=True)
class ClarkeFit:
    """``min ‖θ − Σ_i λ_i y_i g_i‖`` over ``0 ≤ λ ≤ bounds`` and ``g_i`` in the Clarke sub-differential.

    Attributes:
        multipliers: ``λ (m,)``.
        clarke: ``a (n, m)``; the pattern off the kinks.
        residual: the minimum.
    """

    multipliers: np.ndarray
    clarke: np.ndarray
    residual: float


def fit_multipliers(
    problem: Problem,
    W: np.ndarray,
    kinks: np.ndarray,
    bounds: np.ndarray,
    solver: ConvexSolver,
) -> ClarkeFit:
    """The best fit at weights ``W (n, k)`` with free derivatives on ``kinks (n, m)``; ``bounds (m,)`` on λ.

    The fit with 0/1 derivatives is feasible too and is returned where the solver comes no nearer.

    Raises:
        SolverError: the solver's status is not optimal.
    """
    used = bounds > ROUND_OFF  # a multiplier that may not be larger than this is 0
    multipliers, clarke = np.zeros(problem.samples), problem.pattern(W)
    if used.any():
        part = Problem(problem.network, problem.X[used], problem.y[used])
        fit = _best(part, W, kinks[:, used], bounds[used], solver)
        multipliers[used], clarke[:, used] = fit.multipliers, fit.clarke
    return _fit(problem, W, multipliers, clarke)


def _best(
    problem: Problem, W: np.ndarray, kinks: np.ndarray, bounds: np.ndarray, solver: ConvexSolver
) -> ClarkeFit:
    pattern = problem.pattern(W)
    multipliers = _bounded_least_squares(gradient_matrix(problem, pattern), W.ravel(), bounds)
    fits = [_fit(problem, W, multipliers, pattern)]
    if kinks.any():
        fits.append(_with_kinks(problem, W, pattern, kinks, bounds, solver))
    return min(fits, key=lambda fit: fit.residual)


def _fit(problem: Problem, W: np.ndarray, multipliers: np.ndarray, clarke: np.ndarray) -> ClarkeFit:
    residual = float(np.linalg.norm(W - problem.combination(multipliers, clarke)))
    return ClarkeFit(multipliers, clarke, residual)


def _bounded_least_squares(M: np.ndarray, target: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """``argmin ‖M λ − t‖`` over ``0 ≤ λ ≤ upper``, by the small triangular factor of ``M``."""
    from scipy.optimize import lsq_linear

    Q, R = np.linalg.qr(M)
    fit = lsq_linear(R, Q.T @ target, bounds=(0.0, upper), method="bvls", tol=1e-14)
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
    solver: ConvexSolver,
) -> ClarkeFit:
    """Without the upper bounds first: where the optimum keeps them anyway it is the optimum with them, and
    bounds of very different sizes cost an interior-point solver its last digits."""
    j, i = np.nonzero(kinks)
    fixed, free = gradient_matrix(problem, pattern * ~kinks), _kink_columns(problem, j, i)
    for upper in (np.full_like(bounds, np.inf), bounds):
        multipliers, b = _kink_program(W.ravel(), fixed, free, i, upper, solver)
        if (multipliers <= bounds).all():
            break
    multipliers = np.clip(multipliers, 0.0, bounds)
    share = np.divide(b, multipliers[i], out=np.zeros_like(b), where=multipliers[i] > 0)
    clarke = pattern * ~kinks
    clarke[j, i] = np.clip(share, 0.0, 1.0)
    return _fit(problem, W, multipliers, clarke)


def _kink_program(
    target: np.ndarray,
    fixed: np.ndarray,
    free: sp.csc_array,
    sample: np.ndarray,
    upper: np.ndarray,
    solver: ConvexSolver,
) -> tuple[np.ndarray, np.ndarray]:
    """``argmin ‖t − fixed λ − free b‖`` over ``0 ≤ λ ≤ upper``, ``0 ≤ b ≤ λ[sample]``."""
    import cvxpy as cp

    multipliers, b = cp.Variable(len(upper), nonneg=True), cp.Variable(len(sample), nonneg=True)
    constraints = [b <= multipliers[sample]]
    finite = np.flatnonzero(np.isfinite(upper))
    if finite.size:
        constraints.append(multipliers[finite] <= upper[finite])
    residual = target - fixed @ multipliers - free @ b
    solver.solve(cp.Problem(cp.Minimize(cp.sum_squares(_MAGNIFY * residual)), constraints))
    return multipliers.value, b.value


def _kink_columns(problem: Problem, j: np.ndarray, i: np.ndarray) -> sp.csc_array:
    """Columns ``y_i u_j e_j ⊗ x_i``, one for each kink, ``(n k, number of kinks)``."""
    k = problem.X.shape[1]
    values = problem.signs[j, i][:, None] * problem.X[i]
    rows = j[:, None] * k + np.arange(k)
    starts = np.arange(len(j) + 1) * k
    shape = (problem.network.width * k, len(j))
    return sp.csc_array((values.ravel(), rows.ravel(), starts), shape=shape)
