"""What the Makefile repeats of the workflow."""

import re
from pathlib import Path

from kkt_unlearning.studies.study import figures

ROOT = Path(__file__).parents[2]


def test_every_figure_is_a_target():
    (named,) = re.findall(r"^figures() := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert named.split() == list(figures())
