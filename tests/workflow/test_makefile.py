"""Targets of the Makefile that studies bring with them."""

import subprocess
from pathlib import Path

from kkt_unlearning.studies.study import figures

ROOT = Path(__file__).parents[2]


def test_every_figure_is_a_target():
    command = ["make", "--dry-run", "--no-print-directory", *figures()]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    asked = [line.split()[-1] for line in said.splitlines() if "snakemake --cores all " in line]
    assert asked == list(figures())
