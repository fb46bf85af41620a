"""Generalisation on a Gaussian mixture."""

from kkt_unlearning.studies.study import Drawn, Section, Study

STUDY = Study(
    order=90,
    sections={"mixture": Section("Generalisation on a mixture", "docs/questions/mixture.md")},
    figure={"table": "mixture", "dataset": "mixture.dataset"},
    experiments={"mixture": Drawn(sweep=("dimension", "separation"), prescribed=True)},
)
