"""Rule scorecard: all tables -> verdict on every claim, as a table and as pages to read."""

from pathlib import Path

from _job import job
from _storage import read_table, write_table, write_text
from _tables import cut

from kkt_unlearning.studies.pages.scorecard import page
from kkt_unlearning.studies.scorecard import score


def main(snakemake):
    tables = {
        Path(path).name.removesuffix(".csv"): read_table(path) for path in snakemake.input.tables
    }
    scores = rows(tables, snakemake.params.settings["claims"])
    write_table(snakemake.output.table, scores)
    markdown, html, style = (
        Path(snakemake.input[name]).read_text(encoding="utf-8")
        for name in ("markdown", "html", "style")
    )
    write_text(snakemake.output.page, page(markdown, scores))
    write_text(snakemake.output.html, page(html, scores, html=True, style=style))


def rows(tables, thresholds):
    """A row for each claim, its numbers to 6 significant digits."""
    scores = score(tables, thresholds)
    return [{name: cut(value) for name, value in row.items()} for row in scores]


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
