"""Rule explorer: the tables of certificates and of ways to forget -> one page to look through them."""

from _job import job
from _pages import read_tables, write
from plotly.offline import get_plotlyjs

from kkt_unlearning.studies.explorer.page import page
from kkt_unlearning.studies.explorer.table import study


def main(snakemake):
    write(snakemake, pages(read_tables(snakemake.input.tables), snakemake.params.settings))


def pages(tables, settings):
    """Output -> its text; ``settings`` says of each table, in their order, whose it is."""
    whose = zip(tables.values(), settings["tables"], strict=True)
    studies = [study(table=table, **about) for table, about in whose]
    return {"html": page(studies, get_plotlyjs())}


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
