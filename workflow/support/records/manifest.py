"""What made the results in an archive, from their records."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def manifest(found: Mapping[str, Mapping[str, Any]], of: str | None) -> dict[str, Any]:
    """What made the results: seed, versions, backends, code and commit; no time and no place.

    Args:
        found: all records.
        of: commit.
    """
    records = list(found.values())
    return {
        "commit": of,
        "code": {
            rule: sorted({r["code"] for r in records if r["rule"] == rule})
            for rule in sorted({record["rule"] for record in records})
        },
        "versions": _distinct(records, "versions"),
        "seeds": _distinct(records, "seed"),
        "backends": _distinct(records, "backend"),
        "dtypes": _distinct(records, "dtype"),
    }


def _distinct(records: Sequence[Mapping[str, Any]], key: str) -> list[Any]:
    """Values of all records, each once: more than one means that results are of several runs."""
    found = {
        json.dumps(record[key], sort_keys=True) for record in records if record[key] is not None
    }
    return [json.loads(value) for value in sorted(found)]


def commit(root: Path) -> str | None:
    """Commit of a checkout in which no tracked file is changed, generated ones apart."""

    def git(*words: str) -> str:
        command = ["git", "-C", str(root), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    generated = (":!paper_figures", ":!docs/findings.md", ":!benchmarks/results")
    try:
        inside = git("rev-parse", "--show-prefix")  # of a copy in a folder of some other repository
        changed = inside or git("diff", "--name-only", "HEAD", "--", ".", *generated)
        return None if changed else git("rev-parse", "HEAD")
    except (OSError, subprocess.CalledProcessError):
        return None
