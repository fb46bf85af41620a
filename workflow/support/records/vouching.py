"""Whether the records among some files fit these files and one another."""

import hashlib
import posixpath
import shlex
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from scripts._hashes import SUFFIX, provenances, unsealed

from workflow.support.places.asked import is_result
from workflow.support.records.unpacking import ArchiveError

Files = Mapping[str, bytes]
Records = Mapping[str, Mapping[str, Any]]

RESULTS = ("results", "paper_figures", "docs")
FINAL = ("results", "results/tables", "results/figures")  # all outputs of their records are packed


def records(files: Files) -> dict[str, dict[str, Any]]:
    """Records by name.

    Raises:
        ArchiveError: one is not what a job wrote.
    """
    return {name: read(name, files[name]) for name in sorted(files) if name.endswith(SUFFIX)}


def read(name: str, content: bytes) -> dict[str, Any]:
    """One record.

    Raises:
        ArchiveError: it is not what a job wrote.
    """
    try:
        record = unsealed(content)
    except (ValueError, RecursionError):
        raise ArchiveError(f"{name!r} is not what its job wrote.") from None
    if not all(isinstance(record.get(key), dict) for key in ("inputs", "outputs")):
        raise ArchiveError(f"{name!r} does not say what its job read and wrote.")
    return record


def written(name: str, record: Mapping[str, Any]) -> dict[str, str]:
    """Outputs of a record with their hashes, by their names below the folder of the run."""
    folder = posixpath.dirname(name)
    named = record["outputs"].items()
    return {posixpath.normpath(posixpath.join(folder, output)): digest for output, digest in named}


def behind(names: Iterable[str], folder: Path) -> dict[str, bytes]:
    """Records of the results among these, the records among these, and those of all that they rest on.

    Args:
        names: files below ``folder``.
        folder: that ``snakemake --directory`` worked in.

    Raises:
        ArchiveError: one is missing or not what its job wrote.
    """
    found: dict[str, bytes] = {}
    pending = [name for name in names if is_result(name)]
    while pending:
        path = pending.pop()
        name = path if path.endswith(SUFFIX) else _record_of(path, folder)
        if name not in found:
            found[name] = _content(name, folder)
            pending += filter(is_result, read(name, found[name])["inputs"])
    return found


def _content(name: str, folder: Path) -> bytes:
    try:
        return (folder / name).read_bytes()
    except FileNotFoundError:
        raise ArchiveError(f"{folder / name} is missing: {_remedy(name)}.") from None


def _remedy(name: str) -> str:
    return f"run snakemake --cores all {shlex.quote(name)}, which makes it"


def _record_of(name: str, folder: Path) -> str:
    """Record of a file that a job wrote."""
    for path in filter(Path.is_file, provenances(folder / name)):
        record = path.relative_to(folder).as_posix()
        if name in written(record, read(record, path.read_bytes())):
            return record
    raise ArchiveError(f"{folder / name} has no record of how it was made: {_remedy(name)}.")


def check(files: Files, found: Records) -> None:
    """Refuse results that do not fit the records beside them, or have none.

    Args:
        files: with results among them.
        found: all `records` among them.

    Raises:
        ArchiveError: a file is not what its record says, or it or a record that others rest on is missing.
    """
    vouched: dict[str, str] = {}
    for name, record in found.items():
        outputs = written(name, record)
        vouched |= outputs
        for path, digest in (*outputs.items(), *record["inputs"].items()):
            if path in files and hashlib.sha256(files[path]).hexdigest() != digest:
                raise ArchiveError(f"{path!r} is not the file that {name!r} says.")
        if posixpath.dirname(name) in FINAL and (gone := sorted(outputs.keys() - files.keys())):
            raise ArchiveError(f"{gone[0]!r} is missing, which {name!r} says was made.")
    _check_complete(files, found, vouched)


def _check_complete(files: Files, found: Records, vouched: Mapping[str, str]) -> None:
    for path in sorted(files):
        ours = path.split("/")[0] in RESULTS and not path.endswith(SUFFIX)
        if ours and path not in vouched:
            raise ArchiveError(f"{path!r} has no record of how it was made.")
    for path, name in _rested_on(found):
        if path not in vouched:
            raise ArchiveError(
                f"{path!r}, on which {name!r} rests, has no record of how it was made."
            )
        if found[name]["inputs"][path] != vouched[path]:
            raise ArchiveError(
                f"{name!r} rests on another {path!r} than the one whose record is there."
            )


def _rested_on(found: Records) -> Iterator[tuple[str, str]]:
    """Results that jobs read, and the records that say so; a record vouches for itself."""
    for name, record in found.items():
        yield from (
            (path, name)
            for path in record["inputs"]
            if is_result(path) and not path.endswith(SUFFIX)
        )
