"""A table in a ``.parquet``: flat columns of numbers."""

from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np

from kkt_unlearning.datasets.memory import check_memory
from kkt_unlearning.errors import DataError, one_line
from kkt_unlearning.formats.columns import COPIES, checked_columns, missing, split
from kkt_unlearning.formats.opening import EXTRA, library, size_of


def read_parquet(file: BinaryIO, name: str, label: str) -> tuple[np.ndarray, np.ndarray]:
    """Features ``X (m, d)`` and labels ``y (m,)``; rows and columns are counted before they are read.

    Raises:
        DataError: as `kkt_unlearning.formats.read_data`.
    """
    arrow = library("pyarrow", name, EXTRA)
    parquet = library("pyarrow.parquet", name, EXTRA)
    size_of(file, name)
    unreadable = (arrow.ArrowException, OSError, ValueError, TypeError, OverflowError)
    try:
        source = parquet.ParquetFile(file)
        schema, rows = source.schema_arrow, source.metadata.num_rows
    except (*unreadable, MemoryError) as error:
        raise DataError(_damaged(name, error)) from error
    columns = checked_columns(schema.names, label, name)
    for column, field in zip(columns, schema, strict=True):
        _check_type(arrow, column, field.type, label, name)
    check_memory(8 * COPIES * max(rows, 0) * len(schema), name, "save fewer samples or features")
    try:
        table = source.read(use_threads=False)
        return split(_numbers(table, columns, name), columns, label, name)
    except (*unreadable, MemoryError) as error:
        raise DataError(_damaged(name, error)) from error


def _damaged(name: str, error: BaseException) -> str:
    return f"{name} is not a Parquet file, or a damaged one ({one_line(error)}): save it anew."


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
