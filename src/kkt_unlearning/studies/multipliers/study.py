"""The multipliers, estimated four ways."""

from kkt_unlearning.studies.study import Drawn, Measure, Section, Study

STUDY = Study(
    order=160,
    sections={"multipliers": Section("The multipliers", "docs/theory.md#7-multipliers-four-ways")},
    figure={"multipliers": "step_size.multipliers"},
    experiments={"step_size": Drawn()},
    measures={"multipliers": Measure("multipliers", reads="")},
)
