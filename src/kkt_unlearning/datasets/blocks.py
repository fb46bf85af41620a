"""Gaussian data in blocks: correlated within a block, independent between blocks."""

import numpy as np

from kkt_unlearning.datasets.dataset import Dataset
from kkt_unlearning.datasets.sampling import (
    Draw,
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
    block_size: int,
    correlation: float,
    fresh_samples: int,
    replicates: int,
    seed: int,
) -> Dataset:
    """``x_i = √ρ z_k + √(1-ρ) g_i`` for sample i of block ``k = ⌊i/b⌋``, ``z_k, g_i ~ N(0, I_d/d)``.

    So ``E⟨x_i, x_j⟩ = ρ`` within a block and 0 between blocks. Labels as in `equicorrelated`; fresh samples
    belong to the blocks in turn. One block (``b = m``) gives the data of `equicorrelated`, ``ρ = 0`` those of
    `gaussian`, and the ``g_i`` are the same at every ``ρ`` and ``b``, so that sweeps compare like with like.

    Args:
        samples: ``m ≥ 2`` training samples in each replicate.
        dimension: ``d ≥ 1``.
        block_size: ``b``, a divisor of m.
        correlation: ``ρ`` in ``[0, 1)``.
        fresh_samples: ``t ≥ 0`` fresh samples in each replicate.
        replicates: ``S ≥ 1`` independent data sets.
        seed: root entropy.

    Returns:
        Data set of ``X (S, m, d)``, ``y (S, m)``, ``X_fresh (S, t, d)``, ``y_fresh (S, t)``.

    Raises:
        DataError: a size is too small, ``b`` does not divide ``m``, or ``ρ`` is outside ``[0, 1)``.

    Block structure of "Ascent Fails to Forget", arXiv 2509.26427, Assumption 1, with correlation in place of
    copies (docs/questions/correlation.md).
    """
    check_sizes(
        samples=samples,
        dimension=dimension,
        fresh_samples=fresh_samples,
        replicates=replicates,
        seed=seed,
    )
    if not 1 <= block_size <= samples or samples % block_size:
        raise DataError(
            f"block_size is {block_size!r}, but must divide the {samples} samples into equal blocks: "
            "choose a divisor."
        )
    if not 0 <= correlation < 1:
        raise DataError(
            f"correlation is {correlation!r}, but must be at least 0 and below 1: "
            "choose a value in that range, such as 0.5."
        )

    streams = (Stream.DATA, Stream.FRESH, Stream.SHARED)
    blocks = samples // block_size

    def draw(replicate: int) -> Draw:
        rng, fresh_rng, shared_rng = (generator(seed, stream, replicate) for stream in streams)
        shared = np.sqrt(correlation) * gaussian_points(shared_rng, blocks, dimension)
        own = np.sqrt(1 - correlation)
        X = np.repeat(shared, block_size, axis=0) + own * gaussian_points(rng, samples, dimension)
        noise = own * gaussian_points(fresh_rng, fresh_samples, dimension)
        X_fresh = shared[np.arange(fresh_samples) % blocks] + noise
        return X, alternating_labels(samples), X_fresh, coin_flips(fresh_rng, fresh_samples)

    return batch(draw, replicates)
