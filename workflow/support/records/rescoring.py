"""The scorecard once more, from tables and thresholds of unknown origin."""

import csv
import io
from collections import Counter
from collections.abc import Mapping
from typing import Any

from scripts._tables import as_csv, columns

from workflow.support.records.unpacking import ArchiveError


def scorecard(tables: Mapping[str, bytes], config: Mapping[str, Any]) -> tuple[bytes, Counter[str]]:
    """The file ``scorecard.csv`` that these tables give, and how often each verdict is in it.

    Args:
        tables: content by name, ``dimension`` or ``step_size.multipliers``.
        config: whole configuration, of which only ``claims`` counts.

    Raises:
        ArchiveError: a claim cannot be decided by them.
    """
    from scorecard import rows

    try:
        scores = rows(
            {name: _columns(content) for name, content in tables.items()}, config["claims"]
        )
    except Exception as error:  # whatever is wrong with them, they are no tables of ours
        raise ArchiveError(
            f"the scorecard cannot be computed from the tables ({type(error).__name__}: {error})."
        ) from error
    return as_csv(scores).encode(), Counter(row["verdict"] for row in scores)


def _columns(content: bytes) -> dict[str, Any]:
    """What ``read_table`` makes of such a file; that asks for a file of our own, with its place."""
    header, *rows = csv.reader(io.StringIO(content.decode(), newline=""))
    return columns(header, rows)
