"""Rule dependence_tables: descent-ascent on dependent samples beside the prescribed step."""

from _job import job
from _storage import write_table
from _tables import cut

from kkt_unlearning.studies.dependence.rows import block_rows, boundary_rows, pair_rows, step_rows


def main(snakemake):
    options, output = snakemake.params.settings, snakemake.output
    retained, forgotten, here, ridges = (
        options[name] for name in ("retained", "forgotten", "here", "ridges")
    )
    alphas, overlaps = options["alphas"], options["overlaps"]
    tables = {
        "block": block_rows(retained, forgotten, here, ridges, alphas),
        "pair": pair_rows(retained, forgotten, here, ridges, overlaps, alphas),
        "boundary": boundary_rows(retained, forgotten, here, ridges, overlaps),
        "step": step_rows(overlaps, options["group_sizes"], options["others"]),
    }
    for name, rows in tables.items():
        write_table(output[name], [{key: cut(value) for key, value in row.items()} for row in rows])
        print(f"{name}: done")


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
