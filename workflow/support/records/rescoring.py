"""The scorecard once more, from tables and thresholds of unknown origin."""

import csv
import io
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workflow.support.records.unpacking import ArchiveError


def scorecard(tables: Mapping[str, bytes], config: Mapping[str, Any]) -> tuple[bytes, Counter[str]]:
    """The file ``scorecard.csv`` that these tables give, and how often each verdict is in it.

    Args:
        tables: content by name, ``dimension`` or ``step_size.multipliers``.
        config: whole configuration, of which only ``claims`` counts.

    Raises:
        ArchiveError: a claim cannot be decided by them.
    """
    from _storage import write_table
    from scorecard import rows

    try:
        scores = rows(
            {name: _columns(content) for name, content in tables.items()}, config["claims"]
        )
    except Exception as error:  # whatever is wrong with them, they are no tables of ours
        raise ArchiveError(
            f"the scorecard cannot be computed from the tables ({type(error).__name__}: {error})."
        ) from error
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "scorecard.csv")
        write_table(path, scores)
        return path.read_bytes(), Counter(row["verdict"] for row in scores)


def _columns(content: bytes) -> dict[str, Any]:
    """What ``read_table`` makes of such a file; that asks for a file of our own, with its place."""
    from _storage import _typed

    header, *lines = csv.reader(io.StringIO(content.decode(), newline=""))
    cells = zip(*lines, strict=True) if lines else [()] * len(header)
    return {name: _typed(list(column)) for name, column in zip(header, cells, strict=True)}
