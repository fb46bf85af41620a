"""Rule measure_recovery: trained networks -> what each unlearning method leaves, as a tidy table."""

from _batch import points, replicates, solving
from _job import job
from _storage import read_arrays, write_table

from kkt_unlearning.problem import explicit_forget_sets
from kkt_unlearning.recovery import recovery_rows
from kkt_unlearning.training import Descent
from kkt_unlearning.unlearning.methods import Choices, Task


def main(snakemake):
    settings, trained = snakemake.params.settings, read_arrays(snakemake.input.trained)
    batch = replicates(trained, settings["network"])
    retrained, options = read_arrays(snakemake.input.retrained), settings["options"]
    forget_sets = explicit_forget_sets(batch.y.shape[1], settings["forget"])
    choices = Choices(
        betas=options["betas"],
        descent=Descent(loss=settings["training"]["loss"], step_size=options["step_size"]),
        steps=options["steps"],
        damping=options["damping"],
        **solving(settings["duals"]),
    )
    rows: list = []
    for s, point in enumerate(points(read_arrays(snakemake.input.points), batch)):
        task = Task(point, trained["W"][s], forget_sets, choices)
        retraining = retrained["trained"][s], retrained["steps"][s]
        found = recovery_rows(task, options["methods"], retrained["W"][s], retraining)
        rows.extend({"seed": s} | row for row in found)
        print(f"replicate {s}: {len(rows)} networks so far")
    write_table(snakemake.output.recovery, rows)


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
