"""Rule duals: trained networks -> exact KKT points and multipliers, with the estimates beside them."""

from _job import job
from _replicates import replicates, stack_points
from _storage import read_arrays, write_arrays, write_table

from kkt_unlearning.kkt.multipliers import estimates
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.studies.replicates import exact_points
from kkt_unlearning.studies.tables import dual_row, multiplier_rows


def main(snakemake):
    settings, trained = snakemake.params.settings, read_arrays(snakemake.input.trained)
    batch = replicates(trained, settings["network"])
    duals = settings["duals"]
    solver = Solver(duals["solver"], duals["tolerance"])
    points = exact_points(batch, trained["W"], solver, duals["pivots"])
    multipliers: list = []
    for s, (point, W) in enumerate(zip(points, trained["W"], strict=True)):
        guesses = estimates(point.problem, W, trained["loss_weights"][s])
        multipliers.extend(multiplier_rows(point, guesses, s))
        print(f"replicate {s}: {point.cells} cell(s), gap {point.gap:.1e}")
    write_table(snakemake.output.residuals, [dual_row(point, s) for s, point in enumerate(points)])
    write_table(snakemake.output.multipliers, multipliers)
    write_arrays(snakemake.output.points, **stack_points(points))


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
