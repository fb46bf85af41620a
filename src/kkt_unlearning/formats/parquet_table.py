"""The table of a ``.parquet``, by pyarrow, in a process of its own, with which all ends that bytes do to it.

Standard input is a line of JSON, ``[name of the file, column of labels]``, and the file. Standard output is
a line of JSON, ``{"columns": names}`` or ``{"refused": sentence}``, and the numbers, row by row.
"""

import io
import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from kkt_unlearning.datasets.memory import check_memory, limits
from kkt_unlearning.errors import DataError, UserError, one_line
from kkt_unlearning.formats.columns import COPIES, checked_columns, missing
from kkt_unlearning.formats.opening import EXTRA, library
from kkt_unlearning.formats.parquet_file import damaged

_SPACE = 2**31  # bytes of addresses for Python and pyarrow themselves, which take 0.3 GB
_SECONDS = 60  # of a processor, for whatever is small
_PACE = 10**7  # bytes a second beyond; pyarrow makes more than 10⁸


def main() -> None:
    """Answer once."""
    name, label = json.loads(sys.stdin.buffer.readline())
    content = sys.stdin.buffer.read()
    try:
        columns, numbers = table(content, name, label)
        answer: dict[str, object] = {"columns": columns}
    except UserError as error:
        answer, numbers = {"refused": str(error)}, np.empty(0)
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
    sys.stdout.buffer.write(numbers.view(np.uint8).data)


def table(content: bytes, name: str, label: str) -> tuple[list[str], np.ndarray]:
    """Names of the columns and their numbers ``(m, d + 1)``, which are counted before they are read.

    Raises:
        DataError: as `kkt_unlearning.formats.read_data`.
    """
    arrow = library("pyarrow", name, EXTRA)
    parquet = library("pyarrow.parquet", name, EXTRA)
    _limit(len(content))
    unreadable = (arrow.ArrowException, OSError, ValueError, TypeError, OverflowError, MemoryError)
    try:
        source = parquet.ParquetFile(io.BytesIO(content), pre_buffer=False)
        schema, rows = source.schema_arrow, source.metadata.num_rows
    except unreadable as error:
        raise DataError(damaged(name, error)) from error
    columns = checked_columns(schema.names, label, name)
    for column, field in zip(columns, schema, strict=True):
        _check_type(arrow, column, field.type, label, name)
    needed = 8 * COPIES * max(rows, 0) * len(schema)
    check_memory(needed, name, "save fewer samples or features")
    _limit(len(content) + needed)
    try:
        return columns, _numbers(source.read(use_threads=False), columns, name)
    except unreadable as error:
        raise DataError(damaged(name, error)) from error


def _limit(size: int) -> None:
    """Of this process, for bytes that it holds; Windows has none."""
    resource = limits()
    if resource is None:
        return
    for kind, most in (
        (resource.RLIMIT_AS, _SPACE + 2 * size),
        (resource.RLIMIT_CPU, _SECONDS + size // _PACE),
    ):
        _, hard = resource.getrlimit(kind)
        soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with suppress(ValueError, OSError):  # macOS has no limit of addresses
            resource.setrlimit(kind, (soft, hard))


def _check_type(arrow: Any, column: str, kind: Any, label: str, name: str) -> None:
    types = arrow.types
    if types.is_floating(kind) or types.is_integer(kind) or types.is_boolean(kind):
        return
    if column == label:
        raise DataError(
            f"{name}: column {one_line(column)!r} of labels is of type {one_line(kind)}, but labels must be "
            f"-1 or +1: with one of the two classes as POSITIVE, recode them as "
            f"numpy.where(table[{one_line(column)!r}] == POSITIVE, 1.0, -1.0)."
        )
    raise DataError(
        f"{name}: column {one_line(column)!r} is of type {one_line(kind)}, but must be numbers: convert it "
        "to float64, or remove it."
    )


def _numbers(table: Any, columns: Sequence[str], name: str) -> np.ndarray:
    """``(m, d + 1)``, float64."""
    if not table.num_rows:
        raise DataError(f"{name} has no rows: add samples.")
    numbers = np.empty((table.num_rows, table.num_columns))
    for place, column in enumerate(table.columns):
        if column.null_count:
            row = column.is_null().to_numpy().argmax()
            raise DataError(missing(name, int(row), columns[place], "nothing"))
        numbers[:, place] = column.to_numpy()
    return numbers


if __name__ == "__main__":
    main()
