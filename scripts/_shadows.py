"""The arrays of ``shadows.npz``, and the shadow models that they stand for."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from _replicates import network
from _storage import read_arrays

from kkt_unlearning.attacks.shadows import ARRAYS, Shadows
from kkt_unlearning.problem import Problem
from kkt_unlearning.studies.membership.case import PoolCase


def stack_shadows(pools: list[Shadows]) -> dict[str, np.ndarray]:
    """Arrays of the shadow models of all pools, with a leading axis."""
    arrays = {name: np.stack([getattr(pool, name) for pool in pools]) for name in ARRAYS}
    data = {name: np.stack([getattr(pool.pool, name) for pool in pools]) for name in "Xy"}
    return data | arrays | {"pattern": arrays["pattern"] > 0}


def cases(files: Any, settings: dict[str, Any]) -> Iterator[PoolCase]:
    """What attacks are measured of, pool by pool.

    Args:
        files: the path of ``shadows``.
    """
    arrays = read_arrays(files.shadows)
    for s in range(len(arrays["X"])):
        pool = Problem(network(settings["network"]), arrays["X"][s], arrays["y"][s])
        yield PoolCase(s, Shadows(pool, *(arrays[name][s] for name in ARRAYS)), settings)
