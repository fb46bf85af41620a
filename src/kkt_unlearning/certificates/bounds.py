"""Instance-wise bounds on the certificate at τ = 0, computed from the KKT point before the step.

Every function works on a batch: ``keep (…, m)`` says which samples are retained, and the leading axes of
all arguments broadcast. ``docs/theory.md``, section 6 (statement and proof).
"""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.backends import WORK_ARRAY
from kkt_unlearning.kkt.residuals import stationarity_residual
from kkt_unlearning.problem import Problem


@dataclass(frozen=True)
class Bounds:
    """``ε ≤ (ε₁ + |1 − α| ‖Σ_r λ_r y_r g_r‖ + F) / (1 − ακ)``, ``δ ≤ (δ₁ + 2ακ λ_max) / (1 − ακ)²``, τ = 0.

    Attributes:
        kappa: κ, the most that the prescribed step can move a retained margin.
        flip_term: F, for the scale of the network before the step (smallest margin 1).
        epsilon: the bound on ε; infinite where ``ακ ≥ 1``.
        delta: the bound on δ; infinite likewise.
    """

    kappa: np.ndarray
    flip_term: np.ndarray
    epsilon: np.ndarray
    delta: np.ndarray


def margin_shift(
    problem: Problem, multipliers: np.ndarray, clarke: np.ndarray, keep: np.ndarray
) -> np.ndarray:
    """``κ = max_{i∉R} Σ_{r∈R} λ_r |⟨x_i, x_r⟩| Σ_j u_j² a_jr``; the last sum is 1 for the linear model."""
    reach = multipliers * (problem.output_weights[:, None] ** 2 * clarke).sum(axis=0)
    pushing = np.where(keep, 0.0, reach)
    rows = np.flatnonzero((pushing > 0).reshape(-1, pushing.shape[-1]).any(axis=0))
    size = max(1, WORK_ARRAY // problem.samples)  # of the rows of the Gram matrix at once
    shifts = np.zeros_like(pushing)
    for first in range(0, len(rows), size):
        part = rows[first : first + size]
        shifts += pushing[..., part] @ np.abs(problem.X[part] @ problem.X.T)
    return np.where(keep, shifts, 0.0).max(axis=-1)


def flip_term(
    problem: Problem, multipliers: np.ndarray, before: np.ndarray, after: np.ndarray
) -> np.ndarray:
    """``F = ‖Σ_{j,i} λ_i y_i u_j (a_ji − a'_ji) e_j x_iᵀ‖``, (…,); ``λ (…, m)`` is 0 for what is left out."""
    return np.linalg.norm(problem.combination(multipliers, before - after), axis=(-2, -1))


def bounds(
    problem: Problem,
    W: np.ndarray,
    multipliers: np.ndarray,
    clarke: np.ndarray,
    keep: np.ndarray,
    fraction: np.ndarray | float,
    after: np.ndarray,
) -> Bounds:
    """The bounds for steps of size ``fraction`` (α, shape (…,)) from weights ``W`` of smallest margin 1.

    Args:
        problem: the problem on all samples.
        W: weights ``(n, k)`` before the step, with their multipliers ``(m,)`` and derivatives ``(n, m)``.
        keep: the retained samples, boolean ``(…, m)``.
        after: derivatives ``a' (…, n, m)`` at the unlearned weights.
    """
    kappa = margin_shift(problem, multipliers, clarke, keep)
    slack = multipliers * (problem.margins(W) - 1.0)
    slack = np.maximum(np.where(keep, slack, 0.0).max(axis=-1), 0.0)
    forgotten = np.where(keep, 0.0, multipliers)
    left_over = np.linalg.norm(problem.combination(forgotten, clarke), axis=(-2, -1))
    flips = flip_term(problem, np.where(keep, multipliers, 0.0), clarke, after)
    error = stationarity_residual(problem, W, multipliers, clarke) + flips
    error = error + np.abs(1.0 - fraction) * left_over
    room, largest = 1.0 - fraction * kappa, np.where(keep, multipliers, 0.0).max(axis=-1)
    holds = room > 0
    room = np.where(holds, room, 1.0)
    delta = (slack + 2.0 * fraction * kappa * largest) / room**2
    return Bounds(
        kappa,
        flips,
        epsilon=np.where(holds, error / room, np.inf),
        delta=np.where(holds, delta, np.inf),
    )
