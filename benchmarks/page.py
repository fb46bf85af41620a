"""The page of results: every comparison with its figure and its table, medians and ranges over seeds."""

from importlib import import_module
from pathlib import Path

import pandas as pd
from pandas import DataFrame

from benchmarks.figures import SPREAD
from benchmarks.headlines import headlines

BENCHMARKS = {
    "training_step": "one step of descent",
    "training_growth": "one step of descent, growth in d, n and m",
    "time_to_accuracy": "from scratch to an accuracy",
    "cell_solvers": "the exact point, time against accuracy",
    "cell_growth": "the exact point, growth in n and m",
    "real_points": "the exact point of many samples, images of digits",
    "linear_model": "the hard-margin linear model",
    "many_samples": "the hard-margin linear model with many samples",
    "multipliers": "multipliers of trained weights",
    "jobs": "many networks",
    "certificates": "certificates of all samples and steps",
    "forgetting": "ways to forget, until they are as near",
    "pipeline": "the whole default replication",
}
GROUPS = ("rule", "sweep", "size", "width", "tolerance", "certificates", "contestant", "steps")
ERRORS = ("difference", "residual", "stationarity", "gap", "primal_violation", "distance")
FACTS = ("systems", "cells", "support", "kinks", "cosine", "exponent")
INTRODUCTION = (
    "This page compares our code with others at the same tasks. `make benchmark` (`benchmarks/run.py`) "
    "writes it; [the benchmarks](../README.md) says what is measured and what is checked. A *contestant* is "
    "one way to do the task. All run in turn in one run, on one thread, in float64.\n\n"
    "- Times are medians over rounds and seeds, with the smallest and the largest in brackets.\n"
    "- *Ratio* is the time over ours in the same round: above 1, ours is faster.\n"
    "- Errors are the largest over seeds; all other counts are medians.\n"
    "- *Outcome* says where an answer fails the checks that all get, or why a contestant was not run.\n\n"
    "There are m samples in R^d and n neurons; [notation](../../docs/notation.md) has the other symbols."
)


def page(results: Path, machines: dict[str, dict[str, str]]) -> str:
    """Markdown of all tables that exist in ``results``, each with the machine that it is from."""
    parts = ["# Benchmark results", INTRODUCTION]
    parts += ["## In short", _headlines(results)]
    for name, title in BENCHMARKS.items():
        path = results / f"{name}.csv"
        if path.exists():
            parts += _section(name, title, path, machines[name])
    if (results / "gpu.csv").exists():
        parts += ["## On a GPU", "Written by `make gpu-check`.", _plain(results / "gpu.csv")]
    return "\n\n".join(parts) + "\n"


def _section(name: str, title: str, path: Path, machine: dict[str, str]) -> list[str]:
    module = import_module(f"benchmarks.{name}")
    parts = [f"## {title[0].upper()}{title[1:]}", module.__doc__.strip()]
    if path.with_suffix(".png").exists():
        parts.append(f"![{title}]({name}.png)\n\n*{module.draw.__doc__.strip()} {SPREAD}*")
    facts = ", ".join(f"{key} {value}" for key, value in machine.items())
    parts.append(f"Machine: {facts}.")
    table = pd.read_csv(path)
    body = _summary(table) if "contestant" in table else _plain(path)
    return [*parts, f"<details><summary>table ({name}.csv)</summary>\n\n{body}\n\n</details>"]


def _headlines(results: Path) -> str:
    lines = [["compared with ours", "ratio of times", "smallest", "largest"]]
    lines += [[h.name, *(f"{v:.3g}" for v in (h.ratio, h.low, h.high))] for h in headlines(results)]
    return _markdown(lines)


def _summary(table: DataFrame) -> str:
    """One line a setting and contestant."""
    keys = [key for key in GROUPS if key in table and table[key].notna().any()]
    errors = [key for key in ERRORS if key in table]
    facts = [key for key in FACTS if key in table]
    heads = [*facts, *(f"largest {key}" for key in errors)]
    lines = [[*keys, "seconds", "ratio", *heads, "outcome"]]
    for values, rows in table.groupby(keys, sort=False, dropna=False):
        cells = [_number(value) for value in values]
        spans = (
            _span(rows, "seconds", "fastest", "slowest"),
            _span(rows, "ratio", "ratio_low", "ratio_high"),
        )
        measures = [_number(rows[key].median()) for key in facts]
        measures += [_number(rows[key].max()) for key in errors]
        outcomes = " / ".join(dict.fromkeys(rows["outcome"].astype(str)))
        lines.append([*cells, *spans, *measures, outcomes])
    return _markdown(lines)


def _span(rows: DataFrame, middle: str, low: str, high: str) -> str:
    """``median [smallest, largest]``."""
    if middle not in rows or rows[middle].isna().all():
        return ""
    low, high = (key if key in rows else middle for key in (low, high))
    numbers = (rows[middle].median(), rows[low].min(), rows[high].max())
    return "{} [{}, {}]".format(*(f"{number:.3g}" for number in numbers))


def _number(value: object) -> str:
    if value != value:  # nan
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _plain(path: Path) -> str:
    table = pd.read_csv(path)
    return _markdown(
        [list(table.columns), *([_number(v) for v in row] for row in table.itertuples(index=False))]
    )


def _markdown(lines: list[list[str]]) -> str:
    header, *rows = lines
    return "\n".join(
        "| " + " | ".join(line) + " |" for line in [header, ["---"] * len(header), *rows]
    )
