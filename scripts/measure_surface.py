"""Rule measure_surface: the whole (ε, δ, τ) surface of the step from the exact KKT point."""

from _batch import cell_solver, points, replicates
from _job import job
from _storage import read_arrays, write_table

from kkt_unlearning.certificates.surface import surface_rows
from kkt_unlearning.problem import explicit_forget_sets


def main(snakemake):
    settings, trained = snakemake.params.settings, read_arrays(snakemake.input.trained)
    batch, options = replicates(trained, settings["network"]), settings["options"]
    sets = explicit_forget_sets(batch.y.shape[1], options["forget"])
    grid = (options["deltas"], options["taus"], options["path_points"])
    solver, pivots = cell_solver(settings["duals"]), settings["duals"]["pivots"]
    rows = [
        row
        for s, point in enumerate(points(read_arrays(snakemake.input.points), batch))
        for row in surface_rows(point, sets, *grid, solver, pivots, s)
    ]
    write_table(snakemake.output.surface, rows)


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
