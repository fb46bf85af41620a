"""The files of ``workflow/report``, which pages and captions are made from."""

import os
from pathlib import Path

REPORT = Path(__file__).parents[2] / "report"


def template(name: str) -> str:
    """Path of one of them from the working directory: a moved project is as it was."""
    return os.path.relpath(REPORT / name)
