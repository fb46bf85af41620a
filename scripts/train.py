"""Rule train: data set -> trained networks, all replicates as one batch, in span coordinates."""

from _job import job
from _replicates import BATCH, history_rows, network, paced
from _storage import read_arrays, write_arrays, write_table

from kkt_unlearning.backends import backend_name
from kkt_unlearning.studies.case import descent
from kkt_unlearning.studies.replicates import initialise, train_all


def main(snakemake):
    settings, data = snakemake.params.settings, read_arrays(snakemake.input.dataset)
    batch = initialise(
        **data,
        network=network(settings["network"]),
        initial_scale=settings["network"]["initial_scale"],
        seed=settings["seed"],
    )
    snapshots = settings["training"]["snapshots"]
    result = train_all(
        batch,
        descent(settings["training"]),
        backend=snakemake.params.backend,
        snapshots=snapshots,
        report=paced(),
    )
    write_table(snakemake.output.history, history_rows(result))
    write_arrays(
        snakemake.output.trained,
        W=result.W,
        loss_weights=result.loss_weights,
        snapshots=result.snapshots,
        **{name: getattr(batch, name) for name in BATCH},
    )
    return {"backend": backend_name(snakemake.params.backend)}


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
