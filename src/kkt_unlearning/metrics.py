"""How two networks differ: direction, margins, activations, predictions."""

import numpy as np

from kkt_unlearning.backends import Array, namespace
from kkt_unlearning.problem import Problem


def cosine_distance(W: Array, V: Array) -> Array:
    """``1 − ⟨W, V⟩ / (‖W‖ ‖V‖)`` over the last two axes.

    Computed as ``½ ‖W/‖W‖ − V/‖V‖‖²``, which keeps all digits of small distances.
    """
    xp = namespace(W, V)
    difference = W / _norm(W) - V / _norm(V)
    return 0.5 * xp.sum(difference * difference, axis=(-2, -1))


def _norm(W: Array) -> Array:
    xp = namespace(W)
    return xp.sqrt(xp.sum(W * W, axis=(-2, -1), keepdims=True))


def activation_flips(problem: Problem, W: np.ndarray, V: np.ndarray) -> int:
    """Number of entries ``(j, i)`` whose activation ``1[⟨w_j, x_i⟩ > 0]`` differs."""
    return int(np.count_nonzero(problem.pattern(W) != problem.pattern(V)))


def accuracy(outputs: np.ndarray, y: np.ndarray) -> float:
    """Share of samples with ``y_i N(θ, x_i) > 0``; nan where there are none."""
    return float(np.mean(outputs * y > 0)) if y.size else float("nan")
