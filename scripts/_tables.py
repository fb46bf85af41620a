"""Tables as text: what stands in a ``.csv``, and the digits that count.

NumPy is imported where an array is made: a job that only puts tables of text together does without,
which halves its time.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kkt_unlearning.precision import ROUND_OFF

if TYPE_CHECKING:
    import numpy as np

SIGNIFICANT_DIGITS = 6

Table = Mapping[str, Sequence] | Iterable[Mapping[str, Any]]


def as_csv(table: Table) -> str:
    """A tidy table as text, from columns or from rows, floats with all their digits.

    Args:
        table: ``{column: values}``, columns of the same length, or rows ``{column: value}`` with
            the same keys in the same order.

    Raises:
        ValueError: columns of different lengths, rows of different keys, or no rows at all to name
            the columns.
    """
    header, rows = _as_rows(table)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([[cell(value) for value in row] for row in rows])
    return text.getvalue()


def parsed(content: bytes) -> list[list[str]]:
    """Rows of a ``.csv`` as text, its header first.

    Raises:
        ValueError: it is no text or no table.
    """
    try:
        return list(csv.reader(io.StringIO(content.decode(), newline="")))
    except csv.Error as error:
        raise ValueError(f"this is no table ({error})") from error


def columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, np.ndarray]:
    """Columns of cells: int64, float64 (``nan`` for an empty cell), bool or text.

    Raises:
        ValueError: rows of different lengths.
    """
    cells = zip(*rows, strict=True) if rows else [()] * len(header)
    return {name: _typed(column) for name, column in zip(header, cells, strict=True)}


def rounded(cell: str) -> str:
    """A number to 6 significant digits, the same on two machines; other text as it is.

    What is below 1e-12 in size is round-off of numbers of order 1, with digits of chance: it is 0.
    """
    for kind in (int, float):
        try:
            value = kind(cell)
        except ValueError:
            continue
        value = 0.0 if abs(value) < ROUND_OFF else value
        return cell if kind is int else f"{value:.{SIGNIFICANT_DIGITS}g}"
    return cell


def cut(value: Any) -> Any:
    """A number with a point to 6 significant digits; whatever else as it is."""
    return float(rounded(repr(value))) if isinstance(value, float) else value


def cell(value: Any) -> str:
    """Shortest text that reads back as the same value; NumPy's own repr would add its type."""
    if hasattr(value, "item"):
        value = value.item()
    return repr(value) if isinstance(value, float) else str(value)


def _as_rows(table: Table) -> tuple[list[str], list[list[Any]]]:
    if isinstance(table, Mapping):
        import numpy as np

        rows = zip(*(np.asarray(column).tolist() for column in table.values()), strict=True)
        return list(table), [list(row) for row in rows]
    records = list(table)
    if not records:
        raise ValueError("a table without rows does not show its columns: pass columns instead.")
    header = list(records[0])
    if any(list(record) != header for record in records):
        raise ValueError(f"every row must have the columns {header}, in this order.")
    return header, [list(record.values()) for record in records]


def _typed(cells: Sequence[str]) -> np.ndarray:
    import numpy as np

    if set(cells) <= {"True", "False"} and cells:
        return np.array([cell == "True" for cell in cells])
    for kind, empty in ((np.int64, None), (np.float64, "nan")):
        try:
            return np.array([(cell or empty) if empty else cell for cell in cells]).astype(kind)
        except (ValueError, OverflowError):
            continue
    return np.array(cells)
