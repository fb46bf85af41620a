"""Rule provenance: what the jobs behind the figures wrote down -> one table and one page."""

from pathlib import Path

from _job import job
from _storage import read_record, write_table, write_text

from kkt_unlearning.studies.pages.provenance import origin, table
from kkt_unlearning.studies.pages.template import fill


def main(snakemake):
    trained = {path: read_record(path) for path in snakemake.input.trainings}
    origins = []
    for path, settings in zip(
        snakemake.input.figures, snakemake.params.settings.values(), strict=True
    ):
        jobs = [trained[name] for name in settings["trainings"]]
        shown = {name: value for name, value in settings.items() if name != "trainings"}
        origins.append(origin(read_record(path), jobs, snakemake.params.seed, shown))
    write_table(snakemake.output.table, table(origins))
    template, style = (
        Path(snakemake.input[name]).read_text(encoding="utf-8") for name in ("html", "style")
    )
    write_text(snakemake.output.html, fill(template, html=True, origins=origins, style=style))


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
