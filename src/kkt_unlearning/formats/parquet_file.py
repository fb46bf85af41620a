"""A table in a ``.parquet``: flat columns of numbers."""

from typing import Any, BinaryIO

import numpy as np

from kkt_unlearning.datasets.memory import check_memory
from kkt_unlearning.errors import DataError, one_line
from kkt_unlearning.formats.columns import COPIES, check_columns, missing, split
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
    check_columns(schema.names, label, name)
    for field in schema:
        _check_type(arrow, field, name)
    check_memory(8 * COPIES * max(rows, 0) * len(schema), name, "save fewer samples or features")
    try:
        table = source.read(use_threads=False)
        return split(_numbers(table, name), schema.names, label, name)
    except (*unreadable, MemoryError) as error:
        raise DataError(_damaged(name, error)) from error


def _damaged(name: str, error: BaseException) -> str:
    return f"{name} is not a Parquet file, or a damaged one ({one_line(error)}): save it anew."


def _check_type(arrow: Any, field: Any, name: str) -> None:
    types = arrow.types
    if not (
        types.is_floating(field.type)
        or types.is_integer(field.type)
        or types.is_boolean(field.type)
    ):
        raise DataError(
            f"{name}: column {one_line(field.name)!r} is of type {one_line(field.type)}, but must be "
            "numbers: convert it to float64, or remove it."
        )


def _numbers(table: Any, name: str) -> np.ndarray:
    """``(m, d + 1)``, float64."""
    if not table.num_rows:
        raise DataError(f"{name} has no rows: add samples.")
    numbers = np.empty((table.num_rows, table.num_columns))
    for place, column in enumerate(table.columns):
        if column.null_count:
            row = column.is_null().to_numpy().argmax()
            raise DataError(missing(name, int(row), table.column_names[place], "nothing"))
        numbers[:, place] = column.to_numpy()
    return numbers
