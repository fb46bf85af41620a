"""One benchmark: ``python -m benchmarks.measure NAME FOLDER [--quick]`` writes NAME.csv and NAME.png."""

import os
import sys
from importlib import import_module
from pathlib import Path

import pandas as pd

from kkt_unlearning.studies import style


def measure(name: str, folder: Path, quick: bool) -> None:
    """The table first, under a temporary name, then the figure drawn from the table as it was written."""
    module = import_module(f"benchmarks.{name}")
    rows = module.measure(quick=True) if quick else module.measure()
    path = folder / f"{name}.csv"
    fresh = path.with_suffix(".new")
    pd.DataFrame(rows).to_csv(fresh, index=False, float_format="%.4g", lineterminator="\n")
    os.replace(fresh, path)
    if hasattr(module, "draw"):
        figure = module.draw(pd.read_csv(path))
        with style.styled():
            figure.savefig(folder / f"{name}.png", metadata={"Software": None})


if __name__ == "__main__":
    measure(sys.argv[1], Path(sys.argv[2]), "--quick" in sys.argv[3:])
