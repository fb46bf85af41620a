"""Rule findings: scorecard and tables -> the page of findings, in Markdown and for the report."""

from _job import job
from _pages import read_tables, templates, write
from _storage import read_table

from kkt_unlearning.studies.pages.findings import page
from kkt_unlearning.studies.pages.markdown import to_html
from kkt_unlearning.studies.pages.template import fill


def main(snakemake):
    tables = read_tables(snakemake.input.tables)
    scorecard = read_table(snakemake.input.scorecard)
    write(snakemake, pages(tables, scorecard, templates(snakemake)))


def pages(tables, scorecard, filled):
    """Output -> its text; ``scorecard`` has its columns."""
    rows = zip(*(column.tolist() for column in scorecard.values()), strict=True)
    scores = [dict(zip(scorecard, row, strict=True)) for row in rows]
    text = page(filled["markdown"], scores, tables)
    html = fill(filled["html"], content=to_html(text), style=filled["style"], html=True)
    return {"page": text, "html": html}


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
