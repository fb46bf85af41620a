"""Rule measure_stream: the certificate after every deletion of a stream, as a tidy table."""

from _batch import points, replicates, solving
from _job import job
from _storage import read_arrays, write_table

from kkt_unlearning.batches import stream_rows


def main(snakemake):
    settings, trained = snakemake.params.settings, read_arrays(snakemake.input.trained)
    batch = replicates(trained, settings["network"])
    common = {**solving(settings["duals"]), "seed": settings["seed"]}
    rows: list = []
    for s, point in enumerate(points(read_arrays(snakemake.input.points), batch)):
        rows.extend(stream_rows(point, s, **settings["options"], **common))
        print(f"replicate {s}: {len(rows)} certificates so far")
    write_table(snakemake.output.table, rows)


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
