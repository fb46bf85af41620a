"""Whether records, configuration, lock files and tables in an archive are of one run."""

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any

from scripts._hashes import basis, given
from scripts._tables import cell

from workflow.support.places.asked import Asked
from workflow.support.records.results import Results
from workflow.support.records.unpacking import ArchiveError

Files = Mapping[str, bytes]
Records = Mapping[str, Mapping[str, Any]]

LOCKS = ("envs/requirements.lock", "envs/requirements-gpu.lock")

# What the configuration says of a job; code and versions are of whoever made the results.
CONFIGURED = ("rule", "wildcards", "settings", "seed")

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s\\;]+)", re.MULTILINE)


def check_records(files: Files, asked: Asked, among: Iterable[str], where: str) -> Records:
    """Records by name, if they are of the jobs that a configuration asks for, of one run, and of these files.

    Args:
        files: with all these records among them.
        asked: what the configuration asks for.
        among: names that are compared, of what a job is given.
        where: who asks, for sentences, as ``configuration.json asks for``.

    Raises:
        ArchiveError: one is not, or has another code than another of its rule.
    """
    results = Results(asked, files.get, lambda path: _digest(files, path))
    jobs = asked.jobs()
    for name in sorted(jobs):
        if results.record(name) is None:
            raise ArchiveError(f"{name!r} is not what its job wrote.")
    others = {name: job.differing(results.record(name), among) for name, job in jobs.items()}
    # those that differ only in what they rest on come after what differs itself
    for name in sorted(filter(others.get, jobs), key=lambda name: others[name] == ["basis"]):
        raise ArchiveError(f"{name!r} is of a job with other {others[name][0]} than {where}.")
    codes: dict[str, str] = {}
    for name, job in jobs.items():
        for path in results.damaged(name):
            raise ArchiveError(f"{path!r} is not the file that {name!r} says.")
        for path in results.unnamed(name, job):
            raise ArchiveError(f"{path!r} is not named by the record of its job, {name!r}.")
        for path in results.changed(name):
            raise ArchiveError(
                f"{name!r} rests on another {path!r} than the one whose record is there."
            )
        places = {path: place for path in job.inputs if (place := asked.place(path))}
        asks = {path: given(results.record(place.record)) for path, place in places.items()}
        if results.record(name).get("basis") != basis(asks):
            raise ArchiveError(f"{name!r} does not rest on what the records of its inputs say.")
        other = codes.setdefault(job.given()["code"], name)
        if results.record(name).get("code") != results.record(other).get("code"):
            raise ArchiveError(f"{name!r} and {other!r} are of one rule, but not of the same code.")
    return {name: results.record(name) for name in jobs}


def pins(lock: bytes) -> dict[str, str]:
    """Package -> version that a lock file pins."""
    found = _PIN.findall(lock.decode(errors="replace"))
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in found}


def check_lock(files: Files, found: Records) -> None:
    """Refuse records of other versions than the lock files pin.

    Raises:
        ArchiveError: the first of them.
    """
    pinned = {name: pins(files[name]) for name in LOCKS}
    for name, record in found.items():
        for said in ("versions", "packages"):
            versions = record.get(said)
            for package, version in versions.items() if isinstance(versions, dict) else ():
                for lock, known in pinned.items():
                    if version is not None and known.get(package, version) != version:
                        raise ArchiveError(
                            f"{name!r} is of {package} {version}, but {lock!r} pins {known[package]}."
                        )


def check_tables(files: Files, asked: Asked, where: str) -> None:
    """Refuse tables with rows of other settings than their experiment has, or with two rows of one result.

    Raises:
        ArchiveError: the first of them.
    """
    shown: dict[str, tuple[str, Any]] = {}
    for job in asked.jobs().values():
        asks = job.given()
        if asks["rule"] not in ("table", "measure"):
            continue
        settings, (path, *_) = asks["settings"], job.files
        wanted = [{"experiment": settings["experiment"], **labels} for labels in settings["labels"]]
        names = list(wanted[0])
        parts = [
            (labels, [*rows]) for labels, rows in groupby(_rows(files[path], names), itemgetter(0))
        ]
        if [labels for labels, _ in parts] != [[*map(cell, row.values())] for row in wanted]:
            raise ArchiveError(f"{path!r} has rows of other settings than {where}.")
        for part, (_, rows) in zip(job.inputs, parts, strict=True):
            other, same = shown.setdefault(part, (path, [row for _, row in rows]))
            if [row for _, row in rows] != same:
                raise ArchiveError(f"{path!r} and {other!r} have other numbers of the same result.")


def _digest(files: Files, path: str) -> str | None:
    return hashlib.sha256(files[path]).hexdigest() if path in files else None


def _rows(table: bytes, names: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    """Of each row what stands under these names, which come first, and the rest."""
    try:
        header, *rows = csv.reader(io.StringIO(table.decode(), newline=""))
    except (ValueError, csv.Error):
        return
    if header[: len(names)] == names:
        yield from ((row[: len(names)], row[len(names) :]) for row in rows)
