"""The ascent step on a network of degree K, with one length for all layers or less in the deeper ones.

``docs/questions/depth.md``, section 5.
"""

import numpy as np

from kkt_unlearning.deep.network import Evaluation
from kkt_unlearning.deep.weights import Layers

SHARES = {"equal": 1.0, "halved": 0.5}
"""Share of the step that layers 2 … K take; the first takes all of it."""


def lengths(fractions: np.ndarray, share: float, degree: int) -> np.ndarray:
    """Fraction ``α_l`` of the prescribed step in each layer, ``(…, K)``: ``α``, then ``share · α``."""
    shares = np.array([1.0] + [share] * (degree - 1))
    return np.asarray(fractions, dtype=float)[..., None] * shares


def layerwise_step(
    W: Layers, at: Evaluation, y: np.ndarray, multipliers: np.ndarray, steps: np.ndarray
) -> Layers:
    """``W_l' = W_l − α_l Σ_{r∈R} λ_r y_r ∂f(θ, x_r)/∂W_l``.

    Args:
        W: θ; at: gradients at θ; y: ``(…, m)``.
        multipliers: ``λ (…, m)``, 0 for what is retained.
        steps: ``α (…, K)``, from :func:`lengths`.
    """
    removed = at.combination(multipliers * y)
    pairs = enumerate(zip(W, removed, strict=True))
    return tuple(layer - steps[..., number, None, None] * term for number, (layer, term) in pairs)
