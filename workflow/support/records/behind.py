"""What lies behind a result of a finished run: settings, code and versions of all jobs, by their records."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scripts._hashes import record_of

Values = dict[str, list[str]]  # what is chosen -> each of its values, as text

# They put results together: what they are given are the settings of others.
_LABELS = ("table", "measure")


def chosen(folder: Path, result: str) -> Values:
    """Everything that was chosen for a result: settings of each rule, seed, backend, code, versions.

    What is on the way there and is gone by now, with its record, is left out.

    Args:
        folder: of the run; result: path from there.
    """
    found: dict[str, dict[str, None]] = {}
    for record in _records(folder, result):
        for name, value in _said(record):
            found.setdefault(name, {})[value] = None
    return {name: list(values) for name, values in found.items()}


def differing(of_run: Mapping[str, Values]) -> list[tuple[str, dict[str, list[str]]]]:
    """Each choice that is not the same in all runs, with its values by run; settings come first."""
    names = list(dict.fromkeys(name for values in of_run.values() for name in values))
    names = sorted(names, key=lambda name: [name.startswith(part) for part in ("code", "version")])
    rows = [(name, {run: values.get(name, []) for run, values in of_run.items()}) for name in names]
    return [(name, by_run) for name, by_run in rows if len({*map(tuple, by_run.values())}) > 1]


def _records(folder: Path, result: str) -> Iterator[dict[str, Any]]:
    """Records of the jobs behind a result, each once, its own first."""
    pending, seen = [result], {result}
    known: set[str] = set()
    while pending:
        found = record_of(folder / pending.pop())
        if found is None:
            continue
        record = found[0]
        key = json.dumps([record.get("rule"), record.get("wildcards")], sort_keys=True)
        if key not in known:
            known.add(key)
            yield record
        inputs = [path for path in record.get("inputs", {}) if path not in seen]
        seen.update(inputs)
        pending += inputs


def _said(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    rule = str(record.get("rule"))
    if rule not in _LABELS:
        yield from _flat(rule, record.get("settings"))
    if record.get("seed") is not None:
        yield "seed", str(record["seed"])
    yield f"code of {rule}", str(record.get("code"))[:12]
    if rule in ("train", "retrain"):
        yield "backend", str(record.get("backend"))
    for package, version in (record.get("packages") or {}).items():
        yield f"version of {package}", str(version)
    for path, digest in record.get("inputs", {}).items():
        if not path.startswith("results/"):
            yield "content of the data file", digest[:12]


def _flat(name: str, value: Any, keys: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat(name, item, (*keys, str(key)))
    elif keys != ("seed",):  # which the record has itself
        text = json.dumps(value, ensure_ascii=False) if isinstance(value, list) else str(value)
        yield f"{name}: {'.'.join(keys)}", text
