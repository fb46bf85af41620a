"""Results judged by their records, on a disk or in an archive."""

import posixpath
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

from scripts._hashes import unsealed, written

from workflow.support.places.asked import Asked, Job

Looked = Callable[[str], Any]  # up by its path


class Results:
    """Records and files as they are at one time: each is read once, however many jobs name it.

    Args:
        asked: what the configuration asks for.
        read: content of a record; None where there is none.
        digest: SHA-256 of a file; None of one that is not there, or not to be looked at.
    """

    def __init__(self, asked: Asked, read: Looked, digest: Looked) -> None:
        self._place = asked.place
        self._read = read
        self._digest = cache(digest)
        self.record = cache(self._record)
        self.written = cache(self._written)

    def changed(self, name: str) -> list[str]:
        """Inputs that are others by now than the job of a record read; one that is gone changes nothing."""
        inputs = self.record(name)["inputs"].items()
        return [path for path, digest in inputs if self._now(path) not in (digest, None)]

    def differing(self, name: str, job: Job) -> list[str]:
        """What its job was given or read otherwise than it is asked for, or read that is another by now."""
        return job.differing(self.record(name)) or ["inputs"] * len(self.changed(name))

    def damaged(self, name: str) -> list[str]:
        """Files that are not what the job of a record wrote."""
        files = self.written(name).items()
        return [path for path, digest in files if self._digest(path) not in (digest, None)]

    def unnamed(self, name: str, job: Job) -> list[str]:
        """What a job is asked for and its record does not name."""
        return sorted({*job.files} - {name, *self.written(name)})

    def _record(self, name: str) -> Any:
        """What a job wrote down; None where nothing is, or something else."""
        content = self._read(name)
        with suppress(ValueError):
            record = unsealed(content or b"")
            if all(isinstance(record.get(key), dict) for key in ("inputs", "outputs")):
                return record
        return None

    def _written(self, name: str) -> dict[str, str]:
        record = self.record(name)
        return written(name, record) if record else {}

    def _now(self, path: str) -> Any:
        """Hash that an input should have by now; that of the file itself if no job wrote it."""
        place = self._place(path)
        if place is None or place.record == path:
            return self._digest(path)
        unknown = None if self.record(place.record) is None else ""
        return self.written(place.record).get(posixpath.normpath(path), unknown)
