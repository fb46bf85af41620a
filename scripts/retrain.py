"""Rule retrain: the networks trained without each forget set, one batch, and their exact KKT points."""

import numpy as np
from _job import job
from _replicates import history_rows, paced, replicates, solving
from _storage import read_arrays, write_arrays, write_table

from kkt_unlearning.backends import backend_name
from kkt_unlearning.problem import explicit_forget_sets
from kkt_unlearning.studies.case import descent
from kkt_unlearning.studies.replicates import retrain_all, retrained_points
from kkt_unlearning.studies.tables import retrained_rows


def main(snakemake):
    settings = snakemake.params.settings
    batch = replicates(read_arrays(snakemake.input.trained), settings["network"])
    forget_sets = explicit_forget_sets(batch.y.shape[1], settings["forget"])
    result = retrain_all(
        batch,
        descent(settings["training"]),
        forget_sets,
        backend=snakemake.params.backend,
        report=paced(),
    )
    points = retrained_points(batch, result.W, forget_sets, **solving(settings["duals"]))
    write_table(snakemake.output.history, history_rows(result))
    write_table(snakemake.output.residuals, retrained_rows(points, forget_sets))
    write_arrays(
        snakemake.output.retrained,
        trained=result.W,
        steps=result.steps,
        W=np.array([[point.W for point in row] for row in points]),
    )
    return {"backend": backend_name(snakemake.params.backend)}


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
