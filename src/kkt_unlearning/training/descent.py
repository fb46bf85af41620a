"""Which loss is descended and by which steps."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from numbers import Real

import numpy as np

from kkt_unlearning.backends import WORK_ARRAY, Array, namespace
from kkt_unlearning.errors import DataError
from kkt_unlearning.problem import Problem
from kkt_unlearning.training.losses import LOSSES, logsumexp

STEPS = ("normalised", "constant")


@dataclass(frozen=True)
class Descent:
    """How to descend: ``W ← W − η_t ∇ Σ_i ℓ(q_i)``.

    Attributes:
        loss: ``exponential`` or ``logistic``.
        step: ``constant`` (``η_t = η``, plain gradient descent) or ``normalised`` (``η_t = η / Σ_i ℓ(q_i)``,
            which for small η follows the same path, exponentially faster).
        step_size: η > 0.
        steps: number of steps ≥ 1, at most.
        stop_distance: a network rests once its supporting activations have settled and ``1 − cos`` to the
            exact KKT point of their cell is at most this (see
            :mod:`kkt_unlearning.kkt.arrival`); 0 makes all steps.
        minimum_margin: training counts as converged once every margin exceeds this (> 0; −∞ accepts
            whatever comes, for studies of training itself).
    """

    loss: str = "exponential"
    step: str = "normalised"
    step_size: float = 1.0
    steps: int = 4000
    minimum_margin: float = 1.0
    stop_distance: float = 0.0

    def __post_init__(self) -> None:
        _check_choice("loss", self.loss, tuple(LOSSES))
        _check_choice("step", self.step, STEPS)
        for key in ("step_size", "stop_distance", "minimum_margin"):
            _check_number(key, getattr(self, key))
        if not isinstance(self.steps, int | np.integer):
            raise DataError(f"steps = {self.steps!r}: allowed are whole numbers >= 1; write one.")
        if not (self.step_size > 0 and self.steps >= 1):
            raise DataError(
                f"step_size = {self.step_size}, steps = {self.steps}: allowed are step_size > 0 and "
                "steps >= 1; raise the offending one."
            )
        if not 0 <= self.stop_distance < 1:
            raise DataError(
                f"stop_distance = {self.stop_distance}: allowed are numbers from 0 (make all steps) to below "
                "1; 1.0e-3 is usual."
            )
        if not (self.minimum_margin > 0 or self.minimum_margin == -np.inf):
            raise DataError(
                f"minimum_margin = {self.minimum_margin}: allowed are numbers > 0, or -inf for no condition; "
                "raise it."
            )

    def slopes(self, q: Array, excluded: Array | None = None) -> Array:
        """``−ℓ'(q_i)``, divided by ``Σ_i ℓ(q_i)`` for a normalised step; shape of ``q (…, m)``.

        ``excluded`` is 0 for samples that take part and −∞ for the others.
        """
        xp, loss = namespace(q), LOSSES[self.loss]
        log_slopes = _plus(loss.log_slope(q), excluded)
        if self.step == "constant":
            return xp.exp(log_slopes)
        # −ℓ' = ℓ for the exponential loss: one array, one exponential
        same = loss.log_value is loss.log_slope
        log_values = log_slopes if same else _plus(loss.log_value(q), excluded)
        top = xp.max(log_values, axis=-1, keepdims=True)
        values = xp.exp(log_values - top)
        slopes = values if same else xp.exp(log_slopes - top)
        return slopes / xp.sum(values, axis=-1, keepdims=True)

    def log_loss(self, q: Array, excluded: Array | None = None) -> Array:
        """``log Σ_i ℓ(q_i)``, shape (…, 1)."""
        return logsumexp(_plus(LOSSES[self.loss].log_value(q), excluded))


def _plus(values: Array, excluded: Array | None) -> Array:
    return values if excluded is None else values + excluded


def _check_choice(key: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise DataError(f"{key} = {value!r}: allowed are {', '.join(allowed)}; choose one of them.")


def _check_number(key: str, value: object) -> None:
    if not isinstance(value, Real):
        raise DataError(f"{key} = {value!r}: allowed are numbers; write one.")


def step_reach(problem: Problem, W: Array, descent: Descent) -> Array:
    """How far one step can move each pre-activation: ``η |u_j| Σ_k (−ℓ'(q_k)) |G_ki|``, shape (…, n, m).

    An entry of ``P`` nearer to 0 than this may sit on the kink: descent that is held there by opposing
    samples jumps across it for ever and never comes nearer. ``docs/theory.md``, section 4.
    """
    xp = namespace(W)
    slopes, X = descent.slopes(problem.margins(W))[..., None, :], problem.X
    columns = max(1, WORK_ARRAY // math.prod(X.shape[:-1]))  # of the Gram matrix
    edges = [*range(0, problem.samples, columns), problem.samples]
    parts = [
        slopes @ xp.abs(X @ xp.matrix_transpose(X[..., first:last, :]))
        for first, last in pairwise(edges)
    ]
    pull = xp.concat(parts, axis=-1)
    return descent.step_size * xp.abs(problem.output_weights)[:, None] * pull
