"""The scorecard once more, from tables and thresholds of unknown origin."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from scripts._tables import as_csv, columns

from workflow.support.records.unpacking import ArchiveError, refuse_beyond_memory

_COPIES = 3  # of a column: the text that its numbers are read from, itself, and the rows that a claim chooses


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
        scores = rows(dict(_arrays(tables)), config["claims"])
    except ArchiveError:
        raise
    except Exception as error:  # whatever is wrong with them, they are no tables of ours
        raise ArchiveError(
            f"the scorecard cannot be computed from the tables ({type(error).__name__}: {error})."
        ) from error
    return as_csv(scores).encode(), Counter(row["verdict"] for row in scores)


def _arrays(tables: Mapping[str, bytes]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What ``read_table`` makes of such files; that asks for files of our own, with their place.

    A column takes as much for each cell as for its longest one.
    """
    needed = 0
    for name, content in tables.items():
        header, *rows = csv.reader(io.StringIO(content.decode(), newline=""))
        needed += (
            _COPIES
            * 4
            * sum(len(column) * max(map(len, column)) for column in zip(*rows, strict=False))
        )
        refuse_beyond_memory(needed, f"the table {name!r}")
        yield name, columns(header, rows)
