"""A zip archive that somebody else wrote: every member once, unpacked in pieces, as much as asked for."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO

from kkt_unlearning.errors import DataError, one_line, twice

# Bytes read in one go: the list of members, 50 bytes of the file and 600 of memory for each.
_AT_ONCE = 2**22
_CHUNK = 2**20  # bytes unpacked in one go
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others unpack without a limit


class _Sparing:
    """A file that gives `_AT_ONCE` bytes at most: ``zipfile`` would hold any list of members whole."""

    def __init__(self, file: BinaryIO) -> None:
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable
        self._read = file.read
        here = file.tell()
        self._size = file.seek(0, io.SEEK_END)
        file.seek(here)

    def read(self, size: int = -1) -> bytes:
        left = max(self._size - self.tell(), 0)  # a buffer has the size that is asked for
        wanted = left if size < 0 else min(size, left)
        if wanted > _AT_ONCE:
            raise ValueError(f"more than {_AT_ONCE} bytes tell what is in it")
        return self._read(wanted)


@contextmanager
def unzipped(file: BinaryIO, name: str, what: str, remedy: str) -> Iterator[zipfile.ZipFile]:
    """The archive, after its list of members was looked at; what its members raise is the caller's.

    Args:
        file: open for reading bytes.
        name: what the sentences call it.
        what: it should be, with its article.
        remedy: what to save, and how, without the full stop.

    Raises:
        DataError: it is no archive or a damaged one, a member is packed in a way that has no limit, or two
            have one name.
    """
    try:
        archive = zipfile.ZipFile(_Sparing(file))
    except Exception as error:  # of many classes, whatever the bytes lead to
        raise DataError(f"{name} is not {what}, or a damaged one: {remedy}.") from error
    with archive:
        _check_members(archive.infolist(), name, remedy)
        yield archive


def _check_members(members: list[zipfile.ZipInfo], name: str, remedy: str) -> None:
    seen: set[str] = set()
    for member in members:
        if member.filename in seen:
            raise twice(name, "members", member.filename, remedy)
        if member.compress_type not in _METHODS:
            raise DataError(
                f"{name}: the member {one_line(member.filename)!r} is packed by method "
                f"{member.compress_type}, but only members that are stored or deflated are read: {remedy}."
            )
        seen.add(member.filename)


def fill(space: memoryview, member: IO[bytes]) -> None:
    """The bytes that come next, which are all that are left, are put into ``space``.

    Raises:
        ValueError: there are fewer, or more.
    """
    done = 0
    while done < len(space):
        chunk = member.read(min(_CHUNK, len(space) - done))
        if not chunk:
            raise ValueError(f"{done} of its {len(space)} bytes are there")
        space[done : done + len(chunk)] = chunk
        done += len(chunk)
    if member.read(1):  # which also has the checksum compared
        raise ValueError(f"more than its {len(space)} bytes are there")
