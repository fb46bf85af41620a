"""What every figure script does with what it has drawn."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from _storage import replacing, rounded, write_table
from matplotlib.figure import Figure

from kkt_unlearning.plotting.style import save


def write_figure(output: Any, figure: Figure, drawn: Mapping[str, np.ndarray]) -> None:
    """Write the figure as pdf and png and the numbers in it, to 6 significant digits, as csv."""
    with replacing(output.pdf) as pdf, replacing(output.png) as png:
        save(figure, pdf, png)
    write_table(output.csv, {name: _rounded(column) for name, column in drawn.items()})


def _rounded(column: np.ndarray) -> np.ndarray:
    if column.dtype.kind != "f":
        return column
    return np.array([float(rounded(repr(value))) for value in column.tolist()])
