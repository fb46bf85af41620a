"""Stationarity of a network in training, with and without Clarke derivatives."""

from kkt_unlearning.studies.study import Drawn, Measure, Section, Study

STUDY = Study(
    order=170,
    sections={"kinks": Section("Stationarity and kinks", "docs/theory.md#4-kinks")},
    figure={"table": "kinks.stationarity"},
    experiments={"kinks": Drawn()},
    measures={"stationarity": Measure("stationarity", snapshots=True)},
)
