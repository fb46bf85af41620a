"""Run the benchmarks: ``python benchmarks/run.py [training_step] [exact_point] [pipeline]`` (default: all).

Writes one table a benchmark, the machine, and a page with both to ``benchmarks/results/``.
"""

import argparse
import csv
import importlib
import json
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy: every contestant gets one thread
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

RESULTS = Path(__file__).parent / "results"
BENCHMARKS = ("training_step", "exact_point", "pipeline")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("benchmarks", nargs="*", default=BENCHMARKS, help=", ".join(BENCHMARKS))
    for name in parser.parse_args().benchmarks:
        module = importlib.import_module(name)
        print(f"{name}: {module.__doc__.splitlines()[0]}", flush=True)
        write(name, module.measure())
    machine = importlib.import_module("machine").describe()
    (RESULTS / "machine.json").write_text(json.dumps(machine, indent=2) + "\n")
    (RESULTS / "README.md").write_text(page(machine))


def write(name: str, rows: list[dict]) -> None:
    with open(RESULTS / f"{name}.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: rounded(value) for key, value in row.items()} for row in rows)


def rounded(value: object) -> object:
    if isinstance(value, float):
        return f"{value:.4g}" if value == value else ""
    return value


def page(machine: dict[str, str]) -> str:
    """The tables that exist, as one Markdown page."""
    parts = [
        "# Benchmark results",
        "Written by `benchmarks/run.py`; ratios are of times taken in turn in one run.",
    ]
    parts.append("Machine: " + ", ".join(f"{key} {value}" for key, value in machine.items()) + ".")
    for name in BENCHMARKS:
        path = RESULTS / f"{name}.csv"
        if path.exists():
            title = importlib.import_module(name).__doc__.splitlines()[0]
            parts += [f"## {name.replace('_', ' ').capitalize()}", title, markdown(path)]
    return "\n\n".join(parts) + "\n"


def markdown(path: Path) -> str:
    with open(path, newline="") as file:
        header, *rows = csv.reader(file)
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    main()
