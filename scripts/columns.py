"""Rule columns: what each column of each result table is, as a table."""

from _job import job
from _pages import written_by
from _tables import as_csv

from kkt_unlearning.studies.columns import listed


def pages(inputs, given, filled):
    """Output -> its text, which rests on nothing but the code."""
    return {"table": as_csv(listed())}


if __name__ == "__main__":
    job(written_by(pages), snakemake)  # noqa: F821
