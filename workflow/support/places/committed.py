"""Figures that are in the repository although the tables behind them are not, or their record is not."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

REPORT = Path(__file__).parents[2] / "report"


def template(name: str) -> str:
    """Path of a file of ``workflow/report`` from the working directory: a moved project is as it was."""
    return os.path.relpath(REPORT / name)


def mark_outdated(outputs: Iterable[str], inputs: Iterable[str]) -> None:
    """Make a figure older than everything if a file that it is drawn from, or one of its own, is missing.

    In a fresh clone the committed figures are there and no table is. Snakemake takes an existing
    output whose inputs are missing for up to date, and likewise one that is asked for while another
    of the same job, such as its provenance, is not there. One that is older than the script it makes
    again, and with it what is missing.
    """
    outputs = list(outputs)
    if all(Path(path).exists() for path in (*outputs, *inputs)):
        return
    for path in outputs:
        with suppress(OSError):  # not there yet, or not ours: the job itself will say so
            os.utime(path, (0, 0))
