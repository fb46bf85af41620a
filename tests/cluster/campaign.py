"""Tables of campaigns on a cluster, in benchmarks/results: .csv, and .md for the docs."""

import csv
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "benchmarks" / "results"
FAULTS = """# Faults on Slurm

Written by `make test-cluster`. *went on*: repetitions that ended without an error by themselves; *recovered*:
those that did so after the recovery commands of docs/cluster.md; *lost* and *differing*: files, of all
repetitions together, that an undisturbed local run has and these have not, or have with other bytes.
"""


def write_table(name: str, title: str, rows: list[dict]) -> None:
    """Write the rows in both formats, and print them."""
    with open(FOLDER / f"{name}.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    table = markdown(rows)
    (FOLDER / f"{name}.md").write_text(f"{title}\n{table}", encoding="utf-8")
    print(f"\n{table}")


def markdown(rows: list[dict]) -> str:
    """Rows as a table."""
    lines = [[name.replace("_", " ") for name in rows[0]], ["---"] * len(rows[0])]
    lines += [[str(value) for value in row.values()] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
