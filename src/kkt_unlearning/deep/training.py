"""Gradient descent for deep networks, all replicates and leave-one-out trainings as one batch.

``docs/questions/depth.md``, section 3.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kkt_unlearning.deep.network import DeepNetwork, Evaluation
from kkt_unlearning.deep.weights import Layers, norm
from kkt_unlearning.training.descent import Descent

TRUST = 0.1  # of ‖θ‖: no step is longer, which matters near the saddle at 0
AVERAGED = 0.1  # share of the steps, the last ones, over which derivatives are averaged
CHECKPOINTS = 20


@dataclass(frozen=True)
class DeepTraining:
    """Trained networks; leading axes are the batch.

    Attributes:
        W: weights of the layers.
        patterns: averaged derivatives ``Ā_l (…, m, n)`` in [0, 1].
        margins: ``q (…, m)``.
        history: for each checkpoint the step and arrays ``(…)``: smallest margin, log loss, norm.
    """

    W: Layers
    patterns: Layers
    margins: np.ndarray
    history: tuple[tuple[int, dict[str, np.ndarray]], ...]


def train_layers(
    network: DeepNetwork,
    X: np.ndarray,
    y: np.ndarray,
    W0: Layers,
    descent: Descent,
    *,
    keep: np.ndarray | None = None,
    report: Callable[[str], None] | None = None,
) -> DeepTraining:
    """``θ ← θ + h Σ_i p_i y_i g_i`` with the slopes ``p`` of the loss, from ``W0``.

    For ``normalised`` steps ``p_i = −ℓ'(q_i)/Σℓ`` and
    ``h = η min(1/max_i ‖g_i‖², TRUST ‖θ‖/‖Σ p_i y_i g_i‖)``: to first order no margin moves by more than η,
    however large the gradients of a network of degree K have become. For ``constant`` steps it is plain
    gradient descent. The derivatives of the last steps are averaged with the weights ``h p_i`` that
    they moved the network with.

    Args:
        X, y: ``(…, m, k)`` and ``(…, m)``; W0: layers; their batches broadcast.
        descent: loss, step, step_size, steps; the rest is not looked at.
        keep: boolean ``(…, m)``, the samples to train on; by default all.
    """
    shape = np.broadcast_shapes(*(layer.shape[:-2] for layer in W0), y.shape[:-1])
    if keep is not None:
        shape = np.broadcast_shapes(shape, keep.shape[:-1])
    W = tuple(np.broadcast_to(layer, (*shape, *layer.shape[-2:])).copy() for layer in W0)
    excluded = None if keep is None else np.where(keep, 0.0, -np.inf)
    marks, history = _checkpoints(descent.steps), []
    average = _Average(shape, network, y.shape[-1])
    for step in range(1, descent.steps + 1):
        now = network.evaluate(W, X)
        slopes = descent.slopes(y * now.outputs, excluded)
        length = _step(now, W, y, slopes, keep, descent)
        for layer, move in zip(W, now.combination(length[..., None] * slopes * y), strict=True):
            layer += move
        if step > (1 - AVERAGED) * descent.steps:
            average.add(now.patterns, length[..., None] * slopes)
        if step in marks:
            history.append((step, _progress(network, X, y, W, excluded, descent)))
            if report is not None:
                report(f"step {step} of {descent.steps}")
    end = network.evaluate(W, X)
    return DeepTraining(W, average.result(end.patterns), y * end.outputs, tuple(history))


def _step(
    now: Evaluation,
    W: Layers,
    y: np.ndarray,
    slopes: np.ndarray,
    keep: np.ndarray | None,
    descent: Descent,
) -> np.ndarray:
    """``h (…)``; where no gradient is left it does not matter, and is 0."""
    if descent.step == "constant":
        return np.full(slopes.shape[:-1], descent.step_size)
    squared = now.squared_norms()
    steepest = (squared if keep is None else squared * keep).max(axis=-1)
    speed = norm(now.combination(slopes * y))
    limits = (
        np.divide(1.0, steepest, out=np.zeros_like(steepest), where=steepest > 0),
        np.divide(TRUST * norm(W), speed, out=np.zeros_like(speed), where=speed > 0),
    )
    return descent.step_size * np.minimum(*limits)


class _Average:
    """Running means of derivatives, weighted sample by sample."""

    def __init__(self, shape: tuple[int, ...], network: DeepNetwork, samples: int) -> None:
        self._weight = np.zeros((*shape, samples, 1))
        self._sums = tuple(
            np.zeros((*shape, samples, network.width)) for _ in range(network.degree)
        )

    def add(self, patterns: Layers, weights: np.ndarray) -> None:
        self._weight += weights[..., None]
        for total, pattern in zip(self._sums, patterns, strict=True):
            total += weights[..., None] * pattern

    def result(self, otherwise: Layers) -> Layers:
        """The means; a sample that never had a weight keeps its last derivatives."""
        heavy = self._weight > 0
        divisor = np.where(heavy, self._weight, 1.0)
        pairs = zip(self._sums, otherwise, strict=True)
        return tuple(np.where(heavy, total / divisor, last) for total, last in pairs)


def _checkpoints(steps: int) -> set[int]:
    return set(np.unique(np.geomspace(1, steps, CHECKPOINTS).round().astype(int)).tolist())


def _progress(
    network: DeepNetwork,
    X: np.ndarray,
    y: np.ndarray,
    W: Layers,
    excluded: np.ndarray | None,
    descent: Descent,
) -> dict[str, np.ndarray]:
    q = y * network.evaluate(W, X).outputs
    counted = q if excluded is None else q - excluded
    return {
        "smallest_margin": counted.min(axis=-1),
        "log_loss": descent.log_loss(q, excluded)[..., 0],
        "norm": norm(W),
    }
