"""Rule measure_klom: KLoM of unlearned against oracle shadow models, with its noise floor."""

from _job import job
from _shadows import shadows
from _storage import read_arrays, write_table

from kkt_unlearning.attacks.divergence import klom_rows
from kkt_unlearning.attacks.klom import recipe


def main(snakemake):
    settings = snakemake.params.settings
    rows: list = []
    options = settings["options"]
    for s, pool in enumerate(shadows(read_arrays(snakemake.input.shadows), settings["network"])):
        rows += klom_rows(
            pool,
            fractions=settings["fractions"],
            models=options["models"],
            draws=options["draws"],
            recipe=recipe(*(options[name] for name in ("recipe", "bins", "clip", "floor"))),
            seed=settings["seed"],
            s=s,
        )
    write_table(snakemake.output.klom, rows)


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
