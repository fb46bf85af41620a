"""Rules figure_*: one figure, drawn from its tables by the library's module of its name."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from _figures import load, numbers, save
from _job import job, results_among
from _storage import read_table, write_text

from kkt_unlearning.studies.drawing import load_matplotlib


def main(snakemake: Any) -> None:
    """Tables → the figure as pdf and png, and the numbers in it as csv."""
    load()
    tables = {name: read_table(path) for name, path in results_among(snakemake.input).items()}
    shown, text = _drawn(tables, snakemake.params.settings)
    save(shown, snakemake.output.pdf, snakemake.output.png)
    write_text(snakemake.output.csv, text)


def pages(
    inputs: Mapping[str, Any], given: Mapping[str, Any], filled: Mapping[str, str]
) -> dict[str, str]:
    """Output -> its text, of the one that is a text: the numbers drawn."""
    load_matplotlib()
    return {"csv": _drawn(inputs, given["settings"])[1]}


def _drawn(tables: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[Any, str]:
    """The figure, and the numbers in it."""
    draw = import_module(settings["module"]).draw
    shown, drawn = draw(**tables)
    return shown, numbers(drawn)


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
