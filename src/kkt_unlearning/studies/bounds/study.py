"""The certificate of every unlearned network, beside its bounds."""

from kkt_unlearning.studies.study import CHECKS, Measure, Section, Study

STUDY = Study(
    order=900,  # after every question
    sections={CHECKS: Section("Checks of the code", "docs/theory.md#9-what-is-and-is-not-claimed")},
    measures={
        "certificate": Measure(
            "evaluation",
            inputs=("unlearned", "retrained"),
            requires={
                "forget": "List of forget sets or each",
                "fractions": "List of fractions of the prescribed step",
                "starts": "List of exact and trained",
            },
            explored=True,
        )
    },
)
