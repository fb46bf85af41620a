"""Arrays and tables on disk: whole or not at all, as their job wrote them, and without pickle.

NumPy is imported where an array is made: a job that only puts tables of text together does without,
which halves its time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from _claims import current, temporary_name
from _errors import StorageError, deleting, told
from _hashes import record_of, unsealed
from _tables import Table, as_csv, columns, parsed

if TYPE_CHECKING:
    import numpy as np


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Name to write to; what lies there becomes ``path`` if the block ends well, else it goes.

    The name is in the same folder, so that the renaming is atomic, is unlike that of any other
    writer, since after a killed run two may meet on one file, and keeps the suffix, from which
    libraries tell the format.

    Raises:
        StorageError: the disk is full, read-only or closed to this user, or another run makes this
            file now.
    """
    path = Path(path)
    temporary = temporary_name(path)
    try:
        with told(path):
            yield temporary
            current().put(temporary, path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextmanager
def intact(path: str | Path) -> Iterator[BinaryIO]:
    """A file that a rule wrote, open to be read, if it has the hash that its job wrote down.

    Raises:
        StorageError: the file is missing, there is no record of it, it is not what was written, or not
            what this run asks for.
    """
    try:
        file = open(path, "rb")  # noqa: SIM115  closed below; the same bytes are hashed and read
    except FileNotFoundError as error:
        raise _missing(path) from error
    with file:
        digest, found = hashlib.file_digest(file, "sha256").hexdigest(), record_of(path)
        if found is None:
            raise StorageError(
                f"{path} has no hash beside it by which to tell whether it is whole: {deleting(path)}."
            )
        record, written = found
        if digest != written:
            raise _damaged(path)
        current().take(path, record, digest)
        file.seek(0)
        yield file


def read_record(path: str | Path) -> dict[str, Any]:
    """What a job wrote down about itself.

    Raises:
        StorageError: the file is missing, not what was written, or not what this run asks for.
    """
    try:
        content = Path(path).read_bytes()
        record = unsealed(content)
    except FileNotFoundError as error:
        raise _missing(path) from error
    except ValueError as error:
        raise _damaged(path) from error
    current().take(path, record, hashlib.sha256(content).hexdigest())
    return record


def _missing(path: str | Path) -> StorageError:
    return StorageError(f"{path} is missing: run snakemake, which makes it.")


def _damaged(path: str | Path) -> StorageError:
    return StorageError(
        f"{path} is not what its job wrote, it was cut short or changed: {deleting(path)}."
    )


def write_arrays(path: str | Path, **arrays: np.ndarray) -> None:
    """Write named arrays as an ``.npz``; the same arrays give the same bytes.

    Raises:
        TypeError: an array holds Python objects, which only pickle could save.
        StorageError: as `replacing`.
    """
    import numpy as np

    plain: dict[str, Any] = {name: np.asarray(array) for name, array in arrays.items()}
    for name, array in plain.items():
        if array.dtype.hasobject:
            raise TypeError(
                f"{path}: {name} holds Python objects, which cannot be saved without pickle."
            )
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, **plain)


def read_arrays(path: str | Path) -> dict[str, np.ndarray]:
    """All arrays of an ``.npz`` that a rule wrote.

    Raises:
        StorageError: as `intact`, or the file is not an ``.npz``, or holds pickled objects.
    """
    import numpy as np

    with intact(path) as file:
        try:
            with np.load(file, allow_pickle=False) as archive:
                return {name: archive[name] for name in archive.files}
        except Exception:  # whatever NumPy makes of a file that is none of ours
            raise StorageError(
                f"{path} is not an .npz of plain arrays: {deleting(path)}."
            ) from None


def write_table(path: str | Path, table: Table) -> None:
    """Write a tidy table as ``.csv``.

    Raises:
        ValueError: as `as_csv`.
        StorageError: as `replacing`.
    """
    write_text(path, as_csv(table))


def write_text(path: str | Path, text: str) -> None:
    """Write a text, in UTF-8.

    Raises:
        StorageError: as `replacing`.
    """
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_table(path: str | Path) -> dict[str, np.ndarray]:
    """Columns of a ``.csv``: int64, float64 (``nan`` for an empty cell), bool or text.

    Raises:
        StorageError: as `intact`, or the file is no table, or its rows have different lengths.
    """
    return columns(*read_cells(path))


def read_cells(path: str | Path) -> tuple[list[str], list[list[str]]]:
    """Header and rows of a ``.csv`` as text.

    Raises:
        StorageError: as `read_table`.
    """
    try:
        with intact(path) as file:
            header, *rows = parsed(file.read())
    except ValueError as error:
        raise StorageError(f"{path} is empty or not a table: {deleting(path)}.") from error
    if any(len(row) != len(header) for row in rows):
        raise StorageError(f"{path} is cut short: {deleting(path)}.")
    return header, rows
