"""What of a forgotten sample can be reconstructed, from both networks and from one alone."""

from kkt_unlearning.studies.study import Drawn, Measure, Section, Study

STUDY = Study(
    order=115,
    sections={
        "reconstruction": Section(
            "Reconstruction of forgotten samples", "docs/questions/reconstruction.md"
        )
    },
    figure={"table": "reconstruction.reconstruction"},
    experiments={"reconstruction": Drawn(sweep=("dimension",))},
    measures={
        "reconstruction": Measure(
            "reconstruction",
            inputs=("retrained",),
            requires={"forget": "List of forget sets or each"},
        )
    },
)
