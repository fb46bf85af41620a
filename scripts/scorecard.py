"""Rule scorecard: all tables -> verdict on every claim and its interval, as a table and as pages to read."""

from _job import job
from _pages import written_by
from _tables import as_csv, cut

from kkt_unlearning.studies.pages.scorecard import page
from kkt_unlearning.studies.scorecard import score
from kkt_unlearning.studies.study import choose


def pages(inputs, given, filled):
    """Output -> its text; of each claim a row, its numbers to 6 significant digits."""
    settings = given["settings"]
    choose(settings["studies"])
    found = score(inputs["tables"], settings["claims"], settings["resamples"], given["seed"])
    scores = [{name: cut(value) for name, value in row.items()} for row in found]
    return {
        "table": as_csv(scores),
        "page": page(filled["markdown"], scores),
        "html": page(filled["html"], scores, html=True, style=filled["style"]),
    }


if __name__ == "__main__":
    job(written_by(pages), snakemake)  # noqa: F821
