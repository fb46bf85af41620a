"""Rules figure_*: one figure, drawn from its tables by the library's module of its name."""

import hashlib
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from _job import job
from _storage import read_table, replacing, rounded, write_table

from kkt_unlearning.studies.style import save


def main(snakemake: Any) -> dict[str, Any]:
    """Tables → the figure as pdf and png, and the numbers in it, to 6 significant digits, as csv."""
    figure = snakemake.params.settings["figure"]
    draw = import_module(f"kkt_unlearning.studies.{figure}.figure").draw
    paths = {name: path for name, path in snakemake.input.items() if name != "caption"}
    shown, drawn = draw(**{name: read_table(path) for name, path in paths.items()})
    with replacing(snakemake.output.pdf) as pdf, replacing(snakemake.output.png) as png:
        save(shown, pdf, png)
    write_table(snakemake.output.csv, {name: _rounded(column) for name, column in drawn.items()})
    return {"tables": {str(path): _sha256(path) for path in paths.values()}}


def _sha256(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _rounded(column: np.ndarray) -> np.ndarray:
    if column.dtype.kind != "f":
        return column
    return np.array([float(rounded(repr(value))) for value in column.tolist()])


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
