"""Rules measure_*: one measure of all replicates of a setting, by the function of its name in its study."""

from importlib import import_module
from typing import Any

from _job import job
from _storage import write_table


def main(snakemake: Any) -> None:
    """Results of a setting → the rows of the measure, as a tidy table."""
    name, module, reads = (snakemake.params[key] for key in ("measure", "module", "reads"))
    measure = getattr(import_module(module), name)
    rows: list[dict[str, Any]] = []
    for case in import_module(f"_{reads}").cases(snakemake.input, snakemake.params.settings):
        rows.extend(measure(case))
        print(f"{name}: {len(rows)} rows so far")
    write_table(snakemake.output.table, rows)


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
