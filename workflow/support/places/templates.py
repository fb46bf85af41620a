"""The files of ``workflow/report``, which pages and captions are made from."""

import os
from pathlib import Path
from typing import Any

from snakemake.io import local

REPORT = Path(__file__).parents[2] / "report"


def template(name: str) -> Any:
    """Path of one of them from the working directory: a moved project is as it was.

    ``prefix:`` of a module, which is for results, leaves it alone.
    """
    return local(os.path.relpath(REPORT / name))
