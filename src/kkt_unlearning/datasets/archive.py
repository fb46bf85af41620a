"""A user's own data from the arrays of an ``.npz`` archive."""

import io
import lzma
import math
import os
import struct
import zlib
from collections.abc import Mapping
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.lib import format as npy

from kkt_unlearning.datasets.dataset import Dataset, check_data, check_fresh
from kkt_unlearning.datasets.foreign import one_line
from kkt_unlearning.datasets.sampling import check_sizes
from kkt_unlearning.errors import DataError

# what zipfile and numpy raise on bytes that are no archive, or one that was changed
_UNREADABLE = (
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
_KEYS = ("X", "y", "X_fresh", "y_fresh")
# version of the format -> how the length of the header is written, and what reads the header
_FORMATS = {
    (1, 0): ("<H", npy.read_array_header_1_0),
    (2, 0): ("<I", npy.read_array_header_2_0),
    (3, 0): ("<I", npy.read_array_header_2_0),  # differs in names of fields, which no number has
}
_LARGEST_NORM = 1e100  # squared; the smallest is one over it
_LONGEST_HEADER = 10_000  # bytes; NumPy refuses longer ones as well, once it has read them


def read_archive(file: BinaryIO, name: str, replicates: int) -> Dataset:
    """The data set of an ``.npz``, as `from_archive`; what is declared too large is not begun.

    An archive of a few bytes can declare an array of any size, and one of zeros compresses to a
    thousandth: the sizes are read before the arrays.

    Args:
        file: the archive, open for reading; never a pickle, which would run code of whoever wrote
            it.
        name: as in `from_archive`.
        replicates: ``S ≥ 1``.

    Raises:
        DataError: it is no archive, its data would not fit this machine's memory, or as in
            `from_archive`.
    """
    try:
        with ZipFile(file) as archive:
            headers, unreadable = _headers(archive)
        file.seek(0)
        arrays = np.lib.npyio.NpzFile(file, allow_pickle=False)
    except _UNREADABLE as error:
        raise DataError(
            f"{name} is not an .npz archive, or a damaged one: save X and y with numpy.savez."
        ) from error
    with arrays:
        check_sizes(replicates=replicates)
        entries = sum(math.prod(map(abs, shape)) for shape, _ in headers.values())
        _check_memory(8 * entries * (replicates + 1), name)
        for key, reason in unreadable.items():
            raise DataError(_damaged(key, name, reason)) from reason
        for key, (_, dtype) in headers.items():
            _check_kind(dtype, key, name)
        return from_archive(arrays, name, replicates)


def _headers(
    archive: ZipFile,
) -> tuple[dict[str, tuple[tuple[int, ...], np.dtype]], dict[str, Exception]]:
    """Shape and dtype that the arrays declare, and of the others what is wrong with them."""
    members = set(archive.namelist())
    headers: dict[str, tuple[tuple[int, ...], np.dtype]] = {}
    unreadable: dict[str, Exception] = {}
    for key in _KEYS:
        member = key if key in members else f"{key}.npy"  # the one that NumPy takes
        if member in members:
            try:
                headers[key] = _header(archive, member)
            except _UNREADABLE as error:
                unreadable[key] = error
    return headers, unreadable


def _header(archive: ZipFile, member: str) -> tuple[tuple[int, ...], np.dtype]:
    with archive.open(member) as file:
        length_format, read = _FORMATS[npy.read_magic(file)]
        start = file.read(struct.calcsize(length_format))
        (length,) = struct.unpack(length_format, start)
        if length > _LONGEST_HEADER:
            raise ValueError(f"its header has {length} bytes")
        shape, _, dtype = read(io.BytesIO(start + file.read(length)))
    return shape, dtype


def _check_memory(needed: int, name: str) -> None:
    available = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if needed > available:
        raise DataError(
            f"{name}: its arrays would need {needed / 1e9:.3g} GB of memory with all replicates, but "
            f"this machine has {available / 1e9:.3g} GB: save fewer samples or features."
        )


def from_archive(archive: Mapping[str, np.ndarray], name: str, replicates: int) -> Dataset:
    """The data set of an archive, ``S`` times: only the initialisation of the networks varies.

    Args:
        archive: ``X (m, d)``, ``y (m,)`` of ±1 and, if there are fresh samples, ``X_fresh (t, d)``
            and ``y_fresh (t,)``; any real dtype. Other arrays are not read. Usually
            ``numpy.load(path, allow_pickle=False)``: pickled objects would run code of whoever
            wrote them.
        name: what the sentences call the archive, usually its file name.
        replicates: ``S ≥ 1``.

    Returns:
        Data set of ``X (S, m, d)``, ``y (S, m)``, ``X_fresh (S, t, d)``, ``y_fresh (S, t)``, with
        ``t = 0`` if there are none. Features are taken as they are, not centred or normalised.

    Raises:
        DataError: an array is missing, unreadable, pickled, not numeric or misshapen, the squared norm
            of a sample is beyond ``10^±100``, or the data fail `check_data`; the message starts with
            ``name``.
    """
    check_sizes(replicates=replicates)
    X, y = (_array(archive, key, name) for key in ("X", "y"))
    check_data(X, y, name)
    _check_norms(X, "X", name)
    X_fresh, y_fresh = _fresh(archive, name, X.shape[1])
    check_fresh(X_fresh, y_fresh, X.shape[1], name)
    _check_norms(X_fresh, "X_fresh", name)
    return Dataset(
        *(np.repeat(array[None], replicates, axis=0) for array in (X, y, X_fresh, y_fresh))
    )


def _check_norms(X: np.ndarray, key: str, name: str) -> None:
    """Inner products that float64 holds, and so their squares and the products of two."""
    with np.errstate(over="ignore", under="ignore"):
        norms = np.sum(X**2, axis=1)
    wrong = np.flatnonzero(
        X.any(axis=1) & ~((norms >= 1 / _LARGEST_NORM) & (norms <= _LARGEST_NORM))
    )
    if wrong.size:
        raise DataError(
            f"{name}: row {wrong[0]} of {key} has the squared norm {norms[wrong[0]]:g}, but numbers from "
            f"{1 / _LARGEST_NORM:g} to {_LARGEST_NORM:g} are needed: scale the features to sizes near 1."
        )


def _fresh(
    archive: Mapping[str, np.ndarray], name: str, dimension: int
) -> tuple[np.ndarray, np.ndarray]:
    if "X_fresh" not in archive and "y_fresh" not in archive:
        return np.empty((0, dimension)), np.empty(0)
    return _array(archive, "X_fresh", name), _array(archive, "y_fresh", name)


def _array(archive: Mapping[str, np.ndarray], key: str, name: str) -> np.ndarray:
    if key not in archive:
        present = one_line(", ".join(sorted(archive))) or "no arrays at all"
        raise DataError(
            f"{name}: the array {key} is missing (the archive has {present}): save it as {key}."
        )
    array = _read(archive, key, name)
    _check_kind(array.dtype, key, name)
    try:
        # what float64 cannot hold becomes infinite or no number, and is refused
        with np.errstate(over="ignore", invalid="ignore"):
            return array.astype(np.float64)
    except (ValueError, MemoryError) as error:
        raise DataError(_damaged(key, name, error)) from error


def _check_kind(dtype: np.dtype, key: str, name: str) -> None:
    if dtype.kind == "O":
        raise DataError(_pickled(key, name))
    if dtype.kind not in "biuf":
        raise DataError(
            f"{name}: {key} has dtype {one_line(dtype)}, but must be real numbers: save it as float64."
        )


def _read(archive: Mapping[str, np.ndarray], key: str, name: str) -> np.ndarray:
    # An archive reads an array only when it is asked for, so this is where a pickled or damaged one
    # shows.
    try:
        with np.errstate(all="ignore"):  # shapes that no integer can count
            return np.asarray(archive[key])
    except _UNREADABLE as error:
        if "allow_pickle" in str(error):
            raise DataError(_pickled(key, name)) from error
        raise DataError(_damaged(key, name, error)) from error


def _damaged(key: str, name: str, error: Exception) -> str:
    return f"{name}: {key} cannot be read ({one_line(error)}), the file is damaged: save it anew."


def _pickled(key: str, name: str) -> str:
    return (
        f"{name}: {key} is a pickled array of objects, but only plain numbers are read: "
        "save it as float64."
    )
