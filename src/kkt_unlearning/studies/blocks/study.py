"""Correlation within blocks of samples."""

from kkt_unlearning.studies.study import Drawn, Section, Study

STUDY = Study(
    order=70,
    sections={"blocks": Section("Correlation in blocks", "docs/questions/correlation.md")},
    figure={
        "correlation": "correlation",
        "correlation_dataset": "correlation.dataset",
        "blocks": "blocks",
        "blocks_dataset": "blocks.dataset",
    },
    experiments={
        "correlation": Drawn(),
        "blocks": Drawn(sweep=("block_size", "correlation"), prescribed=True, single=True),
    },
)
