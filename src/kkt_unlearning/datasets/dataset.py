"""A batch of data sets and the conditions every one of them has to meet."""

from dataclasses import dataclass, fields

import numpy as np

from kkt_unlearning.errors import DataError


@dataclass(frozen=True, eq=False)
class Dataset:
    """``{(x_i, y_i)}, i = 1..m``, ``x_i ∈ R^d``, ``y_i ∈ {-1, +1}``: ``S`` of them in one batch.

    Args:
        X: features of the training samples, ``(S, m, d)``.
        y: their labels, ``(S, m)``.
        X_fresh: features of samples that no network is trained on, ``(S, t, d)``; ``t`` may be 0.
        y_fresh: their labels, ``(S, t)``.

    All arrays are float64.

    Raises:
        DataError: an array is misshapen or not float64, or a replicate fails `check_data`.

    Setting of arXiv 2510.14844, section 2.
    """

    X: np.ndarray
    y: np.ndarray
    X_fresh: np.ndarray
    y_fresh: np.ndarray

    def __post_init__(self) -> None:
        for field in fields(self):
            _check_float64(getattr(self, field.name), field.name)
        _check_batch_shapes(self)
        for replicate in range(self.replicates):
            name = f"replicate {replicate}"
            check_data(self.X[replicate], self.y[replicate], name)
            check_fresh(self.X_fresh[replicate], self.y_fresh[replicate], self.dimension, name)

    @property
    def replicates(self) -> int:
        """``S``."""
        return self.X.shape[0]

    @property
    def samples(self) -> int:
        """``m``."""
        return self.X.shape[1]

    @property
    def dimension(self) -> int:
        """``d``."""
        return self.X.shape[2]


def check_data(X: np.ndarray, y: np.ndarray, name: str) -> None:
    """Check one data set as `check_samples`, and that no row is zero.

    A network without bias gives such a point margin 0 whatever its weights.

    Args:
        X: features, ``(m, d)``, real.
        y: labels, ``(m,)``, real.
        name: what the sentence calls the data, such as the file they come from.

    Raises:
        DataError: one sentence with the value found, what is allowed and the remedy.
    """
    check_samples(X, y, name)
    zero = np.flatnonzero(~X.any(axis=1))
    if zero.size:
        raise DataError(
            f"{name}: row {zero[0]} of X is zero, but a network without bias gives such a point "
            "margin 0 whatever its weights: remove it."
        )


def check_samples(X: np.ndarray, y: np.ndarray, name: str) -> None:
    """Check one data set: ``m ≥ 2``, ``d ≥ 1``, finite features, both labels, no contradiction.

    Labels are -1 and +1. A contradiction is a point that occurs with both labels: no parameters
    give it two positive margins, so the max-margin problem has no KKT point.

    Args:
        X: features, ``(m, d)``, real.
        y: labels, ``(m,)``, real.
        name: what the sentence calls the data, such as the file they come from.

    Raises:
        DataError: one sentence with the value found, what is allowed and the remedy.
    """
    _check_rows(X, y, name, "X", "y")
    samples, dimension = X.shape
    if samples < 2:
        raise DataError(
            f"{name}: X has {samples} row(s), but at least 2 samples are needed: add samples."
        )
    if dimension < 1:
        raise DataError(
            f"{name}: X has {dimension} columns, but at least 1 feature is needed: add features."
        )
    _check_values(X, y, name, "X", "y")
    if np.all(y == y[0]):
        raise DataError(
            f"{name}: every label in y is {y[0]:+g}, but both -1 and +1 must occur: "
            "add samples of the other class."
        )
    _check_contradictions(X, y, name)


def check_fresh(X_fresh: np.ndarray, y_fresh: np.ndarray, dimension: int, name: str) -> None:
    """Check the fresh samples of one data set: any number of them, finite features, labels ±1.

    Args:
        X_fresh: features, ``(t, d)``, real; ``t`` may be 0.
        y_fresh: labels, ``(t,)``, real; one class alone will do.
        dimension: ``d`` of the training samples.
        name: what the sentence calls the data.

    Raises:
        DataError: one sentence with the value found, what is allowed and the remedy.
    """
    _check_rows(X_fresh, y_fresh, name, "X_fresh", "y_fresh")
    if X_fresh.shape[1] != dimension:
        raise DataError(
            f"{name}: X_fresh has {X_fresh.shape[1]} columns, but X has {dimension}: "
            "give both the same features."
        )
    _check_values(X_fresh, y_fresh, name, "X_fresh", "y_fresh")


