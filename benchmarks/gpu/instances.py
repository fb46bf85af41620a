"""Batches of random networks, the same on the CPU and on the GPU."""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.backends import Array, to_numpy
from kkt_unlearning.networks import Linear, TwoLayer
from kkt_unlearning.problem import Problem

DIMENSION, INITIAL_SCALE = 1000, 0.1


@dataclass(frozen=True)
class Sizes:
    """How much is checked and timed."""

    networks: int = 1000
    samples: int = 10
    width: int = 1000
    steps: int = 1000
    few: int = 20  # networks and steps where all of them would only take longer
    too_many_samples: int = 40  # for the fused kernel
    repeats: int = 7
    growing_networks: tuple[int, ...] = (100, 250, 500, 1000, 2000, 4000)
    growing_width: tuple[int, ...] = (100, 200, 500, 1000, 2000)
    growing_samples: tuple[int, ...] = (2, 5, 10, 20, 32)  # at the width that fits all of them
    narrow: int = 250


FULL = Sizes()
TINY = Sizes(
    networks=3,
    samples=4,
    width=40,
    steps=20,
    few=2,
    too_many_samples=33,
    repeats=2,
    growing_networks=(2, 4),
    growing_width=(20,),
    growing_samples=(5,),
    narrow=10,
)


def batch(networks: int, m: int, width: int | None, seed: int = 0) -> tuple[Problem, np.ndarray]:
    """Gaussian data of dimension 1000 in coordinates of their span, and ``W(0) (B, n, m)``.

    Weights across the span have no part in training. A width of None is the linear model.
    """
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(networks, m, DIMENSION)) / np.sqrt(DIMENSION)
    network = Linear() if width is None else TwoLayer(width)
    y = np.broadcast_to(np.where(np.arange(m) % 2 == 0, 1.0, -1.0), (networks, m)).copy()
    W0 = rng.normal(size=(networks, network.width, m)) * INITIAL_SCALE / np.sqrt(DIMENSION)
    coordinates = np.linalg.cholesky(X @ X.swapaxes(-1, -2))
    return Problem(network, coordinates, y), W0


def moved(xp, problem: Problem, dtype=np.float64) -> Problem:
    """The problem with its arrays in the library ``xp``."""
    X, y = (xp.asarray(values.astype(dtype)) for values in (problem.X, problem.y))
    return Problem(problem.network, X, y)


def start(xp, problem: Problem, W0: np.ndarray, dtype=np.float64) -> tuple[Array, Array]:
    """Pre-activations ``(B, m, n)`` and slopes ``(B, m)`` before the first step, in the library ``xp``."""
    P = np.ascontiguousarray(problem.preactivations(W0).swapaxes(-1, -2)).astype(dtype)
    return xp.asarray(P), xp.asarray(np.zeros(P.shape[:-1], dtype))


def system(problem: Problem) -> dict[str, Array | bool]:
    """What a step needs to know of a problem."""
    return {
        "gram": problem.gram,
        "y": problem.y,
        "u": problem.output_weights,
        "has_kinks": problem.network.has_kinks,
    }


def largest_difference(found: Array, truth: np.ndarray) -> float:
    """``max |found − truth| / max |truth|``; nan where either has one."""
    return float(np.abs(to_numpy(found) - truth).max() / np.abs(truth).max())
