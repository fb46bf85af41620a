"""The Gaussian mixture of the generalisation claim: two classes with opposite means."""

import numpy as np

from kkt_unlearning.datasets.dataset import Dataset
from kkt_unlearning.datasets.sampling import Draw, batch, check_sizes, coin_flips, gaussian_points
from kkt_unlearning.errors import DataError
from kkt_unlearning.seeding import Stream, generator


def generate(
    *,
    samples: int,
    dimension: int,
    separation: float,
    fresh_samples: int,
    replicates: int,
    seed: int,
) -> Dataset:
    """``x_i = y_i μ + g_i`` with ``‖μ‖ = d^(-1/4 + α)`` and ``g_i ~ N(0, I_d/d)``.

    Labels ``y_i`` are uniform on ``{-1, +1}``. The noise has norm about 1. The direction of ``μ``
    is uniform on the sphere, drawn for each replicate, and the fresh samples come from the same
    ``μ``. Training labels are uniform given that both classes occur.

    This mean and this variance are our choice: the claim (arXiv 2510.14844, Theorem 6.1, ``D_MG``)
    asks for means that are small against the noise; by how much is not known to us. For
    ``0 < α < 1/4`` the points become orthogonal as ``d`` grows (``‖μ‖² = d^(-1/2 + 2α)``) while one
    class is told from the other ever better; at ``α = 0`` the accuracy tends to a constant.

    Args:
        samples: ``m ≥ 2`` training samples in each replicate.
        dimension: ``d ≥ 1``.
        separation: ``α`` in ``[-1/2, 1/2]``.
        fresh_samples: ``t ≥ 0`` fresh samples in each replicate.
        replicates: ``S ≥ 1`` independent data sets.
        seed: root entropy.

    Returns:
        Data set of ``X (S, m, d)``, ``y (S, m)``, ``X_fresh (S, t, d)``, ``y_fresh (S, t)``.

    Raises:
        DataError: a size is too small, or ``α`` is outside ``[-1/2, 1/2]``.
    """
    check_sizes(
        samples=samples,
        dimension=dimension,
        fresh_samples=fresh_samples,
        replicates=replicates,
        seed=seed,
    )
    if not -0.5 <= separation <= 0.5:
        raise DataError(
            f"separation is {separation!r}, but must lie between -0.5 and 0.5: "
            "choose a value from 0 to 0.25 for data that are nearly orthogonal."
        )

    streams = (Stream.DATA, Stream.FRESH, Stream.SHARED)

    def draw(replicate: int) -> Draw:
        rng, fresh_rng, shared_rng = (generator(seed, stream, replicate) for stream in streams)
        mean = _mean(shared_rng, dimension, separation)
        y, y_fresh = _labels_of_both_classes(rng, samples), coin_flips(fresh_rng, fresh_samples)
        X = y[:, None] * mean + gaussian_points(rng, samples, dimension)
        noise = gaussian_points(fresh_rng, fresh_samples, dimension)
        return X, y, y_fresh[:, None] * mean + noise, y_fresh

    return batch(draw, replicates)


def _mean(rng: np.random.Generator, dimension: int, separation: float) -> np.ndarray:
    direction = rng.standard_normal(dimension)
    return dimension ** (separation - 0.25) * direction / np.linalg.norm(direction)


def _labels_of_both_classes(rng: np.random.Generator, samples: int) -> np.ndarray:
    # Rejection keeps the labels exactly uniform given both classes; two samples are accepted half
    # the time, more samples more often.
    while True:
        y = coin_flips(rng, samples)
        if np.any(y != y[0]):
            return y
