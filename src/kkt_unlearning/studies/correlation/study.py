"""How the guarantee decays as all samples share a direction."""

from kkt_unlearning.studies.study import Drawn, Section, Study

STUDY = Study(
    order=60,
    sections={"correlation": Section("Correlated data", "docs/questions/correlation.md")},
    figure={"table": "correlation", "dataset": "correlation.dataset"},
    experiments={"correlation": Drawn(sweep=("correlation",), prescribed=True)},
)
