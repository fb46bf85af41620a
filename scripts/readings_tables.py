"""Rule readings_tables: the step of Figure 1 from trained weights, in every reading, size by size."""

from _job import job
from _replicates import solving
from _storage import write_table
from _tables import cut

from kkt_unlearning.studies.readings.rows import reading_rows


def main(snakemake):
    settings = snakemake.params.settings
    rows: list = []
    options = settings["readings"]
    for samples in options["samples"]:
        for dimension in options["dimensions"]:
            found = reading_rows(
                samples, dimension, options, **solving(settings["duals"]), seed=settings["seed"]
            )
            rows.extend({key: cut(value) for key, value in row.items()} for row in found)
            print(f"m = {samples}, d = {dimension}: {len(rows)} rows so far")
    write_table(snakemake.output.table, rows)


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
