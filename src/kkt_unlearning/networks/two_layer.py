"""The two-layer ReLU network with fixed output weights."""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.backends import Array, namespace
from kkt_unlearning.errors import DataError


@dataclass(frozen=True)
class TwoLayer:
    """``N(θ, x) = Σ_j u_j max(0, ⟨w_j, x⟩)`` with ``u_j = ±1/√n`` fixed and ``θ = (w_1, …, w_n)`` trained.

    The signs alternate, so both are equally frequent (one more plus where n is odd), unless output weights
    of your own are given.

    Args:
        width: number n ≥ 1 of neurons.
        weights: ``u``, n numbers; by default ``u_j = (−1)^j/√n``.

    Raises:
        DataError: ``width`` is no whole number or < 1, or another number of output weights.

    Paper: Section 4; ``docs/theory.md``, section 1.
    """

    width: int
    weights: tuple[float, ...] | None = None

    has_kinks = True

    def __post_init__(self) -> None:
        if not isinstance(self.width, int | np.integer):
            raise DataError(
                f"width = {self.width!r}: allowed are whole numbers >= 1 of neurons; write one."
            )
        if self.width < 1:
            raise DataError(f"width = {self.width}: a network needs n >= 1 neurons; raise it.")
        if self.weights is not None and len(self.weights) != self.width:
            raise DataError(
                f"weights: {len(self.weights)} output weights for width = {self.width}; give as many."
            )

    @property
    def output_weights(self) -> np.ndarray:
        """``u``, shape (n,)."""
        if self.weights is not None:
            return np.array(self.weights)
        signs = np.where(np.arange(self.width) % 2 == 0, 1.0, -1.0)
        return signs / np.sqrt(self.width)

    def derivative(self, P: Array) -> Array:
        """``1[P > 0]``, the ReLU derivative that automatic differentiation uses (0 at the kink)."""
        return namespace(P).astype(P > 0, P.dtype)
