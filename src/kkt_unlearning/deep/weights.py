"""Weights of several layers as one vector: sums, norms, angles.

Layers are tuples ``(W_1, …, W_K)`` of arrays whose last two axes are a matrix and whose leading axes, the
batch, broadcast.
"""

import numpy as np

Layers = tuple[np.ndarray, ...]


def norm(W: Layers) -> np.ndarray:
    """``‖θ‖ = (Σ_l ‖W_l‖²)^½``, shape (…)."""
    return np.sqrt(sum((layer**2).sum(axis=(-2, -1)) for layer in W))


def scaled(W: Layers, factor: np.ndarray | float) -> Layers:
    """``c θ`` with ``c (…)``."""
    factor = np.asarray(factor)[..., None, None]
    return tuple(factor * layer for layer in W)


def subtract(W: Layers, V: Layers) -> Layers:
    """``θ − V``."""
    return tuple(left - right for left, right in zip(W, V, strict=True))


def cosine_distance(W: Layers, V: Layers) -> np.ndarray:
    """``1 − cos(θ, V) = ½ ‖θ/‖θ‖ − V/‖V‖‖²``, shape (…); 1 where either is 0 and has no direction."""
    w, v = norm(W), norm(V)
    none = (w == 0) | (v == 0)
    apart = subtract(
        scaled(W, 1 / np.where(w == 0, 1.0, w)), scaled(V, 1 / np.where(v == 0, 1.0, v))
    )
    return np.where(none, 1.0, 0.5 * norm(apart) ** 2)


def expand(W: Layers, axis: int) -> Layers:
    """A new axis of length 1 in the batch, counted from its first axis."""
    return tuple(np.expand_dims(layer, axis) for layer in W)
