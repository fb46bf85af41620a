"""The two-layer ReLU network with fixed output weights."""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.backends import Array, namespace
from kkt_unlearning.errors import DataError


@dataclass(frozen=True)
class TwoLayer:
    """``N(θ, x) = Σ_j u_j max(0, ⟨w_j, x⟩)`` with ``u_j = ±1/√n`` fixed and ``θ = (w_1, …, w_n)`` trained.

    The signs alternate, so both are equally frequent (one more plus where n is odd).

    Args:
        width: number n ≥ 1 of neurons.

    Raises:
        DataError: ``width < 1``.

    Paper: Section 4; ``docs/theory.md``, section 1.
    """

    width: int

    has_kinks = True

    def __post_init__(self) -> None:
        if self.width < 1:
            raise DataError(f"width = {self.width}: a network needs n >= 1 neurons; raise it.")

    @property
    def output_weights(self) -> np.ndarray:
        """``u_j = (−1)^j / √n``, shape (n,)."""
        signs = np.where(np.arange(self.width) % 2 == 0, 1.0, -1.0)
        return signs / np.sqrt(self.width)

    def pattern(self, P: Array) -> Array:
        """``1[P > 0]``, the ReLU derivative that automatic differentiation uses (0 at the kink)."""
        return namespace(P).astype(P > 0, P.dtype)
