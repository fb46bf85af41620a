"""Content hashes: what a job wrote down of the files that it made, and what they are now.

The outputs of one job share a ``.provenance.json`` in their folder, with their SHA-256 under ``outputs``,
and one of its own under ``sha256``, so that damage to it shows too.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

SUFFIX = ".provenance.json"

# Where results lie in a storage, an input of each rule: the records that belong to its other inputs.
RECORDS = "records"

# What a job was given, as its record says; ``basis`` is the same of all jobs that its inputs are from.
GIVEN = ("rule", "wildcards", "settings", "seed", "code", "packages", "basis")


def sha256(path: str | Path) -> str:
    """SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sealed(record: Mapping[str, Any]) -> str:
    """Text of a record with its own hash; equal records give equal texts."""
    return "".join(_chunks(record))


def unsealed(text: bytes) -> dict[str, Any]:
    """Record of a text that `sealed` made, in UTF-8.

    Raises:
        ValueError: the text is not what was written.
    """
    try:
        record = json.loads(text)
        if not isinstance(record, dict):
            raise ValueError("this is no record")
        record.pop("sha256", None)
        whole = _is(_chunks(record), text)
    except RecursionError as error:
        raise ValueError("the record has too many levels") from error
    if not whole:
        raise ValueError("the record does not have the hash that it says")
    return record


def _chunks(record: Mapping[str, Any]) -> Iterator[str]:
    content = json.loads(json.dumps(record))  # keys are text, as whoever reads it will find them
    yield from json.JSONEncoder(indent=2, sort_keys=True).iterencode(
        content | {"sha256": digest(content)}
    )
    yield "\n"


def _is(chunks: Iterable[str], text: bytes) -> bool:
    """Whether the chunks make this text; of one with many levels the indents alone would fill a memory."""
    place = 0
    for chunk in map(str.encode, chunks):
        if not text.startswith(chunk, place):
            return False
        place += len(chunk)
    return place == len(text)


def given(record: Mapping[str, Any], *names: str) -> str:
    """SHA-256 over what the job of a record was given, or over some of it.

    Args:
        record: of a job, or what one is asked for.
        names: of `GIVEN`; all of it without any.
    """
    return digest({name: record.get(name) for name in names or GIVEN})


def basis(asks: Mapping[str, str]) -> str:
    """SHA-256 over results that a job reads and `given` of their records."""
    return digest(asks)


def record_of(path: str | Path) -> tuple[dict[str, Any], str] | None:
    """What the job of a file wrote down, and of this file its SHA-256; None if there is no record of it."""
    path = Path(path)
    beside = (path.with_name(f"{path.stem}{SUFFIX}"), *sorted(path.parent.glob(f"*{SUFFIX}")))
    for provenance in filter(Path.is_file, beside):  # a pipe would be waited for
        with suppress(OSError, ValueError):  # gone or damaged: it says nothing
            record = unsealed(provenance.read_bytes())
            outputs = written(provenance, record)
            if os.path.normpath(path) in outputs:
                return record, outputs[os.path.normpath(path)]
    return None


def written(provenance: str | Path, record: Mapping[str, Any]) -> dict[str, str]:
    """What the job of a record wrote -> its SHA-256, by names that start where that of the record does.

    Raises:
        ValueError: the record does not say so.
    """
    folder, outputs = os.path.dirname(provenance), record.get("outputs")
    if not isinstance(outputs, dict):
        raise ValueError("the record does not say what its job wrote")
    return {os.path.normpath(os.path.join(folder, name)): outputs[name] for name in outputs}


def named(path: str | Path, provenance: str | Path) -> str:
    """What a file is called in a record: as seen from its folder, so that a moved project is as it was."""
    return Path(os.path.relpath(path, Path(provenance).parent)).as_posix()


def digest(value: Any) -> str:
    """SHA-256 over what JSON can say."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