def check_labels(y: np.ndarray, name: str, key: str) -> None:
    """Check ``y_i ∈ {-1, +1}``.

    Args:
        y: labels, ``(m,)``, real.
        name: what the sentence calls the data.
        key: what it calls the labels.

    Raises:
        DataError: another label occurs; for labels 0 and 1 the sentence says how to recode them.
    """
    wrong = np.flatnonzero(~np.isin(y, (-1, 1)))
    if wrong.size:
        row = int(wrong[0])
        how = f", 0 and 1 as 2 * {key} - 1" if np.all(np.isin(y, (0, 1))) else ""
        raise DataError(
            f"{name}: {key}[{row}] is {y[row]:g}, but labels must be -1 or +1: "
            f"recode the two classes{how}."
        )


def _check_float64(array: np.ndarray, key: str) -> None:
    if not isinstance(array, np.ndarray) or array.dtype != np.float64:
        found = getattr(array, "dtype", type(array).__name__)
        raise DataError(
            f"{key} is {found}, but must be a float64 array: "
            f"convert it with numpy.asarray({key}, float)."
        )


def _check_batch_shapes(dataset: Dataset) -> None:
    dimensions = {"X": 3, "y": 2, "X_fresh": 3, "y_fresh": 2}
    for key, expected in dimensions.items():
        shape = getattr(dataset, key).shape
        if len(shape) != expected:
            axes = "(replicates, samples, dimension)" if expected == 3 else "(replicates, samples)"
            raise DataError(f"{key} has shape {shape}, but must have the axes {axes}: reshape it.")
    sizes = {key: len(getattr(dataset, key)) for key in dimensions}
    if len(set(sizes.values())) > 1 or sizes["X"] < 1:
        found = ", ".join(f"{size} in {key}" for key, size in sizes.items())
        raise DataError(
            f"the replicates are {found}, but all arrays need the same number, at least 1: "
            "align axis 0."
        )


def _check_rows(X: np.ndarray, y: np.ndarray, name: str, X_key: str, y_key: str) -> None:
    if X.ndim != 2:
        raise DataError(
            f"{name}: {X_key} has shape {X.shape}, but must be (samples, dimension): reshape it."
        )
    if y.shape != X.shape[:1]:
        raise DataError(
            f"{name}: {y_key} has shape {y.shape}, but must be {X.shape[:1]}: "
            f"give one label for each row of {X_key}."
        )


def _check_values(X: np.ndarray, y: np.ndarray, name: str, X_key: str, y_key: str) -> None:
    if not np.all(np.isfinite(X)):
        row, column = (int(index) for index in np.argwhere(~np.isfinite(X))[0])
        raise DataError(
            f"{name}: {X_key}[{row}, {column}] is {X[row, column]}, but features must be finite: "
            "replace or remove that sample."
        )
    check_labels(y, name, y_key)


def contradiction(X: np.ndarray, y: np.ndarray) -> tuple[int, int] | None:
    """The first two rows of ``X (m, d)`` that are the same point with different labels, if there are any."""
    # Hashing the rows is O(m d); numpy.unique(axis=0) compares d-field records, slow at d = 10,000.
    # Adding 0.0 turns -0.0 into 0.0, which is the same point with other bytes.
    first_with: dict[bytes, int] = {}
    for row, point in enumerate(X + 0.0):
        first = first_with.setdefault(point.tobytes(), row)
        if y[first] != y[row]:
            return first, row
    return None


def _check_contradictions(X: np.ndarray, y: np.ndarray, name: str) -> None:
    rows = contradiction(X, y)
    if rows is not None:
        first, row = rows
        raise DataError(
            f"{name}: rows {first} and {row} of X are the same point with labels {y[first]:+g} "
            f"and {y[row]:+g}, but a point can have one label only: remove one of the two."
        )
