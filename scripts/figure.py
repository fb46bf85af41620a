"""Rules figure_*: one figure, drawn from its tables by the library's module of its name."""

import sys
from importlib import import_module
from typing import Any

from _hashes import sha256
from _job import job
from _storage import read_table, replacing, write_table
from _tables import cut

from kkt_unlearning.studies.drawing import load_matplotlib


def main(snakemake: Any) -> dict[str, Any]:
    """Tables → the figure as pdf and png, and the numbers in it, to 6 significant digits, as csv."""
    # seaborn works without SciPy, and takes density estimates and dendrograms from it where it finds it.
    # Figures here have neither, and loading them is a quarter of a small figure's time.
    sys.modules |= {"scipy.stats": None, "scipy.cluster": None}  # type: ignore[dict-item]
    load_matplotlib()
    from kkt_unlearning.studies.style import save

    figure = snakemake.params.settings["figure"]
    draw = import_module(f"kkt_unlearning.studies.{figure}.figure").draw
    paths = {name: path for name, path in snakemake.input.items() if name != "caption"}
    shown, drawn = draw(**{name: read_table(path) for name, path in paths.items()})
    with replacing(snakemake.output.pdf) as pdf, replacing(snakemake.output.png) as png:
        save(shown, pdf, png)
    write_table(
        snakemake.output.csv, {name: [*map(cut, column.tolist())] for name, column in drawn.items()}
    )
    return {"tables": {str(path): sha256(path) for path in paths.values()}}


if __name__ == "__main__":
    job(main, snakemake)  # noqa: F821
