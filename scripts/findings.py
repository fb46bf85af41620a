"""Rule findings: scorecard and tables -> the page of findings, in Markdown and for the report."""

from _job import job
from _pages import written_by

from kkt_unlearning.studies.pages.findings import page
from kkt_unlearning.studies.pages.markdown import as_page
from kkt_unlearning.studies.study import choose


def pages(inputs, given, filled):
    """Output -> its text; the settings name what is not the default's."""
    choose(given["settings"]["studies"])
    scorecard = inputs["scorecard"]
    rows = zip(*(column.tolist() for column in scorecard.values()), strict=True)
    scores = [dict(zip(scorecard, row, strict=True)) for row in rows]
    text = page(filled["markdown"], scores, inputs["tables"], given["settings"]["changed"])
    return {"page": text, "html": as_page(text, "Findings", filled)}


if __name__ == "__main__":
    job(written_by(pages), snakemake)  # noqa: F821
