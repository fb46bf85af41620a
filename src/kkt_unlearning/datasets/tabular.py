"""Tables of measurements: two classes of a data set that comes with scikit-learn."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kkt_unlearning.datasets.dataset import Dataset
from kkt_unlearning.datasets.scaling import standardised
from kkt_unlearning.datasets.two_classes import check_population, two_classes
from kkt_unlearning.errors import DataError

NAMES = ("breast_cancer", "iris", "wine")


def generate(
    *,
    name: str,
    classes: Sequence[str],
    samples: int,
    fresh_samples: int,
    replicates: int,
    seed: int,
    mixing: float = 1.0,
) -> Dataset:
    """``x_i = z_i/‖z_i‖``, ``z_ik = (p_ik - p̄_k)/s_k``, mean and deviation over the rows left over.

    The first class gets the label +1, the second -1; samples are drawn as in `two_classes`.

    Args:
        name: one of `NAMES`.
        classes: two different classes of that data set, by name.
        samples: ``m ≥ 2`` training samples in each replicate; at least 2 rows must be left over.
        fresh_samples: at most so many fresh samples in each replicate.
        replicates: ``S ≥ 1`` random draws.
        seed: root entropy.
        mixing: ``t`` of `orthogonalise`; 1 for the data as they are.

    Returns:
        Data set of ``X (S, m, d)``, ``y (S, m)``, ``X_fresh (S, t, d)``, ``y_fresh (S, t)``, rows
        of unit norm.

    Raises:
        DataError: no data set or class has that name, a size is too small, or rows are too few.

    Source: ``sklearn.datasets.load_breast_cancer`` (569 rows, 30 features), ``load_iris`` (150, 4),
    ``load_wine`` (178, 13), copies of UCI data sets.
    """
    rows, counts = _rows(name, classes)
    population = f"the classes {classes[0]} and {classes[1]} of {name} have {{}} rows"
    check_population(samples, counts, population, spare=2)
    return two_classes(
        counts,
        standardised(rows),
        samples=samples,
        fresh_samples=fresh_samples,
        mixing=mixing,
        replicates=replicates,
        seed=seed,
    )


def _rows(name: str, classes: Sequence[str]) -> tuple[np.ndarray, tuple[int, int]]:
    """All rows of the first class, then of the second, and how many of each there are."""
    table = _load(name)
    known = [str(label) for label in table.target_names]
    if len(classes) != 2 or classes[0] == classes[1] or not set(classes) <= set(known):
        raise DataError(
            f"classes is {list(classes)}, but must be two different classes of {name}: "
            f"choose from {', '.join(known)}."
        )
    members = [table.data[table.target == known.index(label)] for label in classes]
    return np.concatenate(members), (len(members[0]), len(members[1]))


def _load(name: str) -> Any:
    if name not in NAMES:
        raise DataError(
            f"name is {name!r}, which is not a known data set: choose one of {', '.join(NAMES)}."
        )
    try:
        from sklearn import datasets  # slow to load, and no other source needs it
    except ImportError as error:
        raise DataError(
            "source tabular needs scikit-learn, which is not installed: "
            "in a checkout of this project, run pip install '.[pipeline]'."
        ) from error
    return getattr(datasets, f"load_{name}")()
