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
    """Claim of this process to the outputs of its job, and what it read and wrote.

    Args:
        provenance: its record; None outside of a job, where anybody may write.
        asks: result -> `given` of the record that it has to have.

    Attributes:
        written: file that was put in place -> its SHA-256.
        read: file that was read -> its SHA-256.
    """

    def __init__(self, provenance: Path | None, asks: Mapping[str, str]) -> None:
        self.written: dict[str, str] = {}
        self.read: dict[str, str] = {}
        self._asks, self._token, self._path = asks, secrets.token_hex(16), Path()
        if provenance:
            self._path = provenance.with_name(f".{provenance.name.removesuffix(SUFFIX)}.claim")
            with told(provenance):
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._path.write_text(self._token)

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

    def take(self, path: str | Path, record: Mapping[str, Any], digest: str) -> None:
        """Remember that a result was read, which has to be what the job is to work on.

        It may be whole and fit its record: another result that was put in its place, record and all.

        Raises:
            StorageError: its job was given something else than this run asks for.
        """
        if self._asks.get(str(path)) not in (None, given(record)):
            raise StorageError(
                f"{path} was made with other settings, seed, code or versions than this run asks for: "
                f"{deleting(path)}."
            )
        self.read[str(path)] = digest

    def release(self) -> None:
        """End the claim, if it holds."""
        if self._holds():
            with suppress(OSError):
                self._path.unlink()

    def _holds(self) -> bool:
        with suppress(OSError):
            return self._path == Path() or self._path.read_text() == self._token
        return False

    def _refuse_unless_held(self, path: Path) -> None:
        if not self._holds():
            raise StorageError(
                f"{path}: another run makes it now, so nothing was written: let that run end."
            )


_current = Claim(None, {})


def current() -> Claim:
    """That of the job of this process."""
    return _current


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
    outside, _current = _current, Claim(Path(provenance), asks or {})
    try:
        for output in map(Path, outputs):
            for left in output.parent.glob(_temporary(output, "[0-9a-f]" * 2 * _RANDOM)):
                with suppress(OSError):  # a killed job's
                    left.unlink()
        yield _current
    finally:
        _current.release()
        _current = outside


def temporary_name(path: Path) -> Path:
    """A name in the same folder, unlike that of any other writer, with the same suffix."""
    return path.with_name(_temporary(path, secrets.token_hex(_RANDOM)))


def _temporary(path: Path, random: str) -> str:
    return f".{path.stem}-{random}{path.suffix}"
