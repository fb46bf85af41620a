"""What a step took out of a network, without the samples that it took it from."""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.audit.model import Model
from kkt_unlearning.audit.step import Step
from kkt_unlearning.backends import Array, to_numpy
from kkt_unlearning.errors import DataError
from kkt_unlearning.problem import retained


@dataclass(frozen=True, eq=False)
class Removal:
    """``θ = θ' + C X_R``: the network before the step, for whoever has the forgotten samples ``X_R (k, d)``.

    A file of an unlearned network keeps this and not θ, which has not forgotten anything.

    Attributes:
        forget: R, k rows of the data; start, fraction: as of a :class:`kkt_unlearning.audit.Step`.
        coefficients: ``C_jr = α λ_r y_r u_j a_jr``, (n, k), at the scale of the weights.
        outputs: ``α Σ_r λ_r y_r σ(P_jr)``, (n,), what trained output weights lost; None where they are fixed.
    """

    forget: tuple[int, ...]
    start: str
    fraction: float
    coefficients: np.ndarray
    outputs: np.ndarray | None = None

    def step(self, model: Model, X: Array) -> Step:
        """The step that led to ``model``, with the network before it, from the data ``X (m, d)``.

        Raises:
            DataError: a row of the forget set is not in the data, or C is of another network.
        """
        features = model.features(X)
        retained(len(features), self.forget)
        if self.coefficients.shape != (model.width, len(self.forget)):
            raise DataError(
                f"the coefficients of the step have shape {self.coefficients.shape}: allowed is "
                f"{(model.width, len(self.forget))}, one for each neuron and forgotten sample; unlearn again."
            )
        weights = model.weights + self.coefficients @ features[list(self.forget)]
        u = None if self.outputs is None else to_numpy(model.u).astype(float) + self.outputs
        before = model.with_weights(weights, weights, u)
        return Step(before, self.forget, self.start, self.fraction)
