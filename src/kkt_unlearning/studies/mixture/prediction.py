"""What the Gaussian mixture ``x = yμ + g``, ``‖μ‖ = d^(−1/4+α)``, ``g ~ N(0, I_d/d)`` leads one to expect.

Derivations: ``docs/questions/mixture.md``. All functions take arrays of d and α that broadcast.
"""

import numpy as np

Values = float | np.ndarray


def squared_mean(dimension: Values, separation: Values) -> Values:
    """``‖μ‖² = d^(−1/2 + 2α)``."""
    return np.asarray(dimension, float) ** (2 * np.asarray(separation) - 0.5)


def sign_share(dimension: Values, separation: Values) -> Values:
    """``Φ(d^(2α)/√(1 + 2‖μ‖²))``, the chance that ``sign⟨x_i, x_j⟩ = y_i y_j``.

    Mean ``‖μ‖²`` and variance ``(1 + 2‖μ‖²)/d`` of ``y_i y_j⟨x_i, x_j⟩`` are exact, its normal law a limit.
    """
    power = np.asarray(dimension, float) ** (2 * np.asarray(separation))
    return _normal(power / np.sqrt(1 + 2 * squared_mean(dimension, separation)))


def bayes_accuracy(dimension: Values, separation: Values) -> Values:
    """``Φ(√d‖μ‖) = Φ(d^(1/4 + α))``, that of the rule ``sign⟨μ, x⟩``: no classifier has a better one."""
    return _normal(np.asarray(dimension, float) ** (0.25 + np.asarray(separation)))


def max_margin_accuracy(samples: Values, dimension: Values, separation: Values) -> Values:
    """``Φ(√m d^(2α) √((1 − m/d)/(1 + m‖μ‖²)))`` of the linear model on m samples, all of which support it.

    To leading order for small ``‖μ‖`` and large ``d − m``; the mean classifier ``Σ_i y_i x_i`` has it with
    ``1 − m/d`` replaced by 1.
    """
    m, d = np.asarray(samples, float), np.asarray(dimension, float)
    size = np.sqrt(m) * d ** (2 * np.asarray(separation))
    part = np.maximum(1 - m / d, 0.0) / (1 + m * squared_mean(d, separation))
    return _normal(size * np.sqrt(part))


def _normal(z: Values) -> Values:
    """``Φ(z)``, the distribution function of the standard normal law."""
    from scipy.special import (
        ndtr,  # here: claims are listed before any job, and SciPy is slow to import
    )

    return ndtr(z)
