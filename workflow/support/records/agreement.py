"""Whether records, configuration, lock files and tables in an archive are of one run."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from operator import itemgetter
from typing import Any

from scripts._hashes import basis, given
from scripts._tables import cell, parsed

from workflow.support.places.asked import Asked
from workflow.support.records.results import Results
from workflow.support.records.unpacking import refuse

Files = Mapping[str, bytes]
Records = Mapping[str, Mapping[str, Any]]

LOCKS = ("envs/requirements.lock", "envs/requirements-gpu.lock")

# What the configuration says of a job; code and versions are of whoever made the results.
CONFIGURED = ("rule", "wildcards", "settings", "seed")

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s\\;]+)", re.MULTILINE)


def check_records(
    files: Files, asked: Asked, where: str, among: Sequence[str] = CONFIGURED
) -> Records:
    """Records by name, if they are of the jobs that a configuration asks for, of one run, and of these files.

    Args:
        files: with all these records among them.
        asked: what the configuration asks for.
        where: who asks, for sentences, as ``configuration.json asks for``.
        among: names that are compared, of what a job is given.

    Raises:
        ArchiveError: one is not, or has another code than another of its rule.
    """
    results = Results(asked, files.get, lambda path: _digest(files, path))
    refuse(_unlike(results, asked, among, where))
    refuse(_unfitting(results, asked))
    return {name: results.record(name) for name in asked.jobs()}


def _unlike(results: Results, asked: Asked, among: Sequence[str], where: str) -> Iterator[str]:
    """Records that are none, or of jobs that nobody asks for."""
    jobs = asked.jobs()
    for name in sorted(name for name in jobs if results.record(name) is None):
        yield f"{name!r} is not what its job wrote."
    others = {name: job.differing(results.record(name), among) for name, job in jobs.items()}
    # those that differ only in what they rest on come after what differs itself
    for name in sorted(filter(others.get, jobs), key=lambda name: others[name] == ["basis"]):
        yield f"{name!r} is of a job with other {others[name][0]} than {where}."


def _unfitting(results: Results, asked: Asked) -> Iterator[str]:
    """Records that do not fit the files, or one another."""
    codes: dict[str, str] = {}
    for name, job in asked.jobs().items():
        record = results.record(name)
        for path in results.damaged(name):
            yield f"{path!r} is not the file that {name!r} says."
        for path in results.unnamed(name, job):
            yield f"{path!r} is not named by the record of its job, {name!r}."
        for path in results.changed(name):
            yield f"{name!r} rests on another {path!r} than the one whose record is there."
        places = {path: place for path in job.inputs if (place := asked.place(path))}
        asks = {path: given(results.record(place.record)) for path, place in places.items()}
        if record.get("basis") != basis(asks):
            yield f"{name!r} does not rest on what the records of its inputs say."
        other = codes.setdefault(job.given()["code"], name)
        if record.get("code") != results.record(other).get("code"):
            yield f"{name!r} and {other!r} are of one rule, but not of the same code."


def pins(lock: bytes) -> dict[str, str]:
    """Package -> version that a lock file pins."""
    found = _PIN.findall(lock.decode(errors="replace"))
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in found}


def disagreeing(files: Files, found: Records, asked: Asked, where: str) -> Iterator[str]:
    """Records that do not agree with the lock files, and tables that do not with the configuration."""
    yield from _other_versions(files, found)
    yield from _other_rows(files, asked, where)


def _other_versions(files: Files, found: Records) -> Iterator[str]:
    """Records of other versions than the lock files pin."""
    for name, record in found.items():
        if not isinstance(record.get("versions"), dict):
            yield f"{name!r} does not say with which versions it was made."
    for lock in LOCKS:
        pinned = pins(files[lock])
        for name, record in found.items():
            for said in (record.get("versions"), record.get("packages")):
                for package, version in said.items() if isinstance(said, dict) else ():
                    if version is not None and pinned.get(package, version) != version:
                        yield f"{name!r} is of {package} {version}, but {lock!r} pins {pinned[package]}."


def _other_rows(files: Files, asked: Asked, where: str) -> Iterator[str]:
    """Tables with rows of other settings than their experiment has, or two with other rows of one result."""
    shown: dict[str, tuple[str, Any]] = {}
    for job in asked.jobs().values():
        asks = job.given()
        if asks["rule"] not in ("table", "measure"):
            continue
        settings, (path, *_) = asks["settings"], job.files
        wanted = [{"experiment": settings["experiment"], **labels} for labels in settings["labels"]]
        grouped = groupby(_rows(files[path], [*wanted[0]]), itemgetter(0))
        parts = [(labels, [row for _, row in part]) for labels, part in grouped]
        if [labels for labels, _ in parts] != [[*map(cell, row.values())] for row in wanted]:
            yield f"{path!r} has rows of other settings than {where}."
        for part, (_, rows) in zip(job.inputs, parts, strict=True):
            other, same = shown.setdefault(part, (path, rows))
            if rows != same:
                yield f"{path!r} and {other!r} have other numbers of the same result."


def _digest(files: Files, path: str) -> str | None:
    return hashlib.sha256(files[path]).hexdigest() if path in files else None


def _rows(table: bytes, names: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    """Of each row what stands under these names, which come first, and the rest."""
    with suppress(ValueError):
        header, *rows = parsed(table)
        if header[: len(names)] == names:
            yield from ((row[: len(names)], row[len(names) :]) for row in rows)
