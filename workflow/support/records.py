"""Results that no longer fit what their jobs wrote down, found before Snakemake looks at the times.

Snakemake takes a file for up to date that is younger than its inputs, whatever is in it. It does not see
that bits were lost, nor, after a clock has gone backwards, that an input was made anew. The records say
both: each job wrote down the hashes of what it read and of what it wrote.
"""

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

from scripts._hashes import SUFFIX, provenances, sha256

RESULTS = Path("results")
FINAL = ("*", "tables/*", "figures/*")  # below `RESULTS`: what nobody reads but a user


class _Record(NamedTuple):
    """What the job wrote down that wrote this file, too."""

    path: Path
    inputs: Mapping[str, str]
    outputs: Mapping[Path, str]


_Read = Callable[[Path], _Record | None]


def mark_changed() -> None:
    """Make outputs older than everything if they, or what they were made from, are not what was written.

    Snakemake then makes them again, and what rests on them. Of final results the bytes are looked at, of
    what lies before them only the records: whoever reads it looks at its bytes.
    """
    read, seen = cache(_read), set()
    for pattern in FINAL:
        for path in sorted(RESULTS.glob(f"{pattern}{SUFFIX}")):
            record = read(path)
            if record and not all(_is_written(*output) for output in record.outputs.items()):
                _age(record)
            _mark_outdated(record, read, seen)


def _mark_outdated(record: _Record | None, read: _Read, seen: set[Path]) -> None:
    """Age what was made from inputs that have been made anew since, here and further back."""
    if record is None or record.path in seen:
        return
    seen.add(record.path)
    for path, digest in record.inputs.items():
        source = _record_of(Path(path), read)
        if _now(Path(path), source) not in (digest, None):
            _age(record)
        _mark_outdated(source, read, seen)


def _now(path: Path, record: _Record | None) -> str | None:
    """Hash that a file should have by now; that of the file itself if no job wrote it."""
    if record:
        return record.outputs[path]
    return sha256(path) if path.is_file() else None


def _record_of(path: Path, read: _Read) -> _Record | None:
    records = (read(provenance) for provenance in provenances(path))
    return next((record for record in records if record and path in record.outputs), None)


def _read(provenance: Path) -> _Record | None:
    damage = (OSError, ValueError, LookupError, TypeError, AttributeError)
    with suppress(*damage):  # whoever needs what is damaged will say so
        content = json.loads(provenance.read_bytes())
        outputs = {_path(name, provenance): digest for name, digest in content["outputs"].items()}
        return _Record(provenance, content["inputs"], outputs)
    return None


def _path(name: str, provenance: Path) -> Path:
    return Path(os.path.normpath(provenance.parent / name))


def _is_written(path: Path, digest: str) -> bool:
    return not path.is_file() or sha256(path) == digest


def _age(record: _Record) -> None:
    for path in (*record.outputs, record.path):
        with suppress(OSError):  # not ours: the job itself will say so
            os.utime(path, (0, 0), follow_symlinks=False)
