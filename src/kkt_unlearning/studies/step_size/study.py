"""The paper's Figure 1: a step of another size than the prescribed one."""

from kkt_unlearning.studies.study import Drawn, Section, Study

STUDY = Study(
    order=20,
    sections={"step_size": Section("The size of the step", "docs/theory.md#6-certificates")},
    figure={"table": "step_size"},
    experiments={"step_size": Drawn()},
)
