"""Tables of campaigns on a cluster, in benchmarks/results: .csv, and .md for the docs."""

from pathlib import Path

from workflow.support.tables import markdown, write

FOLDER = Path(__file__).parents[2] / "benchmarks" / "results"
FAULTS = """# Faults on Slurm

Written by `make test-cluster`. *went on*: repetitions that ended without an error by themselves; *recovered*:
those that did so after the recovery commands of docs/cluster.md; *lost* and *differing*: files, of all
repetitions together, that an undisturbed local run has and these have not, or have with other bytes.
"""


def write_table(name: str, title: str, rows: list[dict]) -> None:
    """Write the rows in both formats, and print them."""
    write(FOLDER / name, rows, f"{title}\n")
    print(f"\n{markdown(rows)}")
