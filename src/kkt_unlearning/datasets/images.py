"""What the sources of images share: two groups of digits, pixels centred by the training mean."""

from collections.abc import Sequence

import numpy as np

from kkt_unlearning.datasets.dataset import Dataset
from kkt_unlearning.datasets.sampling import check_sizes
from kkt_unlearning.datasets.two_classes import TrainAndFresh, check_population, two_classes
from kkt_unlearning.errors import DataError

Class = int | Sequence[int]  # a digit, or all digits of a group


def two_groups(
    pixels: np.ndarray,
    digits: np.ndarray,
    classes: Sequence[Class],
    *,
    samples: int,
    fresh_samples: int,
    replicates: int,
    seed: int,
    mixing: float = 1.0,
) -> Dataset:
    """``x_i = (p_i - p̄)/‖p_i - p̄‖``, ``p_i`` the pixels of an image, ``p̄`` their training mean.

    The first class gets the label +1, the second -1; samples are drawn as in `two_classes`, and the
    fresh ones are centred by the same ``p̄``.

    Centring makes the training points linearly dependent (a positive combination of them is 0), so
    the Gram matrix has rank at most ``m - 1`` and is never strictly diagonally dominant:
    ``(m - 1) φ ≥ 1`` for every sample.

    Args:
        pixels: of all images, ``(N, d)``.
        digits: what each image shows, from 0 to 9, ``(N,)``.
        classes: two different digits, each from 0 to 9; or a class is a group of digits, such as
            the even ones against the odd ones, and no digit is in both. A group's samples are drawn
            from all of its images together.
        samples: ``m ≥ 2`` training samples in each replicate.
        fresh_samples: at most so many fresh samples in each replicate, fewer where fewer images are
            left.
        replicates: ``S ≥ 1`` random draws.
        seed: root entropy.
        mixing: ``t`` of `orthogonalise`; 1 for the data as they are.

    Returns:
        Data set of ``X (S, m, d)``, ``y (S, m)``, ``X_fresh (S, t, d)``, ``y_fresh (S, t)``, rows
        of unit norm.

    Raises:
        DataError: a size is too small, the classes are not two different digits or groups of them,
            or there are too few images.
    """
    check_sizes(samples=samples, fresh_samples=fresh_samples, replicates=replicates, seed=seed)
    groups = _groups(classes)
    members = [pixels[np.isin(digits, group)] for group in groups]
    counts = (len(members[0]), len(members[1]))
    first, second = (", ".join(map(str, group)) for group in groups)
    check_population(samples, counts, f"the digits {first} and {second} have {{}} images")
    rows = np.concatenate(members)

    def features(train: np.ndarray, fresh: np.ndarray, _: np.ndarray) -> TrainAndFresh:
        centre = rows[train].mean(axis=0)
        return rows[train] - centre, rows[fresh] - centre

    return two_classes(
        counts,
        features,
        samples=samples,
        fresh_samples=fresh_samples,
        mixing=mixing,
        replicates=replicates,
        seed=seed,
    )


def _groups(classes: Sequence[Class]) -> list[list[int]]:
    """The digits of either class."""
    groups = [list(part) if isinstance(part, Sequence) else [part] for part in classes]
    digits = [digit for group in groups for digit in group]
    if (
        len(groups) != 2
        or not all(groups)
        or any(digit not in range(10) for digit in digits)
        or len(set(digits)) < len(digits)
    ):
        raise DataError(
            f"classes is {list(classes)}, but must be two different digits, each from 0 to 9, or two "
            "groups of them with none in common: choose for example [3, 8] or [[0, 2], [1, 3]]."
        )
    return groups
