"""Rule scorecard: all tables -> verdict on every claim, as a table and as pages to read."""

from _job import job
from _pages import read_tables, templates, write
from _tables import as_csv, cut

from kkt_unlearning.studies.pages.scorecard import page
from kkt_unlearning.studies.scorecard import score


def main(snakemake):
    tables = read_tables(snakemake.input.tables)
    write(snakemake, pages(tables, snakemake.params.settings["claims"], templates(snakemake)))


def pages(tables, thresholds, filled):
    """Output -> its text; of each claim a row, its numbers to 6 significant digits."""
    scores = [
        {name: cut(value) for name, value in row.items()} for row in score(tables, thresholds)
    ]
    return {
        "table": as_csv(scores),
        "page": page(filled["markdown"], scores),
        "html": page(filled["html"], scores, html=True, style=filled["style"]),
    }


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
