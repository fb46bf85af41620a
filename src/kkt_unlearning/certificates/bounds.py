"""Instance-wise bounds on the certificate at τ = 0, computed from the KKT point before the step.

``docs/theory.md``, section 6 (statement and proof).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kkt_unlearning.kkt import stationarity_residual
from kkt_unlearning.problem import Problem, retained


@dataclass(frozen=True)
class Bounds:
    """``ε ≤ (ε₁ + |1 − α| ‖Σ_r λ_r y_r g_r‖ + F) / (1 − ακ)``, ``δ ≤ (δ₁ + 2ακ λ_max) / (1 − ακ)²``, τ = 0.

    Attributes:
        kappa: κ, the most that the prescribed step can move a retained margin.
        flip_term: F, for the scale of the network before the step (smallest margin 1).
        epsilon: the bound on ε; infinite where ``ακ ≥ 1``.
        delta: the bound on δ; infinite likewise.
    """

    kappa: float
    flip_term: float
    epsilon: float
    delta: float


def margin_shift(
    problem: Problem, multipliers: np.ndarray, clarke: np.ndarray, forget: Sequence[int]
) -> float:
    """``κ = max_{i∉R} Σ_{r∈R} λ_r |⟨x_i, x_r⟩| Σ_j u_j² a_jr`` (the last sum is 1 for the linear model)."""
    keep = retained(problem.samples, forget)
    forget = list(forget)
    reach = multipliers[forget] * (problem.output_weights[:, None] ** 2 * clarke[:, forget]).sum(
        axis=0
    )
    return float((np.abs(problem.gram[np.ix_(keep, forget)]) @ reach).max())


def flip_term(
    problem: Problem, multipliers: np.ndarray, before: np.ndarray, after: np.ndarray
) -> float:
    """``F = ‖Σ_{j,i} λ_i y_i u_j (a_ji − a'_ji) e_j x_iᵀ‖`` over the samples of ``problem``."""
    return float(np.linalg.norm(problem.combination(multipliers, before - after)))


def bounds(
    problem: Problem,
    W: np.ndarray,
    multipliers: np.ndarray,
    clarke: np.ndarray,
    forget: Sequence[int],
    fraction: float,
    after: np.ndarray,
) -> Bounds:
    """The bounds for the step of size ``fraction`` (α) from weights ``W`` of smallest margin 1.

    Args:
        problem: the problem on all samples.
        W: weights ``(n, k)`` before the step, with their multipliers ``(m,)`` and derivatives ``(n, m)``.
        after: derivatives ``a' (n, m)`` at the unlearned weights.
    """
    keep = retained(problem.samples, forget)
    kappa = margin_shift(problem, multipliers, clarke, forget)
    slack = float((multipliers * (problem.margins(W) - 1.0))[keep].max())
    gone = np.zeros_like(multipliers)
    gone[list(forget)] = abs(1.0 - fraction)
    left_over = float(np.linalg.norm(problem.combination(multipliers * gone, clarke)))
    flips = flip_term(problem.retain(forget), multipliers[keep], clarke[:, keep], after[:, keep])
    error = stationarity_residual(problem, W, multipliers, clarke) + left_over + flips
    room = 1.0 - fraction * kappa
    if room <= 0:
        return Bounds(kappa, flips, np.inf, np.inf)
    delta = (max(slack, 0.0) + 2.0 * fraction * kappa * float(multipliers[keep].max())) / room**2
    return Bounds(kappa, flips, error / room, delta)
