"""Where the caption of a figure stands."""

from pathlib import Path

from kkt_unlearning.studies.study import STUDIES, folder_of

_REPORT = Path(__file__).parents[2] / "report"


def caption(figure: str) -> Path:
    """File of the caption; a study of another package brings it along."""
    folder = _REPORT if figure in STUDIES.own else folder_of(figure) / "report"
    return folder / f"{figure}.rst"
