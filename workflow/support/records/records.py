"""Results that are not what is asked for, found by their records before Snakemake looks at the times.

Snakemake takes a file for up to date that is younger than its inputs, whatever is in it, and knows what it
was made with from notes of its own, which copies of results come without. The records say both: each job
wrote down what it was given, and the hashes of what it read and of what it wrote. What is outdated is dated
back, so that Snakemake makes it again; asked for as it was made, it gets its own time again. And Snakemake
fails every job that read a file dated ahead of now, by a clock that was ahead, since the outputs are older:
such times are set to now.
"""

import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from scripts._errors import deleting
from scripts._hashes import sha256, unsealed

from workflow.support.configuration.mistakes import listed
from workflow.support.places.asked import Asked, Job
from workflow.support.places.folder import is_ours

RESULTS = Path("results")
UNFINISHED = Path(".snakemake/incomplete")
FINAL = (RESULTS, RESULTS / "figures")  # with outputs that no job reads, only a user
BACK = 50 * 365 * 24 * 3600 * 10**9  # nanoseconds; what was made before 2020 is no result of ours


def check_records(asked: Asked) -> None:
    """Refuse damaged results; date outdated ones before all, so that they are made again, and none ahead.

    Looked at are the results behind all that the configuration asks for: records, and all files but arrays,
    which are large, and never final: the next job that reads one looks at it.

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
    results = _Results(asked)
    damaged = [path for name, job in asked.jobs().items() for path in results.judge(name, job)]
    if damaged:
        raise SystemExit(
            f"error: {damaged[0]} is not what its job wrote, it was cut short or changed: "
            f"{deleting(*damaged)}."
        )
    if results.outdated:
        others = listed(sorted(results.outdated))
        print(
            f"{results.outdated.total()} results were made with other {others} than are asked for now: "
            "what is asked for of them is made again.",
            file=sys.stderr,
        )
    if results.stuck and os.access(RESULTS, os.W_OK):
        raise SystemExit(
            f"error: {results.stuck[0]} is not what is asked for now, and of another user, so that its time "
            f"cannot be set: {deleting(*results.stuck)}."
        )


def refuse_unasked(asked: Asked) -> None:
    """Refuse what a run has taken from the folder that clones share, if it is not what was asked for.

    Raises:
        SystemExit: somebody has put one result in the place of another there; the message is one sentence.
    """
    results = _Results(asked)
    for name, job in asked.jobs().items():
        record = results.read(name) if os.path.islink(name) else None
        if record and (others := job.differing(record)):
            raise SystemExit(
                f"error: {name} is of a result with other {listed(others)} than the one that was asked "
                f"for: {deleting(name)}."
            )


def _bring_back(folder: Path) -> None:
    """Files dated ahead of now are of now."""
    now = time.time()
    for parent, _, names in os.walk(folder):
        for path in (os.path.join(parent, name) for name in names):
            with suppress(OSError):  # gone meanwhile, or not ours
                if os.lstat(path).st_mtime > now:
                    os.utime(path, (now, now), follow_symlinks=False)


class _Results:
    """Records and files as they are at one start: each is read once, however many jobs name it."""

    def __init__(self, asked: Asked) -> None:
        self._place = asked.place
        self.read = cache(_read)
        self._digest = cache(sha256)
        self.outdated = Counter[str]()
        self.stuck: list[Path] = []

    def judge(self, name: str, job: Job) -> Iterator[Path]:
        """Damaged files of a job; its outdated ones are dated back."""
        record = self.read(name)
        if record is None:
            yield from self._unvouched(Path(name), job)
            return
        outputs = dict(_outputs(name, record))
        if others := job.differing(record) or (["inputs"] if self._changed(record) else []):
            self.outdated["inputs" if others[0] == "basis" else others[0]] += 1
        if others or _halved(name, outputs):
            self._date_back([*outputs, Path(name)])
        else:
            _bring_forward([*outputs, Path(name)])
        for output, digest in outputs.items():
            array = output.suffix == ".npz"
            if array or not output.is_file() or self._digest(str(output)) == digest:
                continue
            if RESULTS in output.parents:
                yield output
            else:  # committed: another version of it may have been checked out
                self._date_back([output])

    def _unvouched(self, record: Path, job: Job) -> Iterator[Path]:
        """A record that cannot be read; files that are there without one are made again with another.

        Not tables, which may be somebody's own, unless Snakemake itself knows that a job was cut off.
        """
        found = [path for path in map(Path, job.files) if path.is_file() and path != record]
        cut_off = UNFINISHED.is_dir() and any(UNFINISHED.iterdir())
        if record.is_file():
            yield record
        if RESULTS / "tables" in record.parents and not cut_off:
            yield from found
        else:
            self._date_back(found)

    def _date_back(self, paths: Iterable[Path]) -> None:
        """Make files older than everything; each keeps its distance from the others."""
        for path, when in _times(paths):
            if when >= BACK and not _date(path, when - BACK):
                self.stuck.append(path)

    def _changed(self, record: Mapping[str, Any]) -> bool:
        """Whether an input is another by now; one that is gone changes nothing."""
        return any(
            self._now(path) not in (digest, None) for path, digest in record["inputs"].items()
        )

    def _now(self, path: str) -> str | None:
        """Hash that a file should have by now; that of the file itself if no job wrote it."""
        place = self._place(path)
        if place and place.record != path:
            source = self.read(place.record)
            return dict(_outputs(place.record, source)).get(Path(path)) if source else None
        return self._digest(path) if os.path.isfile(path) else None


def _halved(record: str, outputs: Mapping[Path, str]) -> bool:
    """Whether some of the files that a user looks at are gone, which Snakemake makes only where asked for."""
    return Path(record).parent in FINAL and not all(path.is_file() for path in outputs)


def _read(name: str) -> dict[str, Any] | None:
    with suppress(OSError, ValueError):
        if os.path.isfile(name):  # a pipe would be waited for
            return {"inputs": {}, "outputs": {}} | unsealed(Path(name).read_bytes())
    return None


def _outputs(name: str, record: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Outputs of a record with their hashes, as seen from the working directory."""
    folder = os.path.dirname(name)
    for output, digest in record["outputs"].items():
        yield Path(os.path.normpath(os.path.join(folder, output))), digest


def _bring_forward(paths: Iterable[Path]) -> None:
    """Give files that were dated back their own times again."""
    for path, when in _times(paths):
        if when < BACK:
            _date(path, when + BACK)


def _times(paths: Iterable[Path]) -> Iterator[tuple[Path, int]]:
    for path in filter(is_ours, paths):  # whatever a record names
        with suppress(OSError):  # not there
            yield path, path.lstat().st_mtime_ns


def _date(path: Path, when: int) -> bool:
    """Whether the time of a file, or of a link itself, could be set."""
    try:
        os.utime(path, ns=(when, when), follow_symlinks=False)
    except FileNotFoundError:  # gone meanwhile
        return True
    except OSError:
        return False
    return True
