"""How two networks differ: direction, margins, activations, predictions."""

import numpy as np

from kkt_unlearning.backends import Array, namespace
from kkt_unlearning.precision import ROUND_OFF
from kkt_unlearning.problem import Problem


def cosine_distance(W: Array, V: Array) -> Array:
    """``1 − ⟨W, V⟩ / (‖W‖ ‖V‖)`` over the last two axes; 1 where either is 0 and has no direction.

    Computed as ``½ ‖W/‖W‖ − V/‖V‖‖²``, which keeps all digits of small distances.
    """
    xp, w, v = namespace(W, V), _norm(W), _norm(V)
    none = (w == 0) | (v == 0)
    one = xp.ones_like(w)
    difference = W / xp.where(w == 0, one, w) - V / xp.where(v == 0, one, v)
    distance = 0.5 * xp.sum(difference * difference, axis=(-2, -1))
    return xp.where(none[..., 0, 0], xp.ones_like(distance), distance)


def squared_tangent(distance: np.ndarray) -> np.ndarray:
    """``tan² = t(2 − t)/(1 − t)²`` of the angle whose cosine is ``1 − t``; infinite from a right angle on."""
    cosine = 1.0 - np.asarray(distance, float)
    acute = cosine > 0
    return np.where(acute, distance * (1.0 + cosine) / np.where(acute, cosine, 1.0) ** 2, np.inf)


def _norm(W: Array) -> Array:
    xp = namespace(W)
    return xp.sqrt(xp.sum(W * W, axis=(-2, -1), keepdims=True))


def activation_flips(
    problem: Problem, W: np.ndarray, V: np.ndarray, keep: np.ndarray | bool = True
) -> np.ndarray:
    """Number of entries ``(j, i)`` whose activation ``1[⟨w_j, x_i⟩ > 0]`` differs, (…,).

    ``W``, ``V`` ``(…, n, k)``; ``keep`` boolean ``(…, m)``, the samples to count.
    """
    differs = problem.pattern(W) != problem.pattern(V)
    counted = np.broadcast_to(keep, (*differs.shape[:-2], differs.shape[-1]))
    return (differs & counted[..., None, :]).sum(axis=(-2, -1))


def accuracy(outputs: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Share of samples with ``y_i N(θ, x_i) > 0``, (…,) from outputs ``(…, t)``; nan where there are none.

    An output that is round-off beside the largest is 0: the machine's last bit would decide its sign.
    """
    if not y.size:
        return np.full(outputs.shape[:-1], np.nan)
    zero = ROUND_OFF * np.abs(outputs).max(axis=-1, keepdims=True)
    return (outputs * y > zero).mean(axis=-1)
