"""The distance to the retrained network beside that of two retrainings."""

from kkt_unlearning.studies.study import Drawn, Measure, Section, Study

STUDY = Study(
    order=105,
    sections={"retrainings": Section("Two retrainings", "docs/questions/retrainings.md")},
    figure={"gaussian": "natural_gaussian.retrainings", "digits": "natural_digits.retrainings"},
    experiments={
        "natural_gaussian": Drawn(sweep=("dimension",)),
        "natural_digits": Drawn(sweep=("mixing",)),
    },
    measures={
        "retrainings": Measure(
            "retrainings",
            inputs=("retrained",),
            requires={"forget": "List of forget sets or each"},
        )
    },
)
