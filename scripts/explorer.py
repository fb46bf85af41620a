"""Rule explorer: the tables of certificates and of ways to forget -> one page to look through them."""

from _job import job
from _pages import written_by
from plotly.offline import get_plotlyjs

from kkt_unlearning.studies.explorer.page import page
from kkt_unlearning.studies.explorer.table import study


def pages(inputs, given, filled):
    """Output -> its text; the settings say of each table, in their order, whose it is."""
    whose = zip(inputs["explored"].values(), given["settings"]["tables"], strict=True)
    studies = [study(table=table, **about) for table, about in whose]
    return {"html": page(studies, get_plotlyjs())}


if __name__ == "__main__":
    job(written_by(pages), snakemake)  # noqa: F821
