"""The table of a campaign of faults: benchmarks/results/faults_slurm.csv, and .md for the docs."""

import csv
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "benchmarks" / "results"
NAME = "faults_slurm"
COLUMNS = ("fault", "profile", "repetitions", "went_on", "recovered", "lost", "differing")
TITLE = """# Faults on Slurm

Written by `make test-cluster`. *went on*: repetitions that ended without an error by themselves; *recovered*:
those that did so after the recovery commands of docs/cluster.md; *lost* and *differing*: files, of all
repetitions together, that an undisturbed local run has and these have not, or have with other bytes.
"""


def write(rows: list[dict]) -> None:
    """Write the table twice, and print it."""
    with open(FOLDER / f"{NAME}.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    table = markdown(rows)
    (FOLDER / f"{NAME}.md").write_text(f"{TITLE}\n{table}", encoding="utf-8")
    print(f"\n{table}")


def markdown(rows: list[dict]) -> str:
    """Rows as a table."""
    lines = [[name.replace("_", " ") for name in COLUMNS], ["---"] * len(COLUMNS)]
    lines += [[str(row[name]) for name in COLUMNS] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
