"""Named columns of a table as features and labels."""

import re
from collections.abc import Sequence

import numpy as np

from kkt_unlearning.datasets.dataset import check_labels
from kkt_unlearning.errors import DataError, one_line

_LISTED = 10  # columns that a sentence names
# what pandas calls an index that it wrote: in a table as it is, and read and written once more
_INDEX = re.compile(r"|__index_level_\d+__|Unnamed: \d+(\.\d+)*", re.ASCII)
COPIES = 5  # of the table that are held at once: as read, X, float64, checked, in a batch


def checked_columns(columns: Sequence[str], label: str, name: str) -> list[str]:
    """The names without blanks around them: one is ``label``, there are others, and they differ.

    Raises:
        DataError: one of these does not hold.
    """
    columns = [column.strip() for column in columns]
    _check_names(columns, name)
    if label not in columns:
        raise DataError(
            f"{name} has no column {one_line(label)!r} of labels, its columns are {_listed(columns)}: "
            "rename the column of labels to that, or name it with label (--label)."
        )
    if len(columns) < 2:
        raise DataError(
            f"{name} has 1 column, {_listed(columns)}, but labels and at least one feature are needed: "
            "add features."
        )
    return columns


def _check_names(columns: Sequence[str], name: str) -> None:
    seen: set[str] = set()
    for place, column in enumerate(columns):
        if place and not column:
            raise DataError(
                f"{name}: column {place + 1} has no name, as a comma at the end of a line makes one: remove "
                "that column in all lines, or name it."
            )
        if _INDEX.fullmatch(column):
            raise DataError(
                f"{name}: column {place + 1} is named {one_line(column)!r}, as pandas names its index, "
                "which is no feature: remove that column, and save the table with index=False."
            )
        if column in seen:
            raise DataError(
                f"{name}: two columns are named {one_line(column)!r}, but each needs a name of its own: "
                "rename or remove one."
            )
        seen.add(column)


def _listed(columns: Sequence[str]) -> str:
    listed = one_line(", ".join(columns[:_LISTED]))
    return f"{listed}, …" if len(columns) > _LISTED else listed


def split(
    table: np.ndarray, columns: Sequence[str], label: str, name: str
) -> tuple[np.ndarray, np.ndarray]:
    """Features ``X (m, d)`` and labels ``y (m,)`` of a table ``(m, d + 1)`` of float64.

    Raises:
        DataError: a cell is nan or infinite, or a label is not ±1; the row is counted from 0.
    """
    wrong = np.argwhere(~np.isfinite(table))
    if wrong.size:
        row, place = (int(index) for index in wrong[0])
        raise DataError(missing(name, row, columns[place], f"{table[row, place]:g}"))
    place = list(columns).index(label)
    y = table[:, place].copy()
    check_labels(y, name, label, column=True)
    return np.delete(table, place, axis=1), y


def missing(
    name: str, row: int, column: str, found: str, remedy: str = "fill in or remove that row"
) -> str:
    """The sentence for a cell without a finite number."""
    return (
        f"{name}: row {row} (the first is 0) has {found} in column {one_line(column)!r}, but every cell "
        f"must be a finite number: {remedy}."
    )
