"""Rule provenance: what the jobs behind the figures wrote down -> one table and one page."""

from _job import job
from _pages import templates, write
from _storage import read_record
from _tables import as_csv

from kkt_unlearning.studies.pages.provenance import origin, table
from kkt_unlearning.studies.pages.template import fill


def main(snakemake):
    files, params = snakemake.input, snakemake.params
    records = {path: read_record(path) for path in (*files.figures, *files.trainings)}
    drawn = [records[path] for path in files.figures]
    write(snakemake, pages(drawn, records, params.settings, params.seed, templates(snakemake)))


def pages(drawn, records, settings, seed, filled):
    """Output -> its text; ``drawn`` are the records of the figures, in the order of ``settings``."""
    origins = []
    for record, known in zip(drawn, settings.values(), strict=True):
        jobs = [records[name] for name in known["trainings"]]
        shown = {name: value for name, value in known.items() if name != "trainings"}
        origins.append(origin(record, jobs, seed, shown))
    return {
        "table": as_csv(table(origins)),
        "html": fill(filled["html"], html=True, origins=origins, style=filled["style"]),
    }


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
