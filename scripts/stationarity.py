"""Rule stationarity: the stationarity residual along training, with 0/1 and with Clarke derivatives."""

from _batch import cell_solver, descent, points, replicates
from _job import job
from _storage import read_arrays, write_table

from kkt_unlearning.trajectory import stationarity_row


def main(snakemake):
    settings, trained = snakemake.params.settings, read_arrays(snakemake.input.trained)
    batch = replicates(trained, settings["network"])
    rule, solver = descent(settings["training"]), cell_solver(settings["duals"])
    steps = settings["training"]["snapshots"]
    rows = [
        {"seed": s, "step": step} | stationarity_row(point, W[s], rule, solver)
        for s, point in enumerate(points(read_arrays(snakemake.input.points), batch))
        for step, W in zip(steps, trained["snapshots"], strict=True)
    ]
    write_table(snakemake.output.stationarity, rows)


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
