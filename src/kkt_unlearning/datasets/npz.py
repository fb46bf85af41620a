"""Arrays of an ``.npz`` that somebody else wrote: sizes before arrays, plain numbers only, never a pickle."""

import io
import lzma
import math
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.lib import format as npy

from kkt_unlearning.datasets.memory import check_memory
from kkt_unlearning.errors import DataError, one_line

# what zipfile and numpy raise on bytes that are no archive, or one that was changed
UNREADABLE = (
    *(ValueError, OSError, EOFError, KeyError, TypeError, IndexError, AttributeError, RuntimeError),
    *(
        SyntaxError,
        OverflowError,
        MemoryError,
        BadZipFile,
        struct.error,
        zlib.error,
        lzma.LZMAError,
    ),
)
# version of the format -> how the length of the header is written, and what reads the header
_FORMATS = {
    (1, 0): ("<H", npy.read_array_header_1_0),
    (2, 0): ("<I", npy.read_array_header_2_0),
    (3, 0): ("<I", npy.read_array_header_2_0),  # differs in names of fields, which no number has
}
_LONGEST_HEADER = 10_000  # bytes; NumPy refuses longer ones as well, once it has read them


@contextmanager
def opened(
    file: BinaryIO,
    name: str,
    keys: Sequence[str],
    *,
    copies: int,
    wanted: str,
    remedy: str,
    note: str = "",
) -> Iterator[Mapping[str, np.ndarray]]:
    """The archive, each array read when it is asked for; what is declared too large is not begun.

    An archive of a few bytes can declare an array of any size, and one of zeros compresses to a
    thousandth: the sizes are read before the arrays.

    Args:
        file: the archive, open for reading; never a pickle, which would run code of whoever wrote
            it.
        name: what the sentences call the archive, usually its file name.
        keys: arrays that will be asked for.
        copies: how many float64 copies of them will be held at the same time.
        wanted: what to save with NumPy, for the sentence.
        remedy: as in `check_memory`, where the arrays are too large.
        note: as in `check_memory`.

    Raises:
        DataError: it is no archive, or one of the arrays ``keys`` would not fit this machine's memory, is
            damaged or not of real numbers.
    """
    try:
        with ZipFile(file) as archive:
            headers, unreadable = _headers(archive, keys)
        file.seek(0)
        arrays = np.lib.npyio.NpzFile(file, allow_pickle=False)
    except UNREADABLE as error:
        raise DataError(
            f"{name} is not an .npz archive, or a damaged one: save {wanted} with numpy.savez."
        ) from error
    with arrays:
        entries = sum(math.prod(map(abs, shape)) for shape, _ in headers.values())
        check_memory(8 * entries * copies, name, remedy, note)
        for key, reason in unreadable.items():
            raise DataError(_damaged(key, name, reason)) from reason
        for key, (_, dtype) in headers.items():
            _check_kind(dtype, key, name)
        yield arrays


def plain_array(archive: Mapping[str, np.ndarray], key: str, name: str) -> np.ndarray:
    """The array ``key`` of real numbers, as it was saved.

    Raises:
        DataError: it is missing, unreadable, pickled or not of real numbers; the message starts with
            ``name``.
    """
    if key not in archive:
        present = one_line(", ".join(sorted(archive))) or "no arrays at all"
        raise DataError(
            f"{name}: the array {key} is missing (the archive has {present}): save it as {key}."
        )
    array = _read(archive, key, name)
    _check_kind(array.dtype, key, name)
    return array


def real_array(archive: Mapping[str, np.ndarray], key: str, name: str) -> np.ndarray:
    """The array ``key`` as float64.

    Raises:
        DataError: as `plain_array`.
    """
    array = plain_array(archive, key, name)
    try:
        # what float64 cannot hold becomes infinite or no number, and is refused
        with np.errstate(over="ignore", invalid="ignore"):
            return array.astype(np.float64)
    except (ValueError, MemoryError) as error:
        raise DataError(_damaged(key, name, error)) from error


def _headers(
    archive: ZipFile, keys: Sequence[str]
) -> tuple[dict[str, tuple[tuple[int, ...], np.dtype]], dict[str, Exception]]:
    """Shape and dtype that the arrays declare, and of the others what is wrong with them."""
    members = set(archive.namelist())
    headers: dict[str, tuple[tuple[int, ...], np.dtype]] = {}
    unreadable: dict[str, Exception] = {}
    for key in keys:
        member = key if key in members else f"{key}.npy"  # the one that NumPy takes
        if member in members:
            try:
                headers[key] = declared(archive, member)
            except UNREADABLE as error:
                unreadable[key] = error
    return headers, unreadable


def declared(archive: ZipFile, member: str) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and dtype in the header of an ``.npy``, of which no more is read than a header of numbers has.

    Raises:
        Exception: one of `UNREADABLE`.
    """
    with archive.open(member) as file:
        length_format, read = _FORMATS[npy.read_magic(file)]
        start = file.read(struct.calcsize(length_format))
        (length,) = struct.unpack(length_format, start)
        if length > _LONGEST_HEADER:
            raise ValueError(f"its header has {length} bytes")
        shape, _, dtype = read(io.BytesIO(start + file.read(length)))
    return shape, dtype


def _check_kind(dtype: np.dtype, key: str, name: str) -> None:
    if dtype.kind == "O":
        raise DataError(_pickled(key, name))
    if dtype.kind not in "biuf":
        raise DataError(
            f"{name}: {key} has dtype {one_line(dtype)}, but must be real numbers: {_remedy(key)}."
        )


def _remedy(key: str) -> str:
    """Words are no numbers that float64 could hold: of labels, the two classes become ±1."""
    if not key.startswith("y"):
        return "save it as float64"
    return (
        f"with one of the two classes as POSITIVE, save numpy.where({key} == POSITIVE, 1.0, -1.0)"
    )


def _read(archive: Mapping[str, np.ndarray], key: str, name: str) -> np.ndarray:
    # An archive reads an array only when it is asked for, so this is where a pickled or damaged one
    # shows.
    try:
        with np.errstate(all="ignore"):  # shapes that no integer can count
            return np.asarray(archive[key])
    except UNREADABLE as error:
        if "allow_pickle" in str(error):
            raise DataError(_pickled(key, name)) from error
        raise DataError(_damaged(key, name, error)) from error


def _damaged(key: str, name: str, error: Exception) -> str:
    return f"{name}: {key} cannot be read ({one_line(error)}), the file is damaged: save it anew."


def _pickled(key: str, name: str) -> str:
    return f"{name}: {key} is a pickled array of objects, but only plain numbers are read: {_remedy(key)}."
