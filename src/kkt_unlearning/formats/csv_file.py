"""A table in a ``.csv``: a line of names, then lines of numbers, separated by commas, in UTF-8."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import BinaryIO

import numpy as np

from kkt_unlearning.datasets.dataset import label_refused
from kkt_unlearning.datasets.memory import check_memory
from kkt_unlearning.errors import DataError, one_line
from kkt_unlearning.formats.columns import COPIES, checked_columns, missing, split
from kkt_unlearning.formats.opening import size_of

_COMMA = re.compile(r"\s*([+-]?\d*),(\d+(?:[eE][+-]?\d+)?)\s*", re.ASCII)  # 1,5 for 1.5
_MINUS = str.maketrans("\u2010\u2011\u2012\u2013\u2212", "-----")  # dashes that stand for a minus
_PIECE = 2**20  # bytes read in one go
_LONGEST_CELL = 131_072  # characters, as Python has it by default
_CELL = 100  # bytes of memory that a cell of one line may take, beside its characters


def read_csv(file: BinaryIO, name: str, label: str) -> tuple[np.ndarray, np.ndarray]:
    """Features ``X (m, d)`` and labels ``y (m,)``, each number the nearest float64 to what is written.

    Raises:
        DataError: as `kkt_unlearning.formats.read_data`.
    """
    _check_bytes(file, name)
    try:
        with _limited_cells():
            columns, table = _table(file, label, name)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{name} has the byte {error.object[error.start]:#04x}, which is no text in UTF-8: save it as a "
            "CSV in UTF-8."
        ) from error
    except csv.Error as error:
        raise DataError(
            f"{name}: the line of names is none of a CSV ({one_line(error)}): mend its quotes."
        ) from error
    return split(table, columns, label, name)


def _check_bytes(file: BinaryIO, name: str) -> None:
    """No more numbers than memory, counted by what separates them, and no bytes that text lacks.

    A line can be as long as the file, so that lines are counted in pieces.
    """
    size_of(file, name)
    separators = length = cells = longest = widest = 0
    while piece := file.readline(_PIECE):
        if b"\0" in piece:
            raise DataError(
                f"{name} has a NUL byte, which no text in UTF-8 has: save it as a CSV in UTF-8."
            )
        if len(piece) == _PIECE and b"," not in piece:
            raise DataError(
                f"{name} has a million bytes without a comma or the end of a line, which no number has: save "
                "one line for each sample, with commas between numbers."
            )
        commas = piece.count(b",") + piece.count(b"\r") + 1
        separators, length, cells = separators + commas, length + len(piece), cells + commas
        longest, widest = max(longest, length), max(widest, cells)
        if piece.endswith(b"\n"):
            length = cells = 0
    needed = 8 * COPIES * separators + _CELL * widest + 8 * longest
    check_memory(needed, name, "save fewer samples or features")


@contextmanager
def _limited_cells() -> Iterator[None]:
    """Whatever limit other libraries have set for the whole process."""
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


@contextmanager
def _lines(file: BinaryIO) -> Iterator[Iterator[str]]:
    """Lines of text without those that are blank; the file stays open, whatever becomes of them."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        yield (line for line in text if line.strip())
    finally:
        text.detach()


def _table(file: BinaryIO, label: str, name: str) -> tuple[list[str], np.ndarray]:
    """Names of the columns, and the numbers ``(m, d + 1)`` below them."""
    with _lines(file) as lines:
        columns = _header(next(csv.reader(lines, strict=True), []), label, name)
        try:
            return columns, _numbers(lines, columns, name)
        except (UnicodeDecodeError, DataError):
            raise
        except (ValueError, MemoryError) as error:
            failure = error
    _refuse_cell(file, columns, label, name)
    raise DataError(
        f"{name} cannot be read as a table of numbers ({one_line(failure)}): save it again."
    ) from failure


