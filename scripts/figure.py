"""Rules figure_*: one figure, drawn from its tables by the library's module of its name."""

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from _job import job
from _storage import read_table, replacing, write_text
from _tables import as_csv, cut

from kkt_unlearning.studies.drawing import load_matplotlib


def main(snakemake: Any) -> None:
    """Tables → the figure as pdf and png, and the numbers in it as csv."""
    # seaborn works without SciPy, and takes density estimates and dendrograms from it where it finds it.
    # Figures here have neither, and loading them is a quarter of a small figure's time.
    sys.modules |= {"scipy.stats": None, "scipy.cluster": None}  # type: ignore[dict-item]
    load_matplotlib()
    from kkt_unlearning.studies.style import save

    tables = {name: read_table(path) for name, path in snakemake.input.items()}
    shown, numbers = _drawn(tables, snakemake.params.settings)
    with replacing(snakemake.output.pdf) as pdf, replacing(snakemake.output.png) as png:
        save(shown, pdf, png)
    write_text(snakemake.output.csv, numbers)


def pages(
    inputs: Mapping[str, Any], given: Mapping[str, Any], filled: Mapping[str, str]
) -> dict[str, str]:
    """Output -> its text, of the one that is a text: the numbers drawn."""
    load_matplotlib()
    return {"csv": _drawn(inputs, given["settings"])[1]}


def _drawn(tables: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[Any, str]:
    """The figure, and the numbers in it to 6 significant digits."""
    draw = import_module(settings["module"]).draw
    shown, drawn = draw(**tables)
    return shown, as_csv({name: [*map(cut, column.tolist())] for name, column in drawn.items()})


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
