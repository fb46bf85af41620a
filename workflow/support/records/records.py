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
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from scripts._errors import deleting
from scripts._hashes import sha256

from workflow.support.configuration.mistakes import listed
from workflow.support.places.asked import Asked, Job, is_result
from workflow.support.places.folder import NOTES, is_ours
from workflow.support.records.results import Results

RESULTS = Path("results")
FINAL = ("results", "results/figures")  # with outputs that no job reads, only a user
BACK = 50 * 365 * 24 * 3600 * 10**9  # nanoseconds; what was made before 2020 is no result of ours


def check_records(asked: Asked, notes: Path = NOTES) -> None:
    """Refuse damaged results; date outdated ones before all, so that they are made again, and none ahead.

    Looked at are the results behind all that the configuration asks for: records, and all files but arrays,
    which are large, and never final: the next job that reads one looks at it.

    Args:
        asked: what the configuration asks for.
        notes: of Snakemake, in the folder that it works in.

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
    results = Results(asked, _content, _digest)
    unfinished = notes / "incomplete"
    cut_off = unfinished.is_dir() and any(unfinished.iterdir())
    damaged, outdated, others = list[str](), list[str](), Counter[str]()
    for name, job in asked.jobs().items():
        broken, files = results.damaged(name), [*results.written(name), name]
        if results.record(name) is None:
            broken, again = _unvouched(name, job, cut_off)
        elif differing := results.differing(name, job):
            again = files
            others["inputs" if differing[0] == "basis" else differing[0]] += 1
        elif os.path.dirname(name) in FINAL and not all(map(os.path.isfile, files)):
            again = files
        else:
            _date(files, back=False)
            again = [path for path in broken if not is_result(path)]  # another version is committed
        damaged += filter(is_result, broken)
        outdated += again
    if damaged:
        raise SystemExit(
            f"error: {damaged[0]} is not what its job wrote, it was cut short or changed: "
            f"{deleting(*damaged)}."
        )
    stuck = _date(outdated, back=True)
    if others:
        print(
            f"{others.total()} results were made with other {listed(sorted(others))} than are asked for now: "
            "what is asked for of them is made again.",
            file=sys.stderr,
        )
    if stuck and os.access(RESULTS, os.W_OK):
        raise SystemExit(
            f"error: {stuck[0]} is not what is asked for now, and of another user, so that its time "
            f"cannot be set: {deleting(*stuck)}."
        )


def refuse_unasked(asked: Asked) -> None:
    """Refuse what a run has taken from the folder that clones share, if it is not what was asked for.

    Raises:
        SystemExit: somebody has put one result in the place of another there; the message is one sentence.
    """
    results = Results(asked, _content, _digest)
    for name, job in asked.jobs().items():
        record = results.record(name) if os.path.islink(name) else None
        if record and (others := job.differing(record)):
            raise SystemExit(
                f"error: {name} is of a result with other {listed(others)} than the one that was asked "
                f"for: {deleting(name)}."
            )


def _unvouched(record: str, job: Job, cut_off: bool) -> tuple[list[str], list[str]]:
    """A record that cannot be read; files that are there without one are made again with another.

    Not tables, which may be somebody's own, unless Snakemake itself knows that a job was cut off.
    """
    found = [path for path in job.files if os.path.isfile(path) and path != record]
    damaged = [record] if os.path.isfile(record) else []
    if os.path.dirname(record) == "results/tables" and not cut_off:
        return damaged + found, []
    return damaged, found


def _content(name: str) -> bytes | None:
    with suppress(OSError):
        if os.path.isfile(name):  # a pipe would be waited for
            return Path(name).read_bytes()
    return None


def _digest(path: str) -> str | None:
    array = is_result(path) and path.endswith(".npz")
    return None if array or not os.path.isfile(path) else sha256(path)


def _bring_back(folder: Path) -> None:
    """Files dated ahead of now are of now."""
    now = time.time()
    for parent, _, names in os.walk(folder):
        for path in (os.path.join(parent, name) for name in names):
            with suppress(OSError):  # gone meanwhile, or not ours
                if os.lstat(path).st_mtime > now:
                    os.utime(path, (now, now), follow_symlinks=False)


def _date(paths: Iterable[str], back: bool) -> list[str]:
    """Make files older than everything, each at its distance from the others, or give them their times again.

    Returns:
        Those of which the time could not be set.
    """
    stuck = []
    for path in filter(is_ours, paths):  # whatever a record names
        try:
            when = os.lstat(path).st_mtime_ns
            if (when < BACK) != back:
                when += -BACK if back else BACK
                os.utime(path, ns=(when, when), follow_symlinks=False)  # that of a link itself
        except (FileNotFoundError, NotADirectoryError):  # gone meanwhile
            continue
        except OSError:
            stuck.append(path)
    return stuck
