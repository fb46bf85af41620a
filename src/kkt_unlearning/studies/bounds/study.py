"""The certificate of every unlearned network, beside its bounds."""

from kkt_unlearning.studies.study import Measure, Section, Study

STUDY = Study(
    order=150,
    sections={"bounds": Section("The bounds derived here", "docs/theory.md#6-certificates")},
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
