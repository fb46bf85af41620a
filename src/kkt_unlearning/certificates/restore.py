"""The restored network θ̃: the unlearned one, put back into the closed activation cell it came from.

The step carries pre-activations across the kink: those that lay on it, and small ones beside it whose
sign it turns. Each crossing changes a derivative by a finite amount and so adds a term of size up to
``λ_i |u_j| ‖x_i‖`` to the stationarity residual, however short the way was. ``θ̃`` undoes the crossings at
the price of a small angle τ. ``docs/theory.md``, section 6.
"""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.problem import Problem


@dataclass(frozen=True)
class Restored:
    """``θ̃`` and the entries that were set on the kink.

    Attributes:
        W: weights ``(n, k)``.
        kinks: boolean ``(n, m)``.
    """

    W: np.ndarray
    kinks: np.ndarray


def restore(problem: Problem, W: np.ndarray, pattern: np.ndarray, kinks: np.ndarray) -> Restored:
    """Project ``W (n, k)`` onto ``{P_ji = 0 on the kinks}``, with crossed entries made kinks as well.

    For each neuron, ``w ← w − X_Kᵀ G_KK⁻¹ P_K``. Entries that end on the wrong side of ``pattern`` join K
    and the projection is repeated; K only grows, so this ends, in the closed cell of ``pattern`` and so
    with every derivative of ``pattern`` in the sub-differential.

    Args:
        problem: the problem on the retained samples.
        pattern: activations ``A (n, m)`` of the KKT point before unlearning.
        kinks: its kinks, boolean ``(n, m)``.
    """
    if not problem.network.has_kinks:
        return Restored(W, kinks)
    side = 2.0 * pattern - 1.0
    for _ in range(
        problem.samples + 1
    ):  # each round adds an entry to a neuron's K, or it was the last
        moved = W - _correction(problem, problem.preactivations(W), kinks) @ problem.X
        P = problem.preactivations(moved)
        crossed = (side * P < 0) & ~kinks
        if not crossed.any():
            return Restored(moved, kinks)
        kinks = kinks | crossed
    raise AssertionError("the kinks of a neuron grew for more rounds than there are samples")


def _correction(problem: Problem, P: np.ndarray, kinks: np.ndarray) -> np.ndarray:
    """``G_KK⁻¹ P_K`` for every neuron, 0 off its kinks, ``(n, m)``."""
    inside = kinks[:, :, None] & kinks[:, None, :]
    left = np.where(inside, problem.gram, 0.0) + np.eye(problem.samples) * ~kinks[:, :, None]
    right = np.where(kinks, P, 0.0)[:, :, None]
    try:
        return np.linalg.solve(left, right)[:, :, 0]
    except (
        np.linalg.LinAlgError
    ):  # duplicated points: the least-norm correction is still unique in W
        return (np.linalg.pinv(left, hermitian=True) @ right)[:, :, 0]
