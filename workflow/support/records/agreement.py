"""Whether records, configuration, lock files and tables are of one run."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scripts._hashes import basis, given
from scripts._tables import cell

from workflow.support.places.asked import Asked
from workflow.support.records.unpacking import ArchiveError

Files = Mapping[str, bytes]
Records = Mapping[str, Mapping[str, Any]]

LOCKS = ("envs/requirements.lock", "envs/requirements-gpu.lock")

# What the configuration says of a job; code and versions are of whoever made the results.
CONFIGURED = ("rule", "wildcards", "settings", "seed")

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s\\;]+)", re.MULTILINE)


def check_configuration(found: Records, asked: Asked, among: Iterable[str], where: str) -> None:
    """Refuse records that are not those of the jobs that a configuration asks for.

    Args:
        found: all records.
        asked: what the configuration asks for.
        among: names that are compared, of what a job is given.
        where: name of the configuration, for sentences.

    Raises:
        ArchiveError: one is missing, one too many, or says something else.
    """
    jobs = asked.jobs()
    if missing := sorted(jobs.keys() - found.keys()):
        raise ArchiveError(f"{missing[0]!r} is missing, of a job that {where} asks for.")
    if more := sorted(found.keys() - jobs.keys()):
        raise ArchiveError(f"{more[0]!r} is of a job that {where} does not ask for.")
    others = {name: jobs[name].differing(record, among) for name, record in found.items()}
    # those that differ only in what they rest on come after what differs itself
    for name in sorted(filter(others.get, found), key=lambda name: others[name] == ["basis"]):
        raise ArchiveError(
            f"{name!r} is of a job with other {others[name][0]} than {where} asks for."
        )


def check_one_run(found: Records, asked: Asked) -> None:
    """Refuse records that were not made one after another by one code.

    Raises:
        ArchiveError: one does not rest on the others, or the code of a rule is another in another record.
    """
    digests = {name: given(record) for name, record in found.items()}
    codes: dict[str, tuple[str, str]] = {}
    for name, job in asked.jobs().items():
        places = {path: asked.place(path) for path in job.inputs}
        asks = {path: digests[place.record] for path, place in places.items() if place}
        if found[name].get("basis") != basis(asks):
            raise ArchiveError(f"{name!r} does not rest on what the records of its inputs say.")
        code = str(found[name].get("code"))
        first, other = codes.setdefault(job.given()["code"], (code, name))
        if first != code:
            raise ArchiveError(f"{name!r} and {other!r} are of one rule, but not of the same code.")


def check_lock(files: Files, found: Records) -> None:
    """Refuse records of other versions than the lock files pin.

    Raises:
        ArchiveError: the first of them.
    """
    pinned = {name: dict(_pins(files[name].decode(errors="replace"))) for name in LOCKS}
    for name, record in found.items():
        for said in ("versions", "packages"):
            for package, version in _versions(record, said).items():
                for lock, pins in pinned.items():
                    if version is not None and pins.get(package, version) != version:
                        raise ArchiveError(
                            f"{name!r} is of {package} {version}, but {lock!r} pins {pins[package]}."
                        )


def check_tables(files: Files, asked: Asked, where: str) -> None:
    """Refuse tables whose rows are of other settings than their experiment has.

    Raises:
        ArchiveError: the first of them.
    """
    for job in asked.jobs().values():
        asks = job.given()
        if asks["rule"] not in ("table", "measure"):
            continue
        settings, (path, *_) = asks["settings"], job.files
        wanted = [{"experiment": settings["experiment"], **labels} for labels in settings["labels"]]
        shown = [{name: cell(value) for name, value in row.items()} for row in wanted]
        if list(_labels(files[path], list(shown[0]))) != shown:
            raise ArchiveError(f"{path!r} has rows of other settings than {where} asks for.")


def _pins(lock: str) -> Iterator[tuple[str, str]]:
    for name, version in _PIN.findall(lock):
        yield re.sub(r"[-_.]+", "-", name).lower(), version


def _versions(record: Mapping[str, Any], said: str) -> Mapping[str, str | None]:
    found = record.get(said)
    return found if isinstance(found, Mapping) else {}


def _labels(table: bytes, names: list[str]) -> Iterator[dict[str, str | None]]:
    """Settings of the rows of a table, each once for all rows of it that follow one another."""
    last = None
    try:
        for row in csv.DictReader(io.StringIO(table.decode(), newline="")):
            labels = {name: row.get(name) for name in names}
            if labels != last:
                yield labels
            last = labels
    except (UnicodeDecodeError, csv.Error):
        return
