"""Rule findings: scorecard and tables -> the page of findings, in Markdown and for the report."""

from pathlib import Path

from _job import job
from _storage import read_table, write_text

from kkt_unlearning.studies.pages.findings import page
from kkt_unlearning.studies.pages.markdown import to_html
from kkt_unlearning.studies.pages.template import fill


def main(snakemake):
    markdown, html, style = (
        Path(snakemake.input[name]).read_text(encoding="utf-8")
        for name in ("markdown", "html", "style")
    )
    columns = read_table(snakemake.input.scorecard)
    scores = [
        dict(zip(columns, row, strict=True))
        for row in zip(*(column.tolist() for column in columns.values()), strict=True)
    ]
    tables = {
        Path(path).name.removesuffix(".csv"): read_table(path) for path in snakemake.input.tables
    }
    text = page(markdown, scores, tables)
    write_text(snakemake.output.page, text)
    write_text(snakemake.output.html, fill(html, content=to_html(text), style=style, html=True))


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
