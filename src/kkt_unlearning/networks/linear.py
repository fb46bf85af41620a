"""The linear model N(w, x) = ⟨w, x⟩."""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.backends import Array, namespace


@dataclass(frozen=True)
class Linear:
    """``N(w, x) = ⟨w, x⟩``: one neuron of output weight 1 whose derivative is 1 everywhere.

    Paper: Section 3; ``docs/theory.md``, section 1.
    """

    has_kinks = False
    width = 1

    @property
    def output_weights(self) -> np.ndarray:
        """``u = (1,)``."""
        return np.ones(1)

    def derivative(self, P: Array) -> Array:
        """Derivative of the neuron at its pre-activations ``P``: 1 everywhere."""
        return namespace(P).ones_like(P)
