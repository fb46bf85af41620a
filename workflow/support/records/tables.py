"""Tables of what was tried, as CSV to compute with and as Markdown to read."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from scripts._tables import as_csv

Rows = Sequence[Mapping[str, object]]


def write_csv(path: Path, rows: Rows, header: Sequence[str] = ()) -> None:
    """Write the rows, or only ``header`` where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_csv(rows or dict.fromkeys(header, ())), encoding="utf-8")


def read_csv(path: Path) -> list[dict[str, str]]:
    """The rows, all values as text."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def markdown(rows: Rows) -> str:
    """The rows as a table; names of columns with blanks for underscores."""
    if not rows:
        return "None.\n"
    header = [name.replace("_", " ") for name in rows[0]]
    lines = [header, ["---"] * len(header), *(row.values() for row in rows)]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)
