"""Rule explorer: the tables of certificates and of ways to forget -> one page to look through them."""

from pathlib import Path
from typing import Any

from _job import job
from _storage import read_table, write_text
from plotly.offline import get_plotlyjs

from kkt_unlearning.studies.explorer.page import page
from kkt_unlearning.studies.explorer.table import study


def main(snakemake: Any) -> None:
    """Tables → page; ``settings`` says of each table, in their order, whose it is."""
    settings = snakemake.params.settings["tables"]
    studies = [
        study(table=read_table(Path(path)), **about)
        for path, about in zip(snakemake.input.tables, settings, strict=True)
    ]
    write_text(snakemake.output.html, page(studies, get_plotlyjs()))


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
