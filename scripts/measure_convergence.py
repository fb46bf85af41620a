"""Rule measure_convergence: the certificate of the step from weights on the way, along training."""

from _batch import cell_solver, descent, points, replicates
from _job import job
from _storage import read_arrays, write_table

from kkt_unlearning.convergence import Levels, Reference, convergence_rows
from kkt_unlearning.problem import explicit_forget_sets


def main(snakemake):
    settings, trained = snakemake.params.settings, read_arrays(snakemake.input.trained)
    batch, options = replicates(trained, settings["network"]), settings["options"]
    sets = explicit_forget_sets(batch.y.shape[1], options["forget"])
    rule, solver = descent(settings["training"]), cell_solver(settings["duals"])
    moments, levels = settings["training"]["snapshots"], Levels(**options["levels"])
    rows: list = []
    for s, point in enumerate(points(read_arrays(snakemake.input.points), batch)):
        reference = Reference.of(point, sets, solver, settings["duals"]["pivots"])
        weights = trained["snapshots"][:, s]
        rows.extend(convergence_rows(reference, moments, weights, rule, levels, solver, s))
    write_table(snakemake.output.convergence, rows)


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
