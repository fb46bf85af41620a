"""Handwritten digits."""

from kkt_unlearning.studies.study import Drawn, Section, Study

STUDY = Study(
    order=140,
    sections={"digits": Section("Handwritten digits", "docs/theory.md#8-data-sets")},
    figure={"table": "digits", "dataset": "digits.dataset", "multipliers": "digits.multipliers"},
    experiments={"digits": Drawn(prescribed=True)},
)
