"""ReLU networks with fixed output weights and K = depth − 1 trained layers, homogeneous of degree K."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kkt_unlearning.deep.weights import Layers
from kkt_unlearning.errors import DataError
from kkt_unlearning.networks.two_layer import TwoLayer


@dataclass(frozen=True)
class DeepNetwork:
    """``f(θ, x) = uᵀ σ(W_K σ(… σ(W_1 x)))`` with ``u_j = ±1/√n`` fixed and ``θ = (W_1, …, W_K)`` trained.

    Of depth 2 it is the two-layer network of the paper, with the same output weights.

    Args:
        depth: number of weight layers ≥ 2, the fixed one counted.
        width: number n ≥ 1 of neurons of every hidden layer.

    Raises:
        DataError: ``depth < 2`` or ``width < 1``.

    ``docs/questions/depth.md``, section 1.
    """

    depth: int
    width: int

    def __post_init__(self) -> None:
        if self.depth < 2:
            raise DataError(
                f"depth = {self.depth}: allowed are whole numbers >= 2 (the fixed output layer counts); "
                "raise it, or take the network of kind linear."
            )
        TwoLayer(self.width)

    @property
    def degree(self) -> int:
        """K: ``f(cθ, x) = c^K f(θ, x)`` for c ≥ 0."""
        return self.depth - 1

    @property
    def output_weights(self) -> np.ndarray:
        """``u``, shape (n,), as those of :class:`TwoLayer`."""
        return TwoLayer(self.width).output_weights

    def evaluate(
        self, W: Layers, X: np.ndarray, patterns: Sequence[np.ndarray] | None = None
    ) -> "Evaluation":
        """Outputs and gradients of all samples.

        Args:
            W: ``W_1 (…, n, k)`` and ``W_l (…, n, n)``.
            X: ``(…, m, k)``.
            patterns: derivatives ``A_l (…, m, n)`` to hold: the network is then the polynomial
                ``uᵀ A_K W_K ⋯ A_1 W_1 x``. Without them they are automatic differentiation's, 0 or 1.
        """
        inputs, derivatives, Z = [], [], X
        for number, layer in enumerate(W):
            inputs.append(Z)
            P = Z @ layer.swapaxes(-1, -2)
            derivatives.append((P > 0).astype(float) if patterns is None else patterns[number])
            Z = P * derivatives[-1]
        backward = [derivatives[-1] * self.output_weights]
        for layer, derivative in zip(W[:0:-1], derivatives[-2::-1], strict=True):
            backward.append((backward[-1] @ layer) * derivative)
        outputs = Z @ self.output_weights
        return Evaluation(outputs, tuple(inputs), tuple(backward[::-1]), tuple(derivatives))


@dataclass(frozen=True)
class Evaluation:
    """What a network does to a batch of samples at some weights.

    The gradient of sample i is of rank one in every layer, ``∂f/∂W_l = b_li z_liᵀ``: it is kept as these
    two vectors.

    Attributes:
        outputs: ``f(θ, x_i) (…, m)``.
        inputs: ``z_l (…, m, n)`` of layer l = 1 … K, the samples themselves for l = 1.
        backward: ``b_l (…, m, n)``.
        patterns: derivatives ``A_l (…, m, n)`` of the neurons.
    """

    outputs: np.ndarray
    inputs: Layers
    backward: Layers
    patterns: Layers

    def combination(self, coefficients: np.ndarray) -> Layers:
        """``Σ_i c_i g_i``, layer by layer, with ``c (…, m)``."""
        c = coefficients[..., None]
        pairs = zip(self.backward, self.inputs, strict=True)
        return tuple((c * b).swapaxes(-1, -2) @ z for b, z in pairs)

    def gram(self) -> np.ndarray:
        """``⟨g_i, g_k⟩ = Σ_l ⟨b_li, b_lk⟩ ⟨z_li, z_lk⟩``, shape (…, m, m)."""
        pairs = zip(self.backward, self.inputs, strict=True)
        return sum((b @ b.swapaxes(-1, -2)) * (z @ z.swapaxes(-1, -2)) for b, z in pairs)

    def squared_norms(self) -> np.ndarray:
        """``‖g_i‖²``, shape (…, m)."""
        pairs = zip(self.backward, self.inputs, strict=True)
        return sum((b**2).sum(axis=-1) * (z**2).sum(axis=-1) for b, z in pairs)

    def inner(self, W: Layers) -> np.ndarray:
        """``⟨θ, g_i⟩ = Σ_l b_liᵀ W_l z_li``, shape (…, m); ``K f(θ, x_i)`` at its own weights (Euler)."""
        triples = zip(self.backward, W, self.inputs, strict=True)
        return sum(((b @ layer) * z).sum(axis=-1) for b, layer, z in triples)


def initial_weights(
    generator: np.random.Generator, network: DeepNetwork, dimension: int, scale: float
) -> Layers:
    """``N(0, scale²/columns)``, so that rows have norm about ``scale``: ``(n, d)``, then ``(n, n)``."""
    shapes = [(network.width, dimension)] + [(network.width, network.width)] * (network.degree - 1)
    return tuple(generator.normal(size=shape) * (scale / np.sqrt(shape[1])) for shape in shapes)
