"""A batch of data sets and the conditions every one of them has to meet."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np

from kkt_unlearning.errors import LONGEST, DataError, one_line

SHORTEST = 1e-9
"""Of the longest sample, the feature of a bias included: λ grows as 1/‖x‖², and float64 has 16 digits.

Measured with one short sample of eight in 60 dimensions: exact points are found down to 1e-9 of the longest,
and at 1e-10 no longer.
"""
_MISSING = ("nan", "inf", "-inf", "None", "<NA>", "NaT")  # as Python and pandas write them
_LONGEST = (
    1e50  # the shortest longest sample is one over it: products of two are far from what overflows
)


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


def check_lengths(X: np.ndarray, name: str) -> None:
    """Check that no row of ``X (m, d)``, as the network sees it, is lost in the round-off of another.

    Raises:
        DataError: a row is shorter than `SHORTEST` of the longest.
    """
    norms = _norms(X)
    row, longest = int(norms.argmin()), float(norms.max())
    if norms[row] < SHORTEST * longest:
        raise DataError(
            f"{name}: row {row} of X has norm {norms[row]:.3g} and the longest {longest:.3g}, but "
            f"{SHORTEST:g} of that is needed, or the row is lost in round-off: check the units of that row, "
            "or remove it."
        )


def check_longest(X: np.ndarray, key: str, name: str) -> None:
    """Check that float64 holds inner products, their squares and the products of two.

    Raises:
        DataError: the longest row of ``X (m, d)`` is beyond ``10^±50``, and not 0.
    """
    norms = _norms(X)
    if not X.any() or 1 / _LONGEST <= norms.max() <= _LONGEST:
        return
    raise DataError(
        f"{name}: the longest row of {key}, row {norms.argmax()}, has norm {norms.max():.3g}, but numbers "
        f"from {1 / _LONGEST:g} to {_LONGEST:g} are needed: scale the features, all by one number."
    )


def _norms(X: np.ndarray) -> np.ndarray:
    """``‖x_i‖``, whatever its size."""
    size = np.abs(X).max(initial=0.0) or 1.0
    with np.errstate(over="ignore", under="ignore"):
        return size * np.linalg.norm(X / size, axis=-1)


def check_labels(y: np.ndarray, name: str, key: str, *, column: bool = False) -> None:
    """Check ``y_i ∈ {-1, +1}``.

    Args:
        y: labels, ``(m,)``, of any dtype.
        name: what the sentence calls the data.
        key: what it calls the labels: an array, or a column of a table.
        column: which of the two.

    Raises:
        DataError: another label occurs; the sentence says how to recode them.
    """
    if y.dtype.kind not in "biufUSO":
        raise DataError(
            f"{name}: {key} is {one_line(y.dtype)}, but labels must be the real numbers -1 or +1: convert it."
        )
    if y.dtype.kind in "iuf":
        right = np.isin(y, (-1, 1))
    else:  # booleans are no numbers here, and 1 is a number among objects
        right = np.array([type(label) in (int, float) and abs(label) == 1 for label in y.tolist()])
    if right.all():
        return
    labels, row = y.tolist(), int(right.argmin())
    raise DataError(label_refused(name, key, row, labels[row], labels, column=column))


def label_refused(
    name: str, key: str, row: int, label: object, labels: Iterable[object], *, column: bool
) -> str:
    """The sentence for a label that is not ±1.

    Args:
        name, key, column: as in `check_labels`.
        labels: all of them, or those that were read: they tell how many classes there are.
    """
    where = (
        f"row {row} (the first is 0) has {_written(label)} in column {one_line(key)!r}"
        if column
        else f"{key}[{row}] is {_written(label)}"
    )
    array = f"table[{one_line(key)!r}]" if column else key
    return f"{name}: {where}, but labels must be -1 or +1: {recoded(array, labels)}."


def recoded(array: str, labels: Iterable[object]) -> str:
    """How ``labels`` become ±1, as the end of a sentence: code for NumPy, PyTorch and pandas alike."""
    classes = {label if isinstance(label, str | int | float) else str(label) for label in labels}
    if any(str(label) in _MISSING for label in classes):
        return "fill in labels that are missing, or remove their rows"
    if classes <= {0, 1}:  # booleans are equal to these; of uint8, 2 * y - 1 has 255
        return f"recode the two classes as 2.0 * {array} - 1"
    numbers = [label for label in classes if not isinstance(label, str)]
    one = max(numbers, key=lambda label: (label == 1, label)) if numbers else max(classes, key=str)
    which = (
        "the two classes" if len(classes) <= 2 else "two of the classes, without the other rows,"
    )
    # a list is equal to no label
    return f"recode {which} as numpy.where(numpy.asarray({array}) == {_written(one)}, 1.0, -1.0)"


def _written(label: object) -> str:
    if isinstance(label, float) and float(f"{label:g}") == label:
        return f"{label:g}"
    # what Python writes of text is on one line as it is, blanks and all
    return repr(label)[:LONGEST] if isinstance(label, str) else one_line(repr(label))


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
        remedy = (
            "reshape it" if y.size == len(X) else f"give one label -1 or +1 for each row of {X_key}"
        )
        raise DataError(
            f"{name}: {y_key} has shape {y.shape}, but must be {X.shape[:1]}: {remedy}."
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
    """The first two rows of ``X (m, d)`` that are the same sample with different labels, if there are any."""
    # Hashing the rows is O(m d); numpy.unique(axis=0) compares d-field records, slow at d = 10,000.
    # Adding 0.0 turns -0.0 into 0.0, which is the same sample with other bytes.
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
            f"{name}: rows {first} and {row} of X are the same sample with labels {y[first]:+g} "
            f"and {y[row]:+g}, but a sample can have one label only: remove one of the two."
        )