def _header(columns: list[str], label: str, name: str) -> list[str]:
    if not columns:
        raise DataError(f"{name} has no line of text: save a line of names, then one for each row.")
    if all(map(_is_number, columns)):
        raise DataError(
            f"{name} begins with numbers, {one_line(', '.join(columns[:3]))}, but the first line must name "
            "the columns: add such a line."
        )
    if len(columns) == 1:
        raise DataError(
            f"{name} begins with a line of 1 column, {one_line(columns[0])!r}, but labels and at least one "
            "feature are needed: save a line of their names first, and commas between the cells of all lines."
        )
    return checked_columns(columns, label, name)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return cell.isascii() and "_" not in cell  # Python reads more than C


def _numbers(lines: Iterator[str], columns: list[str], name: str) -> np.ndarray:
    first = next(lines, None)
    if first is None:
        raise DataError(f"{name} has a line of names and no rows: add samples.")
    rows = _unquoted(_cells(chain([first], lines), name), len(columns))
    return np.loadtxt(rows, delimiter=",", comments=None, ndmin=2)


def _cells(lines: Iterable[str], name: str) -> Iterator[list[str]]:
    """The cells of each row."""
    rows = csv.reader(lines, strict=True)
    row = 0
    try:
        for cells in rows:
            yield cells
            row += 1
    except csv.Error as error:
        raise DataError(
            f"{name}: row {row} (the first is 0) is none of a CSV ({one_line(error)}): mend its quotes."
        ) from error


def _unquoted(rows: Iterable[list[str]], columns: int) -> Iterator[str]:
    """Lines without quotes: NumPy would read ``"1"2`` as 12."""
    for cells in rows:
        if len(cells) != columns:
            raise ValueError("a row has too few cells, or too many")
        yield ",".join(cells)


def _refuse_cell(file: BinaryIO, columns: list[str], label: str, name: str) -> None:
    """Raise the sentence for the first row that is too short or long, or the first cell without a number."""
    with _lines(file) as lines:
        next(csv.reader(lines, strict=True))
        for row, cells in enumerate(_cells(lines, name)):
            if len(cells) != len(columns):
                raise DataError(_ragged(name, row, len(cells), len(columns)))
            for column, cell in zip(columns, cells, strict=True):
                _check_sign(cell, row, column, name)
                if column == label:
                    _check_label(cell, row, column, name)
                _check_cell(cell, row, column, name)


def _check_sign(cell: str, row: int, column: str, name: str) -> None:
    """Dashes that word processors write for a minus."""
    if not _is_number(cell) and _is_number(meant := cell.translate(_MINUS)):
        remedy = f"write {one_line(meant.strip())}, with the minus of a keyboard"
        raise DataError(missing(name, row, column, repr(one_line(cell)), remedy))


def _check_label(cell: str, row: int, column: str, name: str) -> None:
    """Words and booleans as labels, which pandas reads as such."""
    word = cell.strip()
    if word and not _is_number(word) and not _COMMA.fullmatch(word):
        found = {"true": True, "false": False}.get(word.lower(), word)
        raise DataError(label_refused(name, column, row, found, [found], column=True))


def _check_cell(cell: str, row: int, column: str, name: str) -> None:
    if not cell.strip():
        raise DataError(missing(name, row, column, "nothing"))
    comma = _COMMA.fullmatch(cell)
    if comma:
        point = one_line(f"{comma[1]}.{comma[2]}")
        remedy = f"write {point}, with a point for the comma"
        raise DataError(missing(name, row, column, repr(one_line(cell)), remedy))
    if not _is_number(cell):
        remedy = "fill in a number such as -1234.5, or remove that row"
        raise DataError(missing(name, row, column, repr(one_line(cell)), remedy))


def _ragged(name: str, row: int, found: int, expected: int) -> str:
    return (
        f"{name}: row {row} (the first is 0) has {found} cells, but the first line names {expected} columns: "
        "mend that row."
    )
