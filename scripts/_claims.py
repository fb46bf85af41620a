"""Whose the outputs of a job are: of two jobs on the same files, the one's that started last.

A killed run leaves jobs behind, which go on, and the next run starts them anew, perhaps with another
configuration. So each job writes a token beside its outputs and puts a file in place only while the token
is its own. One that is stopped between the look and the renaming can put one file in place too late;
that file then has not the hash that the other job wrote down.
"""

import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from _errors import StorageError, deleting, told
from _hashes import SUFFIX, given, sha256

_RANDOM = 8  # bytes of a temporary name


class Claim:
    """Claim of this process to the outputs of its job.

    Attributes:
        written: file that was put in place -> its SHA-256.
        read: file that was read -> its SHA-256.
        asks: result -> `given` of the record that it has to have.
    """

    def __init__(self, provenance: str | Path, asks: Mapping[str, str]) -> None:
        provenance = Path(provenance)
        self.path = provenance.with_name(f".{provenance.name.removesuffix(SUFFIX)}.claim")
        self.written: dict[str, str] = {}
        self.read: dict[str, str] = {}
        self.asks = asks
        self._token = secrets.token_hex(16)
        with told(provenance):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(self._token)

    def put(self, temporary: Path, path: Path) -> None:
        """Rename to ``path``.

        Raises:
            StorageError: another job has claimed the outputs since.
        """
        self._refuse_unless_held(path)  # else the temporary file may be gone, too
        digest = sha256(temporary)
        self._refuse_unless_held(path)  # hashing takes a while
        os.replace(temporary, path)
        self.written[str(path)] = digest

    def holds(self) -> bool:
        """Whether no other job has claimed the outputs since."""
        with suppress(OSError):
            return self.path.read_text() == self._token
        return False

    def _refuse_unless_held(self, path: Path) -> None:
        if not self.holds():
            raise StorageError(
                f"{path}: another run makes it now, so nothing was written: let that run end."
            )

    def release(self) -> None:
        """End the claim, if it holds."""
        if self.holds():
            with suppress(OSError):
                self.path.unlink()


_current: Claim | None = None


@contextmanager
def claimed(
    provenance: str | Path, outputs: Iterable[str | Path], asks: Mapping[str, str] | None = None
) -> Iterator[Claim]:
    """Within this block the process writes the outputs of one job, if nobody else claims them.

    Args:
        provenance: the record of the job.
        outputs: what it writes.
        asks: result that it reads -> `given` of the record that it has to have.

    Raises:
        StorageError: as `told`.
    """
    global _current
    _current = Claim(provenance, asks or {})
    try:
        for path in outputs:
            _remove_leftovers(Path(path))
        yield _current
    finally:
        _current.release()
        _current = None


def temporary_name(path: Path) -> Path:
    """A name in the same folder, unlike that of any other writer, with the same suffix."""
    return path.with_name(f".{path.stem}-{secrets.token_hex(_RANDOM)}{path.suffix}")


def put(temporary: Path, path: Path) -> None:
    """Rename to ``path``, if the job of this process may: outside of a job anybody may."""
    if _current is None:
        os.replace(temporary, path)
    else:
        _current.put(temporary, path)


def refuse_unasked(path: str | Path, record: Mapping[str, Any]) -> None:
    """Refuse a result that is not what the job of this process is to work on.

    It may be whole and fit its record: another result that was put in its place, record and all.

    Raises:
        StorageError: its job was given something else than this run asks for.
    """
    asked = _current.asks.get(str(path)) if _current else None
    if asked not in (None, given(record)):
        raise StorageError(
            f"{path} was made with other settings, seed, code or versions than this run asks for: "
            f"{deleting(path)}."
        )


def note_read(path: str | Path, digest: str) -> None:
    """Remember that the job of this process has read a file."""
    if _current is not None:
        _current.read[str(path)] = digest


def _remove_leftovers(path: Path) -> None:
    """What killed jobs have left of this output under temporary names."""
    for found in path.parent.glob(f".{path.stem}-{'[0-9a-f]' * 2 * _RANDOM}{path.suffix}"):
        with suppress(OSError):
            found.unlink()
