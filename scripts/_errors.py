"""What goes wrong with files, as sentences."""

import errno
import os
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_REMEDIES = {
    errno.ENOSPC: "the disk is full, so nothing was written: free some space and run it again",
    errno.EDQUOT: "the quota is used up, so nothing was written: free some space and run it again",
    errno.EROFS: "the disk is read-only, so nothing was written: work in a folder on another disk",
    errno.EACCES: "writing is not permitted, so nothing was written: work in a folder of your own",
}


_SHARED = re.compile(r"[0-9a-f]{64}_\w+\.\w+")
_MOST = 20  # files in a sentence


class StorageError(Exception):
    """A file could not be read or written; the message is one sentence with file and remedy."""


@contextmanager
def told(path: str | Path) -> Iterator[None]:
    """What the system refuses within this block is said of ``path``.

    Raises:
        StorageError: the disk is full, read-only or closed to this user.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _REMEDIES:
            raise
        raise StorageError(f"{path}: {_REMEDIES[error.errno]}.") from error


def deleting(*paths: str | Path) -> str:
    """The remedy of damaged files; a result shared by a link goes, too, else it would be shared again.

    Of very many the first ones are named, and the next run names the next.
    """
    names = [name for path in paths[:_MOST] for name in (path, *filter(None, [shared_by(path)]))]
    return f"delete it (rm {shlex.join(map(str, names))}) and run snakemake again"


def shared_by(path: str | Path) -> str | None:
    """The result that clones share, where this file is a link to one; links of a user's own are none.

    Snakemake keeps it by a hash of what it was made from: ``{sha256}_trained.npz``.
    """
    target = os.readlink(path) if os.path.islink(path) else ""
    return target if _SHARED.fullmatch(os.path.basename(target)) else None


def in_folder(sentence: str, folder: str) -> str:
    """The sentence, which names files as seen from a folder that is not the one its reader is in."""
    return sentence.replace("error: ", f"error: in {folder}, ", 1) if folder else sentence


def printable(text: str) -> str:
    """The text without line breaks and whatever else could change what a terminal shows of it."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1] for character in text
    )
