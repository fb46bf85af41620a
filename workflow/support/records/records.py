"""Results that do not fit what their jobs wrote down, found before Snakemake looks at the times.

Snakemake takes a file for up to date that is younger than its inputs, whatever is in it. It does not see
that bits were lost, nor, after a clock has gone backwards, that an input was made anew. The records say
both: each job wrote down the hashes of what it read and of what it wrote. And it fails every job that read
a file dated ahead of now, by a clock that was ahead, since the outputs are older: such times are set to now.
"""

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

from scripts._errors import deleting
from scripts._hashes import SUFFIX, provenances, sha256, unsealed

from workflow.support.places.folder import is_ours

RESULTS = Path("results")
UNFINISHED = Path(".snakemake/incomplete")
FINAL = ("*", "tables/*", "figures/*")  # below `RESULTS`: what no job reads, only a user


class _Record(NamedTuple):
    """What the job wrote down that wrote this file, too."""

    path: Path
    inputs: Mapping[str, str]
    outputs: Mapping[Path, str]


class _Records:
    """Records and files as they are at one start: each is read once, however many jobs name it."""

    def __init__(self) -> None:
        self.read = cache(_read)
        self.of = cache(self._of)
        self.digest = cache(sha256)

    def _of(self, path: Path) -> _Record | None:
        """Record of the job that wrote a file; None if there is none that can be read."""
        found = (self.read(provenance) for provenance in provenances(path))
        return next((record for record in found if record and path in record.outputs), None)

    def now(self, path: Path) -> str | None:
        """Hash that a file should have by now; that of the file itself if no job wrote it."""
        if record := self.of(path):
            return record.outputs[path]
        return self.digest(path) if path.is_file() else None

    def unreadable(self, path: Path) -> Iterator[Path]:
        """Records beside a file that cannot be read: one of these may have been its own."""
        return (p for p in provenances(path) if p.is_file() and self.read(p) is None)


def check_records() -> None:
    """Refuse damaged results; date outdated ones before all, so that they are made again, and none ahead.

    Looked at are final results and what they were made from: records, and all files but arrays, which
    are large, and never final: the next job that reads one looks at it.

    Raises:
        SystemExit: files are not what their jobs wrote; the message is one sentence.
    """
    if RESULTS.is_dir() and not os.access(RESULTS, os.W_OK):
        # Not refused: to look at them, or to make a report of them, takes no right to write.
        print(
            f"warning: {RESULTS} is read-only, so a run that has something to make there will stop: make it "
            "writable, or work in a folder of your own with --directory.",
            file=sys.stderr,
        )
    _bring_back(RESULTS)
    records = _Records()
    damaged = [*_without_record(records), *_damaged(_reachable(records), records)]
    if damaged:
        raise SystemExit(
            f"error: {damaged[0]} is not what its job wrote, it was cut short or changed: "
            f"{deleting(*damaged)}."
        )


def _bring_back(folder: Path) -> None:
    """Files dated ahead of now are of now."""
    now = time.time()
    for parent, _, names in os.walk(folder):
        for path in (os.path.join(parent, name) for name in names):
            with suppress(OSError):  # gone meanwhile, or not ours
                if os.lstat(path).st_mtime > now:
                    os.utime(path, (now, now), follow_symlinks=False)


def _reachable(records: _Records) -> dict[Path, _Record | None]:
    """Records of final results and of all that they were made from; what is outdated is aged."""
    pending = [path for part in FINAL for path in sorted(RESULTS.glob(f"{part}{SUFFIX}"))]
    found: dict[Path, _Record | None] = {}
    while pending:
        path = pending.pop()
        if path not in found:
            found[path] = record = records.read(path)
            pending.extend(_sources(record, records) if record else ())
    return found


def _sources(record: _Record, records: _Records) -> Iterator[Path]:
    """Records of the inputs; if one of these has been made anew since, the outputs are outdated."""
    for path, digest in ((Path(name), digest) for name, digest in record.inputs.items()):
        if records.now(path) not in (digest, None):
            _age([*record.outputs, record.path])
        if source := records.of(path):
            yield source.path
        else:
            yield from records.unreadable(path)
            if RESULTS in path.parents:  # its record was removed: it comes back with another one
                _age([path])


def _read(provenance: Path) -> _Record | None:
    with suppress(OSError, ValueError):
        if not provenance.is_file():  # a pipe would be waited for
            return None
        content = unsealed(provenance.read_bytes())
        names = content.get("outputs", {})
        outputs = {_path(name, provenance): digest for name, digest in names.items()}
        return _Record(provenance, content.get("inputs", {}), outputs)
    return None


def _path(name: str, provenance: Path) -> Path:
    return Path(os.path.normpath(provenance.parent / name))


def _damaged(found: Mapping[Path, _Record | None], records: _Records) -> Iterator[Path]:
    for path, record in found.items():
        if record is None and path.is_file():
            yield path
        for output, digest in record.outputs.items() if record else ():
            if output.suffix == ".npz" or not output.is_file() or records.digest(output) == digest:
                continue
            if RESULTS in output.parents:
                yield output
            else:  # committed: another version of it may have been checked out
                _age([output])


def _without_record(records: _Records) -> Iterator[Path]:
    """Final tables that nothing vouches for, unless Snakemake itself knows that a job was cut off."""
    if UNFINISHED.is_dir() and any(UNFINISHED.iterdir()):
        return
    for path in sorted((RESULTS / "tables").glob("*.csv")):
        if records.of(path) is None:
            yield path


def _age(paths: list[Path]) -> None:
    for path in filter(is_ours, paths):  # whatever a record names
        with suppress(OSError):  # not ours: the job itself will say so
            os.utime(path, (0, 0), follow_symlinks=False)
