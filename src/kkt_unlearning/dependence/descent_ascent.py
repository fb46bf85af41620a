"""Minimise descent-ascent losses on any samples, by a safeguarded Newton method."""

import numpy as np

from kkt_unlearning.errors import DataError, NotConvergedError
from kkt_unlearning.precision import TINY

_STEPS = 500
_STANDING = 1e-14  # of 1 + ‖w‖: a shorter step, of some 50 ε, is what rounding makes of w
_FLATTEST = (
    1e-8  # of the largest curvature, about √ε: what counts for less, so that steps stay finite
)
_ENOUGH = (
    1e-4  # share of the descent that the gradient promises (Armijo's condition, the usual constant)
)
_LONGEST = 1.0  # of a step: e^(−q) changes by less than a factor e^‖x‖
_FALLEN = 1e9  # the loss, in units of its value without margins, below which it falls for ever


def minimise(X: np.ndarray, weights: np.ndarray, ridge: float, start: np.ndarray) -> np.ndarray:
    """Local minimum of ``Σ_i s_i e^(−⟨w, x_i⟩) + (λ/2)‖w‖²`` that descent from ``start`` leads to.

    Weights are of either sign: ``1/|R|`` for a retained, ``−1/|F|`` for a forgotten sample. Labels go into
    the samples, ``y_i x_i``.

    Args:
        X: samples times labels, ``(m, d)``.
        weights: ``s (m,)``.
        ridge: ``λ > 0``.
        start: ``w (d,)`` to descend from.

    Returns:
        ``w (d,)``; nan where the descent falls without end.

    Raises:
        DataError: λ is not positive.
        NotConvergedError: neither happened within the allowed steps.
    """
    if not ridge > 0:
        raise DataError(f"ridge is {ridge}, but must be above 0: raise it.")
    w = np.array(start, float)
    for _ in range(_STEPS):
        terms = weights * np.exp(-X @ w)
        gradient = ridge * w - terms @ X
        if terms.sum() < -_FALLEN * np.abs(weights).sum():
            return np.full(w.shape, np.nan)
        hessian = ridge * np.eye(w.size) + X.T @ (terms[:, None] * X)
        step, decrement = _descent_step(hessian, gradient)
        taken = _backtrack(X, weights, ridge, w, step, decrement)
        # Rounding stops the descent before the gradient is exactly 0.
        if taken is None or np.linalg.norm(step) <= _STANDING * (1 + np.linalg.norm(w)):
            return w + step
        w = taken
    raise NotConvergedError(f"descent-ascent: no minimum and no end after {_STEPS} Newton steps.")


def _descent_step(hessian: np.ndarray, gradient: np.ndarray) -> tuple[np.ndarray, float]:
    """``−|H|⁻¹ g``, no longer than allowed, and ``⟨g, step⟩ ≤ 0``: |H|, so that it descends anywhere."""
    values, vectors = np.linalg.eigh(hessian)
    size = np.maximum(np.abs(values), _FLATTEST * np.abs(values).max())
    step = -vectors @ ((vectors.T @ gradient) / size)
    step *= min(1.0, _LONGEST / max(float(np.linalg.norm(step)), TINY))
    return step, float(gradient @ step)


def _backtrack(
    X: np.ndarray,
    weights: np.ndarray,
    ridge: float,
    w: np.ndarray,
    step: np.ndarray,
    decrement: float,
) -> np.ndarray | None:
    """The first of ever shorter steps that lowers the loss enough; none if rounding hides the descent."""
    value = _loss(X, weights, ridge, w)
    for length in 0.5 ** np.arange(30):
        candidate = w + length * step
        if _loss(X, weights, ridge, candidate) < value + _ENOUGH * length * decrement:
            return candidate
    return None


def _loss(X: np.ndarray, weights: np.ndarray, ridge: float, w: np.ndarray) -> float:
    return float(weights @ np.exp(-X @ w) + 0.5 * ridge * (w @ w))
