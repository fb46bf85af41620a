"""What the natural sources share: samples of two classes from a fixed population of rows."""

from collections.abc import Callable, Sequence

import numpy as np

from kkt_unlearning.datasets.dataset import Dataset
from kkt_unlearning.datasets.orthogonalise import check_mixing, orthogonalise
from kkt_unlearning.datasets.sampling import Draw, batch, check_sizes
from kkt_unlearning.errors import DataError
from kkt_unlearning.seeding import Stream, generator

TrainAndFresh = tuple[np.ndarray, np.ndarray]
# rows of the training sample, of the fresh one, and all that are left over -> features of the first two
Features = Callable[[np.ndarray, np.ndarray, np.ndarray], TrainAndFresh]


def two_classes(
    counts: Sequence[int],
    features: Features,
    *,
    samples: int,
    fresh_samples: int,
    mixing: float,
    replicates: int,
    seed: int,
) -> Dataset:
    """Rows of norm 1, drawn again for each replicate from ``counts[0]`` rows of class +1, then -1.

    Each replicate draws its training sample without replacement, half from each class as far as
    they last, in alternating order. The other rows are left over, its fresh samples some of them.

    Args:
        counts: number of rows of either class; the rows are numbered through, class +1 first.
        features: makes features of rows; what it scales by, it may learn from any rows given.
        samples: ``m ≥ 2`` training samples in each replicate.
        fresh_samples: at most so many fresh samples in each replicate, fewer where fewer rows are
            left.
        mixing: ``t`` of `orthogonalise`.
        replicates: ``S ≥ 1`` random draws.
        seed: root entropy.

    Returns:
        Data set of ``X (S, m, d)``, ``y (S, m)``, ``X_fresh (S, t, d)``, ``y_fresh (S, t)``; a row
        whose features are all 0 stays 0.

    Raises:
        DataError: a size is too small, ``mixing`` is outside ``[0, 1]``, or a training row is 0.
    """
    check_sizes(samples=samples, fresh_samples=fresh_samples, replicates=replicates, seed=seed)
    check_mixing(mixing)

    def draw(replicate: int) -> Draw:
        train, y, rest, y_rest = _split(counts, samples, generator(seed, Stream.DATA, replicate))
        chosen = generator(seed, Stream.FRESH, replicate).permutation(len(rest))[:fresh_samples]
        X, X_fresh = features(train, rest[chosen], rest)
        return _unit_rows(X), y, _unit_rows(X_fresh), y_rest[chosen]

    return orthogonalise(batch(draw, replicates), mixing)


def check_population(samples: int, counts: Sequence[int], population: str, spare: int = 0) -> None:
    """Check that both classes have a row and that the training sample leaves ``spare`` rows over.

    Args:
        samples: ``m``.
        counts: number of rows of either class.
        population: what the sentence says before "have 357 images"; with the unit, ``{}`` between.
        spare: rows that must be left over.

    Raises:
        DataError: a class is empty, or there are too few rows.
    """
    available = sum(counts)
    found = population.format(available)
    if min(counts) == 0:
        label = "first" if counts[0] == 0 else "second"
        raise DataError(f"{found}, but none of the {label} class: choose another class.")
    if samples > available - spare:
        left = f", of which {spare} must be left over to scale by" if spare else ""
        raise DataError(
            f"samples is {samples}, but {found}{left}: lower samples to {available - spare} or less."
        )


def _split(
    counts: Sequence[int], samples: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Training rows and labels in alternating order, and the rows left over with theirs."""
    positives = min(max((samples + 1) // 2, samples - counts[1]), counts[0])
    taken = (positives, samples - positives)
    shuffled = [rng.permutation(counts[0]), counts[0] + rng.permutation(counts[1])]
    train = np.concatenate([rows[:count] for rows, count in zip(shuffled, taken, strict=True)])
    rest = np.concatenate([rows[count:] for rows, count in zip(shuffled, taken, strict=True)])
    order = np.argsort(np.concatenate([2 * np.arange(taken[0]), 2 * np.arange(taken[1]) + 1]))
    y_rest = _labels(counts[0] - taken[0], counts[1] - taken[1])
    return train[order], _labels(*taken)[order], rest, y_rest


def _labels(positives: int, negatives: int) -> np.ndarray:
    return np.repeat([1.0, -1.0], [positives, negatives])


def _unit_rows(X: np.ndarray) -> np.ndarray:
    norms = np.linalg.norm(X, axis=1, keepdims=True)
    return X / np.where(norms > 0, norms, 1.0)
