"""Gaussian initial weights, shared by both networks."""

import numpy as np


def gaussian_weights(
    generator: np.random.Generator, neurons: int, dimension: int, scale: float
) -> np.ndarray:
    """``w_j ~ N(0, scale² I_d / d)``, shape (n, d): rows of norm about ``scale``, whatever d."""
    return generator.normal(size=(neurons, dimension)) * (scale / np.sqrt(dimension))


def span_weights(
    generator: np.random.Generator, neurons: int, samples: int, dimension: int, scale: float
) -> np.ndarray:
    """:func:`gaussian_weights` in coordinates of the span of m samples, ``(n, m + 1)``: no n × d is drawn.

    The last column is the length outside the span, ``scale χ_{d−m}/√d``, 0 where ``d = m``.
    """
    inside = generator.normal(size=(neurons, samples))
    outside = dimension - samples
    length = np.sqrt(generator.chisquare(outside, size=neurons)) if outside else np.zeros(neurons)
    return np.column_stack([inside, length]) * (scale / np.sqrt(dimension))
