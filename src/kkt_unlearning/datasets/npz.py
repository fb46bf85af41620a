"""Arrays of an ``.npz`` that somebody else wrote: sizes before arrays, plain numbers only, never a pickle."""

import math
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO
from zipfile import ZipFile

import numpy as np

from kkt_unlearning.datasets.memory import check_memory
from kkt_unlearning.datasets.zipped import fill, unzipped
from kkt_unlearning.errors import DataError, one_line, twice

_MAGIC = b"\x93NUMPY"
_LENGTHS = {
    b"\1\0": "<H",
    b"\2\0": "<I",
    b"\3\0": "<I",
}  # version -> how the header's length is written
_LONGEST_HEADER = 10_000  # bytes; NumPy refuses longer ones as well, once it has read them
# The header is a dict as Python prints it. NumPy has Python parse it, which ends in errors of any class.
_ITEM = re.compile(
    r"""\s*['"](?P<key>\w{1,20})['"]\s*:\s*(?P<value>['"][^'"]{1,40}['"]|True|False|\([\s\dL,]*\))\s*(?:,\s*|$)""",
    re.ASCII,
)
_DESCR = re.compile(r"[<>|=]?[?biufcOSUVmM]\d{0,9}(\[\d{0,9}\w{1,9}\])?", re.ASCII)


@dataclass(frozen=True)
class Header:
    """What an array says of itself, and where its numbers begin."""

    member: str
    dtype: np.dtype
    fortran_order: bool
    shape: tuple[int, ...]
    start: int

    @property
    def entries(self) -> int:
        return math.prod(self.shape)


class _Archive(Mapping[str, np.ndarray]):
    """Arrays by name, each read when it is asked for."""

    def __init__(self, archive: ZipFile, members: dict[str, str]) -> None:
        self._archive, self._members = archive, members

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, key: object) -> bool:
        return key in self._members

    def __getitem__(self, key: str) -> np.ndarray:
        header = self.header(key)
        with self._archive.open(header.member) as file:
            file.read(header.start)
            array = np.empty(header.entries, header.dtype)
            fill(array.view(np.uint8).data, file)
        return array.reshape(header.shape, order="F" if header.fortran_order else "C")

    def header(self, key: str) -> Header:
        """What the array says of itself; as `declared`."""
        return declared(self._archive, self._members[key])


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
        DataError: it is no archive, two of its arrays have one name, or one of the arrays ``keys`` would not
            fit this machine's memory, is damaged or not of real numbers.
    """
    save = f"save {wanted} with numpy.savez"
    with unzipped(file, name, "an .npz archive", save) as whole:
        archive = _Archive(whole, _by_key(whole, name, save))
        headers: dict[str, Header] = {}
        unreadable: dict[str, Exception] = {}
        for key in archive.keys() & set(keys):
            try:
                headers[key] = archive.header(key)
            except Exception as error:  # of many classes, whatever the bytes lead to
                unreadable[key] = error
        entries = sum(header.entries for header in headers.values())
        check_memory(8 * entries * copies, name, remedy, note)
        for key in filter(unreadable.__contains__, keys):
            raise DataError(_damaged(key, name, unreadable[key])) from unreadable[key]
        for key in filter(headers.__contains__, keys):
            _check_kind(headers[key].dtype, key, name)
        yield archive


def _by_key(archive: ZipFile, name: str, save: str) -> dict[str, str]:
    """Members by the names of their arrays, which are those of the members with or without ``.npy``."""
    members: dict[str, str] = {}
    for member in archive.infolist():
        key = member.filename.removesuffix(".npy")
        if key in members:
            raise twice(name, "arrays", key, save)
        members[key] = member.filename
    return members


def declared(archive: ZipFile, member: str) -> Header:
    """What the array of a member says of itself; no more is read than the header of an array of numbers has.

    Raises:
        Exception: of any class, where it is no array.
    """
    with archive.open(member) as file:
        start = file.read(len(_MAGIC) + 2)
        length_format = _LENGTHS.get(start[len(_MAGIC) :])
        if start[: len(_MAGIC)] != _MAGIC or length_format is None:
            raise ValueError("it does not begin as an array of NumPy does")
        size = file.read(struct.calcsize(length_format))
        (length,) = struct.unpack(length_format, size)
        if length > _LONGEST_HEADER:
            raise ValueError(f"its header has {length} bytes")
        dtype, fortran_order, shape = _parsed(file.read(length).decode("utf-8"))
    return Header(member, dtype, fortran_order, shape, len(start) + len(size) + length)


def _parsed(text: str) -> tuple[np.dtype, bool, tuple[int, ...]]:
    """Of ``{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }``."""
    failure = ValueError(f"its header is {one_line(text)[:60]!r}")
    inside, place = text.strip().removeprefix("{").removesuffix("}"), 0
    found: dict[str, str] = {}
    while (item := _ITEM.match(inside, place)) and item["key"] not in found:
        found[item["key"]] = item["value"]
        place = item.end()
    if place < len(inside) or set(found) != {"descr", "fortran_order", "shape"}:
        raise failure
    descr, order, shape = found["descr"][1:-1], found["fortran_order"], found["shape"]
    if not (_DESCR.fullmatch(descr) and order in ("True", "False") and shape.startswith("(")):
        raise failure
    return np.dtype(descr), order == "True", tuple(map(int, re.findall(r"\d+", shape)))


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
    except Exception as error:  # of many classes, whatever the bytes lead to
        if "allow_pickle" in str(error):
            raise DataError(_pickled(key, name)) from error
        raise DataError(_damaged(key, name, error)) from error


def _damaged(key: str, name: str, error: Exception) -> str:
    return f"{name}: {key} cannot be read ({one_line(error)}), the file is damaged: save it again."


def _pickled(key: str, name: str) -> str:
    return f"{name}: {key} is a pickled array of objects, but only plain numbers are read: {_remedy(key)}."
