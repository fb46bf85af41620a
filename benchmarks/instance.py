"""The instances that contestants get: Gaussian samples, alternating labels, one seed each."""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.datasets import equicorrelated
from kkt_unlearning.networks import TwoLayer
from kkt_unlearning.networks.initial import gaussian_weights

SAMPLES, DIMENSION, WIDTH, INITIAL_SCALE = 10, 1000, 1000, 0.1


@dataclass(frozen=True)
class Instance:
    """``X (m, d)``, ``y (m,)``, ``W(0) (n, d)`` and the network with its ``u (n,)``."""

    X: np.ndarray
    y: np.ndarray
    W0: np.ndarray
    network: TwoLayer

    @property
    def u(self) -> np.ndarray:
        return self.network.output_weights


def instance(
    seed: int,
    samples: int = SAMPLES,
    dimension: int = DIMENSION,
    width: int = WIDTH,
    correlation: float = 0.0,
) -> Instance:
    """``x_i = √ρ z + √(1−ρ) g_i`` with ``z, g_i ~ N(0, I_d/d)`` and rows of ``W(0)`` of norm about 0.1."""
    data = equicorrelated.generate(
        samples=samples,
        dimension=dimension,
        correlation=correlation,
        fresh_samples=0,
        replicates=1,
        seed=seed,
    )
    W0 = gaussian_weights(np.random.default_rng(seed), width, dimension, INITIAL_SCALE)
    return Instance(data.X[0], data.y[0], W0, TwoLayer(width))
