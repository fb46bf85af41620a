"""Handwritten digits: two classes of the 8 by 8 images that come with scikit-learn."""

from collections.abc import Sequence

import numpy as np

from kkt_unlearning.datasets.dataset import Dataset
from kkt_unlearning.datasets.sampling import check_sizes
from kkt_unlearning.datasets.two_classes import TrainAndFresh, check_population, two_classes
from kkt_unlearning.errors import DataError


def generate(
    *,
    classes: Sequence[int],
    samples: int,
    fresh_samples: int,
    replicates: int,
    seed: int,
    mixing: float = 1.0,
) -> Dataset:
    """``x_i = (p_i - p̄)/‖p_i - p̄‖``, ``p_i`` the 64 pixels, ``p̄`` their training mean.

    The first class gets the label +1, the second -1; samples are drawn as in `two_classes`, and the
    fresh ones are centred by the same ``p̄``.

    Centring makes the training points linearly dependent (a positive combination of them is 0), so
    the Gram matrix has rank at most ``m - 1`` and is never strictly diagonally dominant:
    ``(m - 1) φ ≥ 1`` for every sample.

    Args:
        classes: two different digits, each from 0 to 9.
        samples: ``m ≥ 2`` training samples in each replicate; two digits have about 360 images
            together.
        fresh_samples: at most so many fresh samples in each replicate, fewer where fewer images are
            left.
        replicates: ``S ≥ 1`` random draws.
        seed: root entropy.
        mixing: ``t`` of `orthogonalise`; 1 for the data as they are.

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
    counts = (len(positive), len(negative))
    check_population(samples, counts, f"the digits {classes[0]} and {classes[1]} have {{}} images")
    pixels = np.concatenate([positive, negative])

    def features(train: np.ndarray, fresh: np.ndarray, _: np.ndarray) -> TrainAndFresh:
        centre = pixels[train].mean(axis=0)
        return pixels[train] - centre, pixels[fresh] - centre

    return two_classes(
        counts,
        features,
        samples=samples,
        fresh_samples=fresh_samples,
        mixing=mixing,
        replicates=replicates,
        seed=seed,
    )


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
