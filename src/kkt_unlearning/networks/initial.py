"""Gaussian initial weights, shared by both networks."""

import numpy as np


def gaussian_weights(
    generator: np.random.Generator, neurons: int, dimension: int, scale: float
) -> np.ndarray:
    """``w_j ~ N(0, scale² I_d / d)``, shape (n, d): rows of norm about ``scale``, whatever d."""
    return generator.normal(size=(neurons, dimension)) * (scale / np.sqrt(dimension))
