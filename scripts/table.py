"""Put the tables of an experiment's settings together (rules ``table`` and ``measure``)."""

from typing import Any

from _job import job
from _storage import StorageError, read_cells, write_table
from _tables import rounded


def main(snakemake: Any) -> None:
    """Rows of all parts behind the experiment and what tells their settings apart, to 6 significant digits.

    The digits are cut here and nowhere else: what the parts hold is exact, what figures and claims
    rest on is the same on two machines.
    """
    settings, table = snakemake.params.settings, []
    for path, labels in zip(snakemake.input.parts, settings["labels"], strict=True):
        table += rows(path, {"experiment": settings["experiment"], **labels})
    if any(row.keys() != table[0].keys() for row in table):
        raise StorageError(
            f"{snakemake.output.table}: the parts differ in columns: run snakemake with -R table."
        )
    write_table(snakemake.output.table, table)


def rows(path: str, setting: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of one part, the columns of its setting first."""
    header, cells = read_cells(path)
    return [setting | dict(zip(header, map(rounded, row), strict=True)) for row in cells]


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
