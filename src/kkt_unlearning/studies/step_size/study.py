"""A step of another size than the prescribed one: the paper's Figure 1, and readings of ours."""

from kkt_unlearning.studies.study import Drawn, Section, Study

STUDY = Study(
    order=20,
    sections={"step_size": Section("The step size", "docs/theory.md#6-certificates")},
    figure={"table": "step_size"},
    experiments={"step_size": Drawn()},
)
