"""Rule provenance: what the jobs behind the figures wrote down -> one table and one page."""

from _job import job
from _pages import written_by
from _tables import as_csv

from kkt_unlearning.studies.pages.provenance import origin, table
from kkt_unlearning.studies.pages.template import fill


def pages(inputs, given, filled):
    """Output -> its text; the settings are of each figure, in the order of their records."""
    origins = []
    figures, trainings = inputs["figures"].values(), inputs["trainings"]
    for record, known in zip(figures, given["settings"].values(), strict=True):
        jobs = [trainings[name] for name in known["trainings"]]
        shown = {name: value for name, value in known.items() if name != "trainings"}
        origins.append(origin(record, jobs, given["seed"], shown))
    return {
        "table": as_csv(table(origins)),
        "html": fill(filled["html"], html=True, origins=origins, style=filled["style"]),
    }


if __name__ == "__main__":
    job(written_by(pages), snakemake)  # noqa: F821
