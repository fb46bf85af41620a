"""What every verb of the audit starts from: the checked data, the network and its max-margin problem."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kkt_unlearning.arrays import host
from kkt_unlearning.audit.model import SAME, Model
from kkt_unlearning.audit.outputs import with_outputs
from kkt_unlearning.backends import Array, to_numpy
from kkt_unlearning.datasets.dataset import check_data, check_lengths, check_longest
from kkt_unlearning.datasets.memory import check_memory
from kkt_unlearning.errors import DataError
from kkt_unlearning.kkt.clarke import MANY
from kkt_unlearning.problem import Problem, smallest_margin
from kkt_unlearning.training.span import SharedSpan, shared_span

_WORK = 2**28  # bytes of work arrays, whatever the sizes
Report = Callable[[str], None]  # is told what is being computed


@dataclass(frozen=True)
class Subject:
    """Networks of one kind on one data set, in coordinates of the span that they share.

    Attributes:
        problem: the max-margin problem on all samples, ``X (m, k)``.
        networks: their weights ``(n, k)``, one for each model, at the scale that they came with.
        span: the coordinates.
    """

    problem: Problem
    networks: tuple[np.ndarray, ...]
    span: SharedSpan

    def smallest_margin(self, index: int, keep: np.ndarray | bool = True) -> float:
        """``γ = min_i q_i`` of a network over the samples kept; 0 where it is not positive."""
        W = self.networks[index]
        return float(smallest_margin(self.problem, W, self.problem.margins(W), keep))

    def scaled(self, gamma: float, degree: int) -> "Subject":
        """All networks at ``γ^(−1/degree) θ``: margins γ become 1. Of degree 2 that scales u as well."""
        if degree == 1:
            return replace(self, networks=tuple(W / gamma for W in self.networks))
        root = gamma**0.5
        return replace(
            self,
            problem=with_outputs(self.problem, self.problem.output_weights / root),
            networks=tuple(W / root for W in self.networks),
        )

    def model(
        self, model: Model, W: np.ndarray, gamma: float, u: np.ndarray | None = None
    ) -> Model:
        """``W (n, k)`` and u of this subject, scaled to margins γ times as large, as a model in R^d.

        ``u`` is by default the one of the problem; arrays are in the library of the model's.
        """
        factor = gamma ** (1 / model.degree)
        if model.trained_outputs:
            u = factor * (self.problem.output_weights if u is None else u)
        return model.with_weights(factor * self.span.lift(W), u)


def silent(line: str) -> None:
    """A report that says nothing."""


def subject(X: Array, y: Array, *models: Model) -> Subject:
    """The checked data ``X (m, d)``, ``y (m,)`` and models of one kind; all in float64 on the host.

    Raises:
        DataError: an array is none; the data are not finite with labels ±1 of both classes, do not fit the
            network, or have a row that is too short; or the models differ in width, output weights or bias;
            or this machine's memory would not do.
    """
    features, labels = models[0].features(X), host("y", y)
    check_data(features, labels, "the data")
    check_longest(features, "X", "the data")
    check_lengths(features, "the data")
    labels = labels.astype(np.float64)
    weights = [model.weights for model in models]
    _check_alike(models)
    size = len(labels), features.shape[1], len(weights[0])
    _check_size(*size, models[0].trained_outputs)
    span = shared_span(features, weights)
    problem = Problem(models[0].network, span.data(features), labels)
    return Subject(problem, tuple(span.weights(W) for W in weights), span)


def _check_size(samples: int, dimension: int, width: int, trained_outputs: bool) -> None:
    """Gram matrix, pre-activations and weights in as many copies as tracing the memory of audits shows.

    For trained output weights the gradient of every sample comes on top, in all weights.

    On a working set there is no Gram matrix, but one of the support samples of half that side at most, and
    orthonormal bases of what each neuron has on its kink.
    """
    square, between = samples**2 + width * samples, (samples + width) * dimension
    if samples > min(dimension, MANY):
        side = min(samples, dimension)
        square = width * samples + min(samples**2, 4 * side**2) // 4
        between += width * side**2 // 6
    if trained_outputs:
        between += samples * width * min(dimension, samples)
    check_memory(
        8 * (30 * square + 6 * between) + _WORK,
        f"the network on {samples} samples",
        "use fewer samples or neurons",
    )


def _check_alike(models: Sequence[Model]) -> None:
    first = models[0]
    for other in models[1:]:
        if (first.u is None) != (other.u is None) or first.weights.shape != other.weights.shape:
            raise DataError(
                f"the network before the step has weights {first.weights.shape}, the one after it "
                f"{other.weights.shape}: allowed are two of one kind and size; name the network that the "
                "step started from."
            )
        if first.outputs != other.outputs:
            raise DataError(
                f"outputs = {other.outputs!r} before the step and {first.outputs!r} after it: allowed are "
                "the same; name the network that the step started from."
            )
        fixed = first.u is not None and not first.trained_outputs
        if fixed and not np.allclose(to_numpy(first.u), to_numpy(other.u), SAME, 0):
            raise DataError(
                "the output weights u before and after the step differ: allowed are the same, since the step "
                "leaves them as they are; name the network that the step started from."
            )
