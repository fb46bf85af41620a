"""Small deep networks that several tests share."""

from functools import cache

import numpy as np
from builders import labels

from kkt_unlearning.deep.network import DeepNetwork, initial_weights
from kkt_unlearning.deep.replicates import DeepReplicates, initialise_deep
from kkt_unlearning.deep.training import DeepTraining, train_layers
from kkt_unlearning.training.descent import Descent

DEPTHS = (2, 3, 4)


def random_network(depth: int, seed: int = 0, width: int = 7, samples: int = 5, dimension: int = 6):
    """Network, weights, data and labels; no pre-activation is 0."""
    rng = np.random.default_rng(seed)
    network = DeepNetwork(depth, width)
    W = initial_weights(rng, network, dimension, 1.5)
    return network, W, rng.normal(size=(samples, dimension)), labels(samples)


@cache
def trained_batch(depth: int, steps: int = 400) -> tuple[DeepReplicates, Descent, DeepTraining]:
    """Two replicates of 4 points in 40 dimensions, trained."""
    rng = np.random.default_rng(depth)
    X = rng.normal(size=(2, 4, 40)) / np.sqrt(40)
    y = np.tile(labels(4), (2, 1))
    batch = initialise_deep(X, y, DeepNetwork(depth, 20), 0.3, seed=1)
    descent = Descent(steps=steps)
    return batch, descent, train_layers(batch.network, batch.X, batch.y, batch.W0, descent)
