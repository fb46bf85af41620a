"""Rule measure_depth: what the step does to deep networks, its certificate, and which term is left over."""

from _batch import cell_solver, descent
from _deep import network, read_networks
from _job import job
from _storage import write_table

from kkt_unlearning.deep.evaluation import continued, evaluate
from kkt_unlearning.deep.near_kkt import near_kkt
from kkt_unlearning.problem import explicit_forget_sets


def main(snakemake):
    settings = snakemake.params.settings
    batch, found = read_networks(snakemake.input.networks, network(settings["network"]))
    rule, solver = descent(settings["training"]), cell_solver(settings["duals"])
    forget_sets = explicit_forget_sets(batch.y.shape[1], settings["forget"])
    start = near_kkt(batch, found["W"], found["patterns"], found["margins"], rule, solver)
    rows = evaluate(
        batch,
        start,
        (found["retrained"], found["retrained_margins"]),
        continued(batch, start, forget_sets, rule),
        forget_sets=forget_sets,
        fractions=settings["options"]["fractions"],
        descent=rule,
        solver=solver,
        pivots=settings["duals"]["pivots"],
    )
    write_table(snakemake.output.depth, list(rows))


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
