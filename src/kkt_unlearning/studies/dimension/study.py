"""Theorems 3.1 and 4.1: the step as the data grow more orthogonal."""

from kkt_unlearning.studies.study import Drawn, Section, Study

STUDY = Study(
    order=10,
    sections={
        "linear": Section("The linear model", "docs/theory.md#6-certificates"),
        "two_layer": Section("The two-layer network", "docs/theory.md#6-certificates"),
    },
    figure={"table": "dimension", "dataset": "dimension.dataset"},
    experiments={"dimension": Drawn(sweep=("dimension",), prescribed=True)},
)
