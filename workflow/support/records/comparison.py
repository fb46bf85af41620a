"""What differs between the results of two runs of one configuration."""

import math
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from scripts._tables import SIGNIFICANT_DIGITS, parsed

TABLES = {
    "tables": ("results/tables/*.csv",),
    "figure tables": ("paper_figures/*.csv",),
    "scorecard": ("results/scorecard.csv",),
}
FILES = {
    "figures": ("paper_figures/*.pdf", "paper_figures/*.png"),
    "pages": ("paper_figures/*.md", "docs/*.md", "results/*.html"),
    "CSV files": ("results/**/*.csv", "paper_figures/*.csv"),  # all of them, and to the last digit
    "arrays": ("results/**/*.npz",),
    "provenance": ("results/**/*.provenance.json",),
}


class Difference(NamedTuple):
    """One column of a table, or one whole file, that differs.

    Attributes:
        kind: key of `TABLES` or `FILES`.
        file: its path below the folder of the run.
        column: of the table; empty where the file as a whole differs.
        cells: how many differ.
        largest: |a - b|/max(|a|, |b|) over these; infinite where one of the two is no number.
    """

    kind: str
    file: str
    column: str
    cells: int
    largest: float


class Comparison(NamedTuple):
    """Two runs beside one another.

    Attributes:
        compared: kind -> number of files.
        cells: number of cells of all tables.
        differences: what differs.
    """

    compared: dict[str, int]
    cells: int
    differences: list[Difference]

    def of(self, kind: str) -> list[Difference]:
        """Differences of one kind."""
        return [difference for difference in self.differences if difference.kind == kind]


def compare(one: Path, other: Path) -> Comparison:
    """All results of two runs: tables to 6 significant digits, other files byte by byte.

    Args:
        one: folder that ``snakemake --directory`` worked in.
        other: the same of the other run.
    """
    compared: dict[str, int] = {}
    cells, differences = 0, list[Difference]()
    for kind, patterns in (TABLES | FILES).items():
        names = _names(patterns, one, other)
        compared[kind] = len(names)
        for name in names:
            if kind in TABLES:
                rows = [_rows(folder / name) for folder in (one, other)]
                cells += sum(map(len, rows[0][1:]))
                differences += _table_differences(kind, name, *rows)
            elif _content(one / name) != _content(other / name):
                differences.append(Difference(kind, name, "", 1, math.inf))
    return Comparison(compared, cells, differences)


def relative(one: str, other: str) -> float:
    """|a - b|/max(|a|, |b|) of two cells, 0 if they agree to 6 digits, infinite if one is no number."""
    if one == other:
        return 0.0
    try:
        a, b = float(one), float(other)
    except ValueError:
        return math.inf
    if f"{a:.{SIGNIFICANT_DIGITS}g}" == f"{b:.{SIGNIFICANT_DIGITS}g}":
        return 0.0
    if not math.isfinite(a) or not math.isfinite(b) or a == b:  # 0 and -0 are equal
        return math.inf
    return abs(a - b) / max(abs(a), abs(b))


def _names(patterns: tuple[str, ...], *folders: Path) -> list[str]:
    """Files of either folder: one that a run did not make differs."""
    found = (
        path.relative_to(folder) for folder in folders for p in patterns for path in folder.glob(p)
    )
    return sorted({path.as_posix() for path in found})


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _rows(path: Path) -> list[list[str]]:
    return parsed(_content(path) or b"") or [[]]


def _table_differences(
    kind: str, name: str, one: list[list[str]], other: list[list[str]]
) -> Iterator[Difference]:
    """Column by column; tables of different shape or columns differ as a whole."""
    if one[0] != other[0] or len(one) != len(other):
        yield Difference(kind, name, "", max(len(one), len(other)) - 1, math.inf)
        return
    columns, others = (zip_longest(*table, fillvalue="") for table in (one, other))
    for (column, *cells), (_, *twins) in zip_longest(columns, others, fillvalue=("",) * len(one)):
        unequal = [size for size in map(relative, cells, twins) if size > 0]
        if unequal:
            yield Difference(kind, name, column, len(unequal), max(unequal))
