"""Rule measure_flips: how many activations the step flips, and how many the restored network leaves."""

from _batch import points, replicates
from _job import job
from _storage import read_arrays, write_table

from kkt_unlearning.certificates.flips import flips_rows
from kkt_unlearning.problem import explicit_forget_sets


def main(snakemake):
    settings, trained = snakemake.params.settings, read_arrays(snakemake.input.trained)
    batch, options = replicates(trained, settings["network"]), settings["options"]
    sets = explicit_forget_sets(batch.y.shape[1], options["forget"])
    rows = [
        row
        for s, point in enumerate(points(read_arrays(snakemake.input.points), batch))
        for row in flips_rows(point, sets, s)
    ]
    write_table(snakemake.output.flips, rows)


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
