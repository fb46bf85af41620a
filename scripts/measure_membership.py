"""Rule measure_membership: attacks on forgotten samples, and the certificates of the forgetting."""

from _batch import solving
from _job import job
from _shadows import shadows
from _storage import read_arrays, write_table

from kkt_unlearning.attacks.membership import attack_pool


def main(snakemake):
    settings, rows = snakemake.params.settings, []
    options = settings["options"]
    for s, pool in enumerate(shadows(read_arrays(snakemake.input.shadows), settings["network"])):
        rows += attack_pool(
            pool,
            fractions=options["fractions"],
            folds=options["folds"],
            certificates=options["certificates"],
            loss=settings["training"]["loss"],
            **solving(settings["duals"]),
            s=s,
        )
        print(f"pool {s}: attacked")
    write_table(snakemake.output.membership, rows)


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
