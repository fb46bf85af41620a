"""Networks as users have them: trained in R^d, at any scale, as arrays of any library."""

from functools import cache

import array_api_strict as strict
import numpy as np
from builders import solved

from kkt_unlearning.audit import Model

DEVICE = strict.Device("device1")  # NumPy cannot take an array from there by accident


def trained(width: int | None, scale: float = 1.0, samples: int = 8, dimension: int = 120):
    """A model trained on N(0, I/d) data, the data, and the exact KKT point of its activations."""
    problem, training, point = solved(0, samples, dimension, width)
    u = None if width is None else problem.network.output_weights
    return Model(scale * training.W, u), problem.X, problem.y, point


def elsewhere(array):
    """The same array in another library, on a device that is not the host."""
    return None if array is None else strict.asarray(array, device=DEVICE)


def model_elsewhere(model: Model) -> Model:
    return Model(elsewhere(model.W), elsewhere(model.u), elsewhere(model.bias))


@cache
def balanced():
    """A network of which all weights were trained, from ``‖w_j‖ = |u_j|``, by normalised descent."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(8, 60)) / 60**0.5, np.where(np.arange(8) % 2 == 0, 1.0, -1.0)
    W = rng.normal(size=(12, 60)) / 60**0.5
    u = np.linalg.norm(W, axis=1) * np.where(np.arange(12) % 2 == 0, 1.0, -1.0)
    for _ in range(4000):
        P, q = W @ X.T, y * outputs(W, u, X)
        pull = np.exp(q.min() - q)
        pull *= y / pull.sum()
        step = np.maximum(P, 0.0) @ pull
        W, u = W + 0.01 * (u[:, None] * (P > 0) * pull) @ X, u + 0.01 * step
        norm = np.hypot(np.linalg.norm(W), np.linalg.norm(u))
        W, u = (min(1.0, 40.0 / norm) * part for part in (W, u))  # degree 2 would grow like e^t
    return Model(W, u, outputs="trained"), X, y


def outputs(W, u, X):
    return u @ np.maximum(W @ X.T, 0.0)
