"""The files of ``workflow/report``, which pages and captions are made from."""

import os
from pathlib import Path

from kkt_unlearning.studies.study import STUDIES, folder_of

REPORT = Path(__file__).parents[2] / "report"


def template(name: str) -> str:
    """Path of one of them from the working directory: a moved project is as it was."""
    return os.path.relpath(REPORT / name)


def caption(figure: str) -> str:
    """Likewise of the caption of a figure; a study of another package brings it along."""
    own = figure in STUDIES.own
    return os.path.relpath((REPORT if own else folder_of(figure) / "report") / f"{figure}.rst")
