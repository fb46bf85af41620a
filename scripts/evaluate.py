"""Rule evaluate: certificates, bounds and comparisons of every unlearned network, as a tidy table."""

from _batch import points, replicates, solving
from _job import job
from _storage import read_arrays, write_table

from kkt_unlearning.evaluation import evaluate_replicate
from kkt_unlearning.problem import explicit_forget_sets


def main(snakemake):
    settings, trained = snakemake.params.settings, read_arrays(snakemake.input.trained)
    batch = replicates(trained, settings["network"])
    unlearned = read_arrays(snakemake.input.unlearned)["W"]
    retrained = read_arrays(snakemake.input.retrained)["W"]
    rows: list = []
    for s, point in enumerate(points(read_arrays(snakemake.input.points), batch)):
        results = evaluate_replicate(
            batch,
            s,
            point,
            trained["W"][s],
            unlearned[s],
            retrained[s],
            starts=settings["starts"],
            forget_sets=explicit_forget_sets(batch.y.shape[1], settings["forget"]),
            fractions=settings["fractions"],
            **solving(settings["duals"]),
        )
        rows.extend(results)
        print(f"replicate {s}: {len(rows)} certificates so far")
    write_table(snakemake.output.evaluation, rows)


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
