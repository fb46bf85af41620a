"""What the scripts that draw share: the libraries without what figures here never use, and the files."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from _storage import replacing
from _tables import as_csv, cut

from kkt_unlearning.studies.drawing import load_matplotlib


def load() -> None:
    """Load matplotlib; call this before a module that draws is imported."""
    # seaborn works without SciPy, and takes density estimates and dendrograms from it where it finds it.
    # Figures here have neither, and loading them is a quarter of a small figure's time.
    sys.modules |= {"scipy.stats": None, "scipy.cluster": None}  # type: ignore[dict-item]
    load_matplotlib()


def save(figure: Any, pdf: str | Path, png: str | Path) -> None:
    """Write the figure as both files."""
    from kkt_unlearning.studies import style

    with replacing(pdf) as pdf_part, replacing(png) as png_part:
        style.save(figure, pdf_part, png_part)


def numbers(drawn: Mapping[str, Any]) -> str:
    """The numbers in a figure as csv, to 6 significant digits."""
    return as_csv({name: [*map(cut, column.tolist())] for name, column in drawn.items()})
