"""The scorecard once more, from tables and thresholds of unknown origin."""

import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .unpacking import ArchiveError


def scorecard(tables: Mapping[str, bytes], config: Mapping[str, Any]) -> tuple[bytes, Counter[str]]:
    """The file ``scorecard.csv`` that these tables give, and how often each verdict is in it.

    Args:
        tables: content by name, ``dimension`` or ``step_size.multipliers``.
        config: whole configuration, of which only ``claims`` counts.

    Raises:
        ArchiveError: a claim cannot be decided by them.
    """
    from _storage import read_table, write_table  # what the jobs read and write with
    from scorecard import rows

    with tempfile.TemporaryDirectory() as folder:
        try:
            read = {
                name: read_table(_written(Path(folder, f"{index}.csv"), content))
                for index, (name, content) in enumerate(sorted(tables.items()))
            }
            scores = rows(read, config["claims"])
        except Exception as error:  # whatever is wrong with them, they are no tables of ours
            raise ArchiveError(
                f"the scorecard cannot be computed from the tables ({type(error).__name__}: {error})."
            ) from error
        path = Path(folder, "scorecard")
        write_table(path, scores)
        return path.read_bytes(), Counter(row["verdict"] for row in scores)


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
