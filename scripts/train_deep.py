"""Rule train_deep: data set -> deep networks, trained, and retrained without each forget set, in batches."""

from _deep import network, write_networks
from _job import job
from _replicates import paced
from _storage import read_arrays, write_table

from kkt_unlearning.deep.replicates import initialise_deep, retrain_deep, train_deep
from kkt_unlearning.problem import explicit_forget_sets
from kkt_unlearning.studies.case import descent


def main(snakemake):
    settings, data = snakemake.params.settings, read_arrays(snakemake.input.dataset)
    model, rule = network(settings["network"]), descent(settings["training"])
    scale = settings["network"]["initial_scale"]
    batch = initialise_deep(data["X"], data["y"], model, scale, settings["seed"])
    forget_sets = explicit_forget_sets(batch.y.shape[1], settings["forget"])
    found = train_deep(batch, rule, paced())
    again = retrain_deep(batch, rule, forget_sets, paced())
    write_table(snakemake.output.history, [*_rows("trained", found), *_rows("retrained", again)])
    write_networks(snakemake.output.networks, batch, found, again)


def _rows(kind, training):
    """One row a checkpoint and network; leading axes of the batch are numbered through."""
    for step, columns in training.history:
        flat = {name: values.ravel() for name, values in columns.items()}
        for index, values in enumerate(zip(*flat.values(), strict=True)):
            yield {"kind": kind, "step": step, "index": index} | dict(
                zip(flat, values, strict=True)
            )


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
