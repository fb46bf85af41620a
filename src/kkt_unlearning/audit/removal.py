"""What a step took out of a network, without the samples that it took it from."""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.audit.model import Model
from kkt_unlearning.audit.step import Step
from kkt_unlearning.backends import Array, to_numpy
from kkt_unlearning.errors import DataError, bracketed
from kkt_unlearning.problem import retained
from kkt_unlearning.unlearning.ascent import check_fraction, check_start


@dataclass(frozen=True, eq=False)
class Removal:
    """``θ = θ' + C X_R``: the network before the step, for whoever has the forgotten samples ``X_R (k, d)``.

    A file of an unlearned network keeps this and not θ, which has not forgotten anything.

    Attributes:
        forget: R, k rows of the data; start, fraction: as of a :class:`kkt_unlearning.audit.Step`.
        samples: m, the rows of the data that the step saw.
        coefficients: ``C_jr = α λ_r y_r u_j a_jr``, (n, k), at the scale of the weights.
        outputs: ``α Σ_r λ_r y_r σ(P_jr)``, (n,), what trained output weights lost; None where they are fixed.
    """

    forget: tuple[int, ...]
    start: str
    fraction: float
    samples: int
    coefficients: np.ndarray
    outputs: np.ndarray | None = None

    def __post_init__(self) -> None:
        if not self.forget or min(self.forget) < 0 or len(set(self.forget)) < len(self.forget):
            raise DataError(
                f"forget = {bracketed(self.forget)}: allowed are rows of X, from 0, at least one and each "
                "once; name such rows."
            )
        check_start(self.start)
        check_fraction(self.fraction)

    def check(self, model: Model) -> None:
        """Check that it can belong to this network.

        Raises:
            DataError: it is of another shape, not finite, or the output weights are fixed in one of the two.
        """
        shape = (model.width, len(self.forget))
        if self.coefficients.shape != shape or not np.isfinite(self.coefficients).all():
            raise DataError(
                f"removed has shape {self.coefficients.shape} or an entry that is not finite: allowed is "
                f"{shape}, one number for each neuron and forgotten sample; unlearn again."
            )
        if (self.outputs is None) == model.trained_outputs:
            raise DataError(
                f"outputs = {model.outputs!r} and removed_outputs is{' not' * (self.outputs is None)} there: "
                "allowed is it for trained output weights alone; unlearn again."
            )
        if self.outputs is not None and (
            self.outputs.shape != (model.width,) or not np.isfinite(self.outputs).all()
        ):
            raise DataError(
                f"removed_outputs has shape {self.outputs.shape} or an entry that is not finite: allowed is "
                f"({model.width},), one number for each neuron; unlearn again."
            )

    def step(self, model: Model, X: Array) -> Step:
        """The step that led to ``model``, with the network before it, from the data ``X (m, d)``.

        Raises:
            DataError: the data have another number of rows, or it is of another network.
        """
        self.check(model)
        features = model.features(X)
        if len(features) != self.samples:
            raise DataError(
                f"the data have {len(features)} rows, but the step that led to this network saw "
                f"{self.samples}: give those data, forgotten rows included."
            )
        retained(len(features), self.forget)
        weights = model.weights + self.coefficients @ features[list(self.forget)]
        u = None if self.outputs is None else to_numpy(model.u).astype(float) + self.outputs
        before = model.with_weights(weights, u)
        return Step(before, self.forget, self.start, self.fraction)
