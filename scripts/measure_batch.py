"""Rule measure_batch: the certificate against the size of the forget set, as a tidy table."""

from _batch import points, replicates, solving
from _job import job
from _storage import read_arrays, write_table

from kkt_unlearning.batches import batch_rows


def main(snakemake):
    settings, trained = snakemake.params.settings, read_arrays(snakemake.input.trained)
    batch = replicates(trained, settings["network"])
    common = {**solving(settings["duals"]), "seed": settings["seed"]}
    rows: list = []
    for s, point in enumerate(points(read_arrays(snakemake.input.points), batch)):
        rows.extend(batch_rows(point, trained["W"][s], s, **settings["options"], **common))
        print(f"replicate {s}: {len(rows)} certificates so far")
    write_table(snakemake.output.table, rows)


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
