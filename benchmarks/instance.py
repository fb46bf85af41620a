"""The instance that all contestants get: m = 10 Gaussian samples, d = 1000, n = 1000."""

import numpy as np

from kkt_unlearning.datasets.gaussian import generate
from kkt_unlearning.networks import TwoLayer
from kkt_unlearning.networks.initial import gaussian_weights

SAMPLES, DIMENSION, WIDTH, INITIAL_SCALE = 10, 1000, 1000, 0.1


def instance(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, TwoLayer]:
    """``X (m, d)``, ``y (m,)``, ``W(0) (n, d)`` and the network."""
    data = generate(samples=SAMPLES, dimension=DIMENSION, fresh_samples=0, replicates=1, seed=seed)
    rng = np.random.default_rng(seed)
    W0 = gaussian_weights(rng, WIDTH, DIMENSION, INITIAL_SCALE)
    return data.X[0], data.y[0], W0, TwoLayer(WIDTH)
