"""Handwritten digits: two classes of the 8 by 8 images that come with scikit-learn."""

from collections.abc import Sequence

import numpy as np

from kkt_unlearning.datasets.dataset import Dataset
from kkt_unlearning.datasets.sampling import batch, check_sizes
from kkt_unlearning.errors import DataError
from kkt_unlearning.seeding import Stream, generator


def generate(
    *, classes: Sequence[int], samples: int, fresh_samples: int, replicates: int, seed: int
) -> Dataset:
    """``x_i = (p_i - p̄)/‖p_i - p̄‖``, ``p_i`` the 64 pixels, ``p̄`` their training mean.

    The first class gets the label +1, the second -1. Each replicate draws its training sample
    without replacement, half from each class as far as they last, in alternating order; its fresh
    samples come from the images left over and are centred by the same ``p̄``.

    Centring makes the training points linearly dependent (a positive combination of them is 0), so
    the Gram matrix has rank at most ``m - 1``.

    Args:
        classes: two different digits, each from 0 to 9.
        samples: ``m ≥ 2`` training samples in each replicate; two digits have about 360 images
            together.
        fresh_samples: at most so many fresh samples in each replicate, fewer where fewer images are
            left.
        replicates: ``S ≥ 1`` random draws.
        seed: root entropy.

    Returns:
        Data set of ``X (S, m, 64)``, ``y (S, m)``, ``X_fresh (S, t, 64)``, ``y_fresh (S, t)``, rows
        of unit norm.

    Raises:
        DataError: a size is too small, the classes are not two different digits, or there are too
            few images.

    Source: ``sklearn.datasets.load_digits``, 1797 images of the UCI data set
    "Optical Recognition of Handwritten Digits" (its test part).
    """
    check_sizes(samples=samples, fresh_samples=fresh_samples, replicates=replicates, seed=seed)
    _check_classes(classes)
    positive, negative = _images(classes)
    available = len(positive) + len(negative)
    if samples > available:
        raise DataError(
            f"samples is {samples}, but the digits {classes[0]} and {classes[1]} have "
            f"{available} images: lower samples to {available} or less."
        )

    def draw(replicate):
        X, y, rest, y_rest = _split(
            positive, negative, samples, generator(seed, Stream.DATA, replicate)
        )
        chosen = generator(seed, Stream.FRESH, replicate).permutation(len(rest))[:fresh_samples]
        centre = X.mean(axis=0)
        return _unit_rows(X - centre), y, _unit_rows(rest[chosen] - centre), y_rest[chosen]

    return batch(draw, replicates)


def _check_classes(classes: Sequence[int]) -> None:
    if (
        len(classes) != 2
        or classes[0] == classes[1]
        or any(digit not in range(10) for digit in classes)
    ):
        raise DataError(
            f"classes is {list(classes)}, but must be two different digits, each from 0 to 9: "
            "choose for example [3, 8]."
        )


def _images(classes: Sequence[int]) -> list[np.ndarray]:
    try:
        from sklearn.datasets import load_digits  # slow to load, and no other source needs it
    except ImportError as error:
        raise DataError(
            "source digits needs scikit-learn, which is not installed: "
            "pip install 'kkt-unlearning[pipeline]'."
        ) from error

    pixels, digits = load_digits(return_X_y=True)
    return [pixels[digits == digit] for digit in classes]


def _split(
    positive: np.ndarray, negative: np.ndarray, samples: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Training images and labels in alternating order, and the images left over with theirs."""
    positives = min(max((samples + 1) // 2, samples - len(negative)), len(positive))
    counts = (positives, samples - positives)
    shuffled = [rng.permutation(images) for images in (positive, negative)]
    X = np.concatenate([images[:count] for images, count in zip(shuffled, counts, strict=True)])
    rest = np.concatenate([images[count:] for images, count in zip(shuffled, counts, strict=True)])
    order = np.argsort(np.concatenate([2 * np.arange(counts[0]), 2 * np.arange(counts[1]) + 1]))
    y_rest = _labels(len(positive) - counts[0], len(negative) - counts[1])
    return X[order], _labels(*counts)[order], rest, y_rest


def _labels(positives: int, negatives: int) -> np.ndarray:
    return np.repeat([1.0, -1.0], [positives, negatives])


def _unit_rows(X: np.ndarray) -> np.ndarray:
    return X / np.linalg.norm(X, axis=1, keepdims=True)
