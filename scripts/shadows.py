"""Rule shadows: data sets as pools -> exact KKT points of networks trained on random halves of each."""

from _job import job
from _replicates import network, paced, solving
from _shadows import stack_shadows
from _storage import read_arrays, write_arrays

from kkt_unlearning.attacks.shadows import shadows_of_pool
from kkt_unlearning.backends import backend_name
from kkt_unlearning.studies.case import descent


def main(snakemake):
    settings, data = snakemake.params.settings, read_arrays(snakemake.input.dataset)
    pools = []
    for s in range(min(settings["pools"], len(data["X"]))):
        found = shadows_of_pool(
            data["X"][s],
            data["y"][s],
            network(settings["network"]),
            settings["network"]["initial_scale"],
            descent(settings["training"]),
            models=settings["models"],
            folds=settings["folds"],
            seed=settings["seed"],
            s=s,
            **solving(settings["duals"]),
            backend=snakemake.params.backend,
            report=paced(),
        )
        pools.append(found)
        print(f"pool {s}: {found.models} shadow models")
    write_arrays(snakemake.output.shadows, **stack_shadows(pools))
    return {"backend": backend_name(snakemake.params.backend)}


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
