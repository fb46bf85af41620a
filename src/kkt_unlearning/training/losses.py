"""Exponential and logistic loss of the margin, in the log domain.

At the end of training the losses are far below the smallest float (e^−745): only their logarithms
can be computed with, and only ratios of them matter to a normalised step.
"""

from collections.abc import Callable
from dataclasses import dataclass

from kkt_unlearning.backends import Array, namespace

_LARGE_MARGIN = 35.0  # beyond it log(1 + e^−q) = e^−q to the last bit of a float64


@dataclass(frozen=True)
class Loss:
    """A loss ``ℓ(q)`` of the margin q.

    Attributes:
        log_value: ``q ↦ log ℓ(q)``.
        log_slope: ``q ↦ log(−ℓ'(q))``.
        log_curvature: ``q ↦ log ℓ''(q)``.
    """

    log_value: Callable[[Array], Array]
    log_slope: Callable[[Array], Array]
    log_curvature: Callable[[Array], Array]


def _negative(q: Array) -> Array:
    return -q


def _logistic_log_value(q: Array) -> Array:
    xp = namespace(q)
    small = xp.minimum(q, _LARGE_MARGIN)
    return xp.where(q > _LARGE_MARGIN, -q, xp.log(xp.logaddexp(-small, 0.0)))


def _logistic_log_slope(q: Array) -> Array:
    return -namespace(q).logaddexp(q, 0.0)


def _logistic_log_curvature(q: Array) -> Array:
    return _logistic_log_slope(q) + _logistic_log_slope(-q)


LOSSES = {
    "exponential": Loss(log_value=_negative, log_slope=_negative, log_curvature=_negative),
    "logistic": Loss(
        log_value=_logistic_log_value,
        log_slope=_logistic_log_slope,
        log_curvature=_logistic_log_curvature,
    ),
}
"""``exponential``: ``ℓ(q) = e^−q``.  ``logistic``: ``ℓ(q) = log(1 + e^−q)``.  Paper: Section 2."""


def logsumexp(values: Array) -> Array:
    """``log Σ_i exp(v_i)`` over the last axis, kept; −∞ entries drop out."""
    xp = namespace(values)
    top = xp.max(values, axis=-1, keepdims=True)
    return top + xp.log(xp.sum(xp.exp(values - top), axis=-1, keepdims=True))
