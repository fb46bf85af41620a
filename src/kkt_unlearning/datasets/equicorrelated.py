"""Gaussian data in which every pair of points has the same correlation."""

from kkt_unlearning.datasets import blocks
from kkt_unlearning.datasets.dataset import Dataset


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
    return blocks.generate(
        samples=samples,
        dimension=dimension,
        block_size=samples,
        correlation=correlation,
        fresh_samples=fresh_samples,
        replicates=replicates,
        seed=seed,
    )
