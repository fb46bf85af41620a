"""Gaussian data in which every pair of points has the same correlation."""

import numpy as np

from kkt_unlearning.datasets.dataset import Dataset
from kkt_unlearning.datasets.sampling import (
    alternating_labels,
    batch,
    check_sizes,
    coin_flips,
    gaussian_points,
)
from kkt_unlearning.errors import DataError
from kkt_unlearning.seeding import Stream, generator


def generate(
    *,
    samples: int,
    dimension: int,
    correlation: float,
    fresh_samples: int,
    replicates: int,
    seed: int,
) -> Dataset:
    """``x_i = √ρ z + √(1-ρ) g_i`` with ``z, g_i ~ N(0, I_d/d)``.

    So ``E‖x_i‖² = 1`` and ``E⟨x_i, x_j⟩ = ρ``. Labels as in `gaussian`: alternating and independent
    of the features, fresh ones coin flips (accuracy is chance). ``z`` is drawn once for each
    replicate and also enters its fresh samples. The same seed gives the same ``z`` and ``g_i`` at
    every ``ρ``, and at ``ρ = 0`` the data of `gaussian`, so that a sweep over ``ρ`` compares like
    with like.

    Args:
        samples: ``m ≥ 2`` training samples in each replicate.
        dimension: ``d ≥ 1``.
        correlation: ``ρ`` in ``[0, 1)``.
        fresh_samples: ``t ≥ 0`` fresh samples in each replicate.
        replicates: ``S ≥ 1`` independent data sets.
        seed: root entropy.

    Returns:
        Data set of ``X (S, m, d)``, ``y (S, m)``, ``X_fresh (S, t, d)``, ``y_fresh (S, t)``.

    Raises:
        DataError: a size is too small, or ``ρ`` is outside ``[0, 1)``.

    Leaves Assumption 2.3 of arXiv 2510.14844 behind at the rate ``φ ≈ ρ`` (docs/theory.md,
    section 8).
    """
    check_sizes(
        samples=samples,
        dimension=dimension,
        fresh_samples=fresh_samples,
        replicates=replicates,
        seed=seed,
    )
    if not 0 <= correlation < 1:
        raise DataError(
            f"correlation is {correlation!r}, but must be at least 0 and below 1: "
            "choose a value in that range, such as 0.5."
        )

    streams = (Stream.DATA, Stream.FRESH, Stream.SHARED)

    def draw(replicate):
        rng, fresh_rng, shared_rng = (generator(seed, stream, replicate) for stream in streams)
        shared = np.sqrt(correlation) * gaussian_points(shared_rng, 1, dimension)
        own = np.sqrt(1 - correlation)
        X = shared + own * gaussian_points(rng, samples, dimension)
        X_fresh = shared + own * gaussian_points(fresh_rng, fresh_samples, dimension)
        return X, alternating_labels(samples), X_fresh, coin_flips(fresh_rng, fresh_samples)

    return batch(draw, replicates)
