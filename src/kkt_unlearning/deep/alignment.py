"""How far what the layers of a network are given is from orthogonal.

``docs/questions/depth.md``, section 7.
"""

import numpy as np

from kkt_unlearning.deep.weights import Layers


def input_cosine(inputs: Layers) -> float:
    """Largest ``|cos|`` between what two samples give to one and the same trained layer."""
    found = [np.abs(_cosines(Z)) for Z in inputs]
    return float(max((C - np.diag(np.diag(C))).max() for C in found))


def class_cosine(Z: np.ndarray, y: np.ndarray) -> float:
    """Median cosine between inputs ``(m, n)`` of two samples of one label; nan without such a pair."""
    pairs = np.triu(y[:, None] == y, k=1)
    return float(np.median(_cosines(Z)[pairs])) if pairs.any() else float("nan")


def _cosines(Z: np.ndarray) -> np.ndarray:
    size = np.linalg.norm(Z, axis=-1, keepdims=True)
    unit = Z / np.where(size > 0, size, 1.0)
    return unit @ unit.T
