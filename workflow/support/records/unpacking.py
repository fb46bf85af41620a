"""The files in a tar of unknown origin, read without unpacking anything."""

import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, cast

from kkt_unlearning.datasets.memory import shortage

LARGEST_ARCHIVE = 2**30  # bytes
LARGEST_FILE = 2**27
MOST_FILES = 100_000

# Bytes of memory, at most: for each byte of the archive, held as files and packed again to compare; for each
# character of a text; and for each mark in it that may begin an object of Python, once it is read.
_PACKED, _CHARACTER, _OBJECT = 8, 8, 200
_TEXTS = (".json", ".csv", "SHA256SUMS")
_MARKS = (b",", b":", b"[", b"{", b"\n", b"\r")


class ArchiveError(Exception):
    """An archive that is refused; the message is one sentence."""


def members(path: Path) -> dict[str, bytes]:
    """Name and content of every file in an uncompressed tar.

    Raises:
        ArchiveError: it is no such tar, cut short, or too large, for the memory there is as well, or holds
            anything but plain files with relative names, each once.
        OSError: it cannot be read.
    """
    if not path.is_file():
        raise ArchiveError(f"{path} is no file: give the path of an archive.")
    if path.stat().st_size > LARGEST_ARCHIVE:
        raise ArchiveError(
            f"{path} has more than {LARGEST_ARCHIVE} bytes, the largest that is read."
        )
    found: dict[str, bytes] = {}
    needed = _PACKED * path.stat().st_size
    refuse_beyond_memory(needed, str(path))
    try:
        with tarfile.open(path, mode="r:") as archive:
            for member in archive:
                refuse(_wrong(member, found))
                found[member.name] = _content(archive, member)
                needed += _read(member.name, found[member.name])
                refuse_beyond_memory(needed, repr(member.name))
    except (tarfile.TarError, EOFError, ValueError, OverflowError, RecursionError) as error:
        raise ArchiveError(f"{path} is damaged or not an uncompressed tar ({error}).") from error
    if not found:
        raise ArchiveError(f"{path} is empty.")
    return found


def refuse(sentences: Iterable[str]) -> None:
    """End with the first of what is found wrong, if there is any; the rest is not looked for.

    Raises:
        ArchiveError: there is.
    """
    for sentence in sentences:
        raise ArchiveError(sentence)


def refuse_beyond_memory(needed: int, what: str) -> None:
    """End with a sentence where so many bytes are more than this process may use.

    Raises:
        ArchiveError: they are.
    """
    if lack := shortage(needed):
        raise ArchiveError(
            f"{what}, with what comes before it, would need {lack}: take an archive of fewer settings, or a "
            "larger machine."
        )


def _read(name: str, content: bytes) -> int:
    """Bytes of memory that a text may take once it is read."""
    if not name.endswith(_TEXTS):
        return 0
    return _CHARACTER * len(content) + _OBJECT * sum(map(content.count, _MARKS))


def _wrong(member: tarfile.TarInfo, found: dict[str, bytes]) -> Iterator[str]:
    name, plain = member.name, PurePosixPath(member.name)
    if plain.is_absolute():
        yield f"{name!r} is an absolute path, but only names below the archive are allowed."
    if ".." in plain.parts:
        yield f"{name!r} leads out of the archive, but only names below it are allowed."
    if not name.isprintable() or "\\" in name or plain.as_posix() != name:
        yield f"{name!r} is no plain name of a file, such as results/scorecard.csv."
    if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or member.sparse is not None:
        yield f"{name!r} is a link, folder or device, but only plain files are allowed."
    if name in found:
        yield f"{name!r} is there twice, but each file may be there only once."
    if not 0 <= member.size <= LARGEST_FILE:
        yield f"{name!r} says that it has {member.size} bytes, but at most {LARGEST_FILE} are allowed."
    if len(found) >= MOST_FILES:
        yield f"there are more than {MOST_FILES} files, the most that are read."


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    content = cast(IO[bytes], archive.extractfile(member)).read()  # a plain file: _wrong
    if len(content) != member.size:
        raise ArchiveError(f"{member.name!r} is cut short: take another copy of the archive.")
    return content
