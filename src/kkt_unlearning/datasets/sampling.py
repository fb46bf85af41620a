"""What the random sources share: labels, Gaussian samples, argument checks, the batch."""

from collections.abc import Callable

import numpy as np

from kkt_unlearning.datasets.dataset import Dataset
from kkt_unlearning.errors import DataError

Draw = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
_LEAST = {"samples": 2, "dimension": 1, "fresh_samples": 0, "replicates": 1, "seed": 0}


def check_sizes(**sizes: int) -> None:
    """Check that each argument of a source is a whole number no less than `_LEAST` says.

    Raises:
        DataError: one of them is too small, or not a whole number.
    """
    for key, value in sizes.items():
        if (
            isinstance(value, bool)
            or not isinstance(value, int | np.integer)
            or value < _LEAST[key]
        ):
            raise DataError(
                f"{key} is {value!r}, but must be a whole number of at least {_LEAST[key]}: "
                f"change {key} to such a number."
            )


def alternating_labels(samples: int) -> np.ndarray:
    """Labels ``y_i = (-1)^i``, ``(m,)``: balanced, and both classes whenever ``m ≥ 2``."""
    return np.where(np.arange(samples) % 2 == 0, 1.0, -1.0)


def coin_flips(rng: np.random.Generator, samples: int) -> np.ndarray:
    """Independent labels, ±1 with probability ½ each, ``(m,)``."""
    return rng.choice([-1.0, 1.0], size=samples)


def gaussian_points(rng: np.random.Generator, samples: int, dimension: int) -> np.ndarray:
    """Rows ``x_i ~ N(0, I_d/d)``, ``(m, d)``, so that ``E‖x_i‖² = 1``."""
    return rng.standard_normal((samples, dimension)) / np.sqrt(dimension)


def batch(draw: Callable[[int], Draw], replicates: int) -> Dataset:
    """Stack the replicates ``draw(0), …, draw(S - 1)`` into one batch.

    Each draw is ``X (m, d)``, ``y (m,)``, ``X_fresh (t, d)``, ``y_fresh (t,)``.
    """
    arrays = zip(*(draw(replicate) for replicate in range(replicates)), strict=True)
    return Dataset(*(np.stack(array) for array in arrays))
