"""Rule dependence_tables: descent-ascent on dependent samples beside the prescribed step."""

from _job import job
from _storage import rounded, write_table

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
        write_table(output[name], [cut(row) for row in rows])
        print(f"{name}: done")


def cut(row):
    """The row with its numbers to 6 significant digits, as in every table."""
    return {
        name: float(rounded(repr(value))) if isinstance(value, float) else value
        for name, value in row.items()
    }


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
