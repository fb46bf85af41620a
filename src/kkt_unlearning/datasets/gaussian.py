"""Isotropic Gaussian data with labels that say nothing about the features."""

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
from kkt_unlearning.seeding import Stream, generator


def generate(
    *, samples: int, dimension: int, fresh_samples: int, replicates: int, seed: int
) -> Dataset:
    """``x_i ~ N(0, I_d/d)``, ``y_i = (-1)^i`` independent of ``x_i``.

    The training labels alternate, so that both classes are always there. Fresh labels are coin
    flips, so the accuracy of any network on fresh samples is chance.

    Args:
        samples: ``m ≥ 2`` training samples in each replicate.
        dimension: ``d ≥ 1``.
        fresh_samples: ``t ≥ 0`` fresh samples in each replicate.
        replicates: ``S ≥ 1`` independent data sets.
        seed: root entropy.

    Returns:
        Data set of ``X (S, m, d)``, ``y (S, m)``, ``X_fresh (S, t, d)``, ``y_fresh (S, t)``.

    Raises:
        DataError: a size is too small.

    Nearly orthogonal for large ``d`` (arXiv 2510.14844, Assumption 2.3): ``ψ`` and ``φ`` fall like
    ``1/√d``.
    """
    check_sizes(
        samples=samples,
        dimension=dimension,
        fresh_samples=fresh_samples,
        replicates=replicates,
        seed=seed,
    )

    def draw(replicate: int) -> Draw:
        X = gaussian_points(generator(seed, Stream.DATA, replicate), samples, dimension)
        rng = generator(seed, Stream.FRESH, replicate)
        X_fresh = gaussian_points(rng, fresh_samples, dimension)
        return X, alternating_labels(samples), X_fresh, coin_flips(rng, fresh_samples)

    return batch(draw, replicates)


def span_points(rng: np.random.Generator, samples: int, dimension: int) -> np.ndarray:
    """``x_i ~ N(0, I_d/d)`` in coordinates of their span, ``(m, m)``, whatever d: m² numbers, not md.

    The rows are those of a Cholesky factor of the Gram matrix: ``χ_{d−i+1}/√d`` on the diagonal, standard
    normals over ``√d`` below it, all independent (Bartlett's decomposition). ``docs/theory.md``, section 2.

    Args:
        samples: m; dimension: ``d ≥ m``.
    """
    X = np.tril(rng.normal(size=(samples, samples)), -1)
    X[np.diag_indices(samples)] = np.sqrt(rng.chisquare(dimension - np.arange(samples)))
    return X / np.sqrt(dimension)
