"""What the Makefile repeats of the workflow."""

import re
from pathlib import Path

from workflow.support.figures import FIGURES

ROOT = Path(__file__).parents[2]


def test_every_figure_is_a_target():
    (named,) = re.findall(r"^FIGURES := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert named.split() == list(FIGURES)
