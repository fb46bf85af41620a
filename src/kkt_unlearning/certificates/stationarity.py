"""The least ε of an (ε, δ)-approximate KKT point, for a given δ.

``docs/theory.md``, section 6.
"""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.errors import DataError
from kkt_unlearning.kkt.clarke import fit_multipliers
from kkt_unlearning.problem import Problem, smallest_margin
from kkt_unlearning.quadratic.solver import SOLVED, Solver


@dataclass(frozen=True)
class ApproximateKKT:
    """Weights scaled to feasibility, with the multipliers that fit them best; leading axes are a batch.

    Attributes:
        epsilon: ``‖θ/γ − Σ_i λ_i y_i g_i‖``, ``γ = min_i q_i``; infinite where a margin is not positive.
        relative_epsilon: ``epsilon / ‖θ/γ‖``; infinite likewise.
        delta: ``max_i λ_i (q_i/γ − 1)``, the slack that these multipliers leave, in units of λ.
        relative_delta: ``delta`` over :func:`mean_multiplier`, without units; infinite as ``epsilon`` is.
        multipliers: ``λ (…, m)``; clarke: the derivatives ``a (…, n, m)`` beside them.
    """

    epsilon: np.ndarray
    relative_epsilon: np.ndarray
    delta: np.ndarray
    relative_delta: np.ndarray
    multipliers: np.ndarray
    clarke: np.ndarray


def mean_multiplier(problem: Problem, W: np.ndarray, keep: np.ndarray | bool = True) -> np.ndarray:
    """``‖θ/γ‖² / |I|``: the mean of λ over the retained samples I at a KKT point of norm ``‖θ/γ‖``, (…,).

    There ``Σ_i λ_i = ‖θ‖²``. It has the units of λ and of δ, and needs no multipliers. Infinite where a
    retained margin is not positive.

    Args:
        problem: the problem, on the retained samples or on all.
        W: weights ``(…, n, k)``; only their directions matter.
        keep: boolean ``(…, m)``, the retained samples; by default all.

    ``docs/theory.md``, section 6.1.
    """
    problem, W = problem.double, np.asarray(W, dtype=float)
    q = problem.margins(W)
    gamma, norm = smallest_margin(problem, W, q, keep), np.linalg.norm(W, axis=(-2, -1))
    return _mean_multiplier(_feasible_norm(norm, gamma), np.broadcast_to(keep, q.shape))


def _feasible_norm(norm: np.ndarray, gamma: np.ndarray) -> np.ndarray:
    """``‖θ/γ‖``; infinite where γ is not positive."""
    separates = gamma > 0
    return np.where(separates, norm / np.where(separates, gamma, 1.0), np.inf)


def _mean_multiplier(scale: np.ndarray, keep: np.ndarray) -> np.ndarray:
    return scale**2 / keep.sum(axis=-1)


def least_epsilon(
    problem: Problem,
    W: np.ndarray,
    delta: float | np.ndarray = np.inf,
    kinks: np.ndarray | None = None,
    solver: Solver | None = None,
    *,
    keep: np.ndarray | None = None,
    guess: tuple[np.ndarray, np.ndarray] | None = None,
) -> ApproximateKKT:
    """``ε*(δ) = min ‖θ/γ − Σ_i λ_i y_i g_i‖`` over ``0 ≤ λ_i ≤ δ/(q_i/γ − 1)``, ``a_ji ∈ [0, 1]`` on kinks.

    Args:
        problem: the problem, on the retained samples or on all.
        W: weights ``(…, n, k)``; only their directions matter.
        delta: δ ≥ 0, shape (…,), the allowed complementary slackness; infinite means any.
        kinks: boolean ``(…, n, m)``, pre-activations that count as 0 and whose derivative is free
            (Clarke); without it every derivative is automatic differentiation's 0 or 1.
        keep: boolean ``(…, m)``, the retained samples; by default all.
        guess: multipliers ``(m,)`` and derivatives ``(n, m)`` that are nearly right for weights of smallest
            margin 1, where some are known.

    Raises:
        DataError: ``delta < 0``.
        SolverError: a program could not be solved to the solver's tolerance.
    """
    delta = np.asarray(delta, dtype=float)
    if not (delta >= 0).all():
        raise DataError(f"delta = {delta}: allowed are numbers >= 0 or infinity; raise it.")
    problem, W = problem.double, np.asarray(W, dtype=float)
    q = problem.margins(W)
    keep = np.broadcast_to(True if keep is None else keep, q.shape)
    gamma, norm = smallest_margin(problem, W, q, keep), np.linalg.norm(W, axis=(-2, -1))
    separates = gamma > 0
    # The programs are solved for θ of norm 1: near γ = 0 the feasible scale would be far from it.
    scale = _feasible_norm(norm, gamma)
    excess = q / np.where(separates, gamma, 1.0)[..., None] - 1.0
    caps = _caps(delta, scale, excess, keep & separates[..., None])
    kinks = np.zeros((*q.shape[:-1], W.shape[-2], q.shape[-1]), bool) if kinks is None else kinks
    if guess is not None:
        guess = (guess[0] / scale[..., None], guess[1])
    length = np.where(norm > 0, norm, 1.0)[..., None, None]  # a step may leave nothing at all
    fit = fit_multipliers(problem, W / length, kinks, caps, solver or Solver(), guess)
    with np.errstate(invalid="ignore"):  # 0 · ∞ where the weights do not separate
        multipliers = np.where(separates[..., None], scale[..., None] * fit.multipliers, np.nan)
        slack = np.where(keep, multipliers * excess, -np.inf).max(axis=-1)
        epsilon = np.where(separates, fit.residual * scale, np.inf)
        relative_slack = slack / _mean_multiplier(scale, keep)
    return ApproximateKKT(
        epsilon=epsilon,
        relative_epsilon=np.where(separates, fit.residual, np.inf),
        delta=np.where(separates, slack, np.inf),
        relative_delta=np.where(separates, relative_slack, np.inf),
        multipliers=multipliers,
        clarke=fit.clarke,
    )


def _caps(delta: np.ndarray, scale: np.ndarray, excess: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """``δ/(q_i/γ − 1)`` for weights of norm 1, ∞ where the margin is the smallest, 0 for what is left out."""
    finite = np.isfinite(scale)
    room = np.where(finite, delta, 0.0) / np.where(finite, scale, 1.0)
    room = np.broadcast_to(room[..., None], excess.shape)
    caps = np.divide(room, excess, out=np.full(excess.shape, np.inf), where=excess > SOLVED)
    return np.where(keep, caps, 0.0)
