"""The least ε of an (ε, δ)-approximate KKT point, for a given δ.

``docs/theory.md``, section 6.
"""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.clarke import ROUND_OFF, fit_multipliers
from kkt_unlearning.convex import ConvexSolver
from kkt_unlearning.errors import DataError
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


def smallest_margin(q: np.ndarray) -> float:
    """``γ = min_i q_i``, or 0 where it is not above round-off, so that θ/γ has a meaning if it is not 0."""
    smallest = float(q.min())
    return smallest if smallest > ROUND_OFF * float(q.max()) else 0.0


def least_epsilon(
    problem: Problem,
    W: np.ndarray,
    delta: float = np.inf,
    kinks: np.ndarray | None = None,
    solver: ConvexSolver | None = None,
) -> ApproximateKKT:
    """``ε*(δ) = min ‖θ/γ − Σ_i λ_i y_i g_i‖`` over ``0 ≤ λ_i ≤ δ/(q_i/γ − 1)``, ``a_ji ∈ [0, 1]`` on kinks.

    Args:
        problem: the problem on the retained samples.
        W: weights ``(n, k)``; only their direction matters.
        delta: δ ≥ 0, the allowed complementary slackness; infinite means any.
        kinks: boolean ``(n, m)``, pre-activations that count as 0 and whose derivative is free
            (Clarke); without it every derivative is automatic differentiation's 0 or 1.

    Raises:
        DataError: ``delta < 0``.
        SolverError: the solver's status is not optimal.
    """
    if not delta >= 0:
        raise DataError(f"delta = {delta}: allowed are numbers >= 0 or infinity; raise it.")
    q = problem.margins(W)
    gamma, norm = smallest_margin(q), float(np.linalg.norm(W))
    if not gamma:
        return ApproximateKKT(np.inf, np.inf, np.inf, np.full(problem.samples, np.nan))
    # The programs are solved for θ of norm 1: near γ = 0 the feasible scale would be far from it.
    excess, scale = q / gamma - 1.0, norm / gamma
    bounds = np.divide(delta / scale, excess, out=np.full_like(q, np.inf), where=excess > ROUND_OFF)
    kinks = np.zeros((len(W), len(q)), bool) if kinks is None else kinks
    fit = fit_multipliers(problem, W / norm, kinks, bounds, solver or ConvexSolver())
    multipliers = scale * fit.multipliers
    slack = float((multipliers * excess).max())
    return ApproximateKKT(fit.residual * scale, fit.residual, slack, multipliers)
