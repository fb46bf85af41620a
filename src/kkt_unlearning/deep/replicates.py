"""A batch of replicates of a deep network: initial weights, training, retraining without each forget set."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from kkt_unlearning.deep.network import DeepNetwork, initial_weights
from kkt_unlearning.deep.training import DeepTraining, train_layers
from kkt_unlearning.deep.weights import Layers, expand
from kkt_unlearning.errors import NotConvergedError
from kkt_unlearning.problem import kept
from kkt_unlearning.seeding import Stream, generator
from kkt_unlearning.training.descent import Descent
from kkt_unlearning.training.span import span_coordinates

Report = Callable[[str], None] | None


@dataclass(frozen=True)
class DeepReplicates:
    """S data sets with initial networks; the first layer is in span coordinates, so d costs nothing.

    Attributes:
        network: the model, the same for all.
        X: ``(S, m, k)``; y: ``(S, m)``; W0: ``(S, n, k)``, then ``(S, n, n)``.
    """

    network: DeepNetwork
    X: np.ndarray
    y: np.ndarray
    W0: Layers


def initialise_deep(
    X: np.ndarray, y: np.ndarray, network: DeepNetwork, initial_scale: float, seed: int
) -> DeepReplicates:
    """Draw every layer with rows of norm about ``initial_scale`` and pass to span coordinates.

    Only rows of ``W_1`` meet the data, and no product of two different rows is ever formed, so the
    isometry of ``docs/theory.md``, section 2, serves deep networks as well.

    Args:
        X, y: ``(S, m, d)``, ``(S, m)``; seed: root entropy.
    """
    points, layers = [], []
    for s in range(len(X)):
        first, *deeper = initial_weights(
            generator(seed, Stream.DEEP_WEIGHTS, s), network, X.shape[2], initial_scale
        )
        span = span_coordinates(X[s], first)
        points.append(span.X)
        layers.append((span.W0, *deeper))
    W0 = tuple(np.stack(layer) for layer in zip(*layers, strict=True))
    return DeepReplicates(network, np.stack(points), y, W0)


def train_deep(batch: DeepReplicates, descent: Descent, report: Report = None) -> DeepTraining:
    """Train every replicate, as one batch.

    A network may lose all neurons that a sample needs and never learn it; such a replicate stays.

    Raises:
        NotConvergedError: no replicate has all margins above ``descent.minimum_margin``.
    """
    found = train_layers(batch.network, batch.X, batch.y, batch.W0, descent, report=report)
    smallest = found.margins.min(axis=-1)
    if not (smallest > descent.minimum_margin).any():
        # a sample that no path of active neurons leads through has output 0, which no step changes
        dead = bool((found.margins == 0).any(axis=-1).all())
        remedy = "raise width or initial_scale of the network" if dead else "raise steps"
        raise NotConvergedError(
            f"steps = {descent.steps}: the smallest margin is at most {smallest.max():.2g} in every "
            f"replicate, above minimum_margin = {descent.minimum_margin} is allowed; {remedy}."
        )
    return found


def retrain_deep(
    batch: DeepReplicates,
    descent: Descent,
    forget_sets: Sequence[Sequence[int]],
    report: Report = None,
) -> DeepTraining:
    """Train every replicate without each forget set, from the same initial weights; leading axes (S, F).

    Raises:
        DataError: a bad forget set.
    """
    return continue_deep(batch, expand(batch.W0, 1), descent, forget_sets, report)


def continue_deep(
    batch: DeepReplicates,
    W: Layers,
    descent: Descent,
    forget_sets: Sequence[Sequence[int]],
    report: Report = None,
) -> DeepTraining:
    """Train on the retained samples from weights ``W (S, F or 1, …)``; leading axes (S, F).

    Raises:
        DataError: a bad forget set.
    """
    keep = kept(batch.y.shape[1], forget_sets)
    return train_layers(
        batch.network, batch.X[:, None], batch.y[:, None], W, descent, keep=keep, report=report
    )


def reached_margin(
    margins: np.ndarray, descent: Descent, keep: np.ndarray | bool = True
) -> np.ndarray:
    """Whether all margins ``(…, m)`` that are kept exceed ``descent.minimum_margin``, shape (…)."""
    return np.where(keep, margins, np.inf).min(axis=-1) > descent.minimum_margin
