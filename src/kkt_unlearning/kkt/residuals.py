"""The KKT conditions of the max-margin problem, each measured by itself.

Paper: Section 2.1 and Definition of approximate KKT points; ``docs/theory.md``, section 1.
"""

from dataclasses import asdict, dataclass

import numpy as np

from kkt_unlearning.precision import TINY
from kkt_unlearning.problem import Problem


@dataclass(frozen=True)
class KKTResiduals:
    """The four KKT residuals, and whether the derivatives used lie in the Clarke sub-differential.

    None has a unit: with X → cX, W → W/c and λ → λ/c² each stays as it is.

    Attributes:
        stationarity: ``‖θ − Σ_i λ_i y_i g_i‖ / ‖θ‖``.
        primal_feasibility: ``max(0, 1 − min_i q_i)``, in units of the margin.
        dual_feasibility: ``max(0, −min_i λ_i) / max_i |λ_i|``.
        complementary_slackness: ``max_i |λ_i (q_i − 1)| / Σ_i |λ_i|``; at a KKT point ``Σ_i λ_i = ‖θ‖²``.
        subgradient: the largest distance of ``a_ji`` from the sub-differential of the ReLU at ``P_ji``.
    """

    stationarity: float
    primal_feasibility: float
    dual_feasibility: float
    complementary_slackness: float
    subgradient: float

    @property
    def worst(self) -> float:
        """The largest of them."""
        return max(asdict(self).values())


def stationarity_residual(
    problem: Problem, W: np.ndarray, multipliers: np.ndarray, clarke: np.ndarray
) -> float:
    """``‖θ − Σ_i λ_i y_i g_i‖`` (not divided by anything); ``W (n, k)``, ``λ (m,)``, ``a (n, m)``."""
    return float(np.linalg.norm(W - problem.combination(multipliers, clarke)))


def kkt_residuals(
    problem: Problem,
    W: np.ndarray,
    multipliers: np.ndarray,
    clarke: np.ndarray,
    kinks: np.ndarray | None = None,
) -> KKTResiduals:
    """The residuals at weights ``W (n, k)`` with multipliers ``λ (m,)`` and derivatives ``a (n, m)``.

    Args:
        kinks: boolean ``(n, m)``: pre-activations that count as 0 (default: none does).
    """
    q = problem.margins(W)
    norm = float(np.linalg.norm(W))
    return KKTResiduals(
        stationarity=stationarity_residual(problem, W, multipliers, clarke) / norm
        if norm
        else np.inf,
        primal_feasibility=float(np.maximum(0.0, 1.0 - q.min())),
        dual_feasibility=float(np.maximum(0.0, -multipliers.min()))
        / max(float(np.abs(multipliers).max()), TINY),
        complementary_slackness=float(np.abs(multipliers * (q - 1.0)).max())
        / max(float(np.abs(multipliers).sum()), TINY),
        subgradient=_subgradient_distance(problem, W, clarke, kinks),
    )


def _subgradient_distance(
    problem: Problem, W: np.ndarray, clarke: np.ndarray, kinks: np.ndarray | None
) -> float:
    pattern = problem.pattern(W)
    kinks = np.zeros(clarke.shape, bool) if kinks is None else kinks
    low, high = np.where(kinks, 0.0, pattern), np.where(kinks, 1.0, pattern)
    return float(np.maximum(low - clarke, clarke - high).clip(0.0).max())
