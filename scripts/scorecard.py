"""Rule scorecard: all tables -> verdict on every claim, as a table and as a page to read."""

from pathlib import Path

from _job import job
from _storage import read_table, replacing, rounded, write_table

from kkt_unlearning.scorecard import render, score


def main(snakemake):
    tables = {
        Path(path).name.removesuffix(".csv"): read_table(path) for path in snakemake.input.tables
    }
    scores = score(tables, snakemake.params.settings["claims"])
    for row in scores:
        numbers = {name: value for name, value in row.items() if isinstance(value, float)}
        row |= {name: float(rounded(repr(value))) for name, value in numbers.items()}
    write_table(snakemake.output.table, scores)
    with replacing(snakemake.output.page) as page:
        page.write_text(render(scores), encoding="utf-8")


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
