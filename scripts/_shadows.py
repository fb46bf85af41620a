"""The arrays of ``shadows.npz``, and the shadow models that they stand for."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from _batch import network

from kkt_unlearning.attacks.shadows import ARRAYS, Shadows
from kkt_unlearning.problem import Problem


def stack_shadows(pools: list[Shadows]) -> dict[str, np.ndarray]:
    """Arrays of the shadow models of all pools, with a leading axis."""
    arrays = {name: np.stack([getattr(pool, name) for pool in pools]) for name in ARRAYS}
    data = {name: np.stack([getattr(pool.pool, name) for pool in pools]) for name in "Xy"}
    return data | arrays | {"pattern": arrays["pattern"] > 0}


def shadows(arrays: dict[str, np.ndarray], settings: dict[str, Any]) -> Iterator[Shadows]:
    """The shadow models that ``shadows.npz`` holds, pool by pool."""
    for s in range(len(arrays["X"])):
        pool = Problem(network(settings), arrays["X"][s], arrays["y"][s])
        yield Shadows(pool, *(arrays[name][s] for name in ARRAYS))
