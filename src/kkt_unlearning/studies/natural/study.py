"""Natural data as they are and made more orthogonal: is near-orthogonality the reason?"""

from kkt_unlearning.studies.study import Drawn, Section, Study

_PARTS = {"": "", "_dataset": ".dataset", "_multipliers": ".multipliers"}

STUDY = Study(
    order=130,
    sections={"natural": Section("Natural data", "docs/questions/natural.md")},
    figure={
        f"{data}{argument}": f"natural_{data}{part}"
        for data in ("digits", "tabular", "text", "gaussian")
        for argument, part in _PARTS.items()
    },
    experiments={
        "natural_digits": Drawn(sweep=("mixing",), prescribed=True),
        "natural_tabular": Drawn(sweep=("mixing",), prescribed=True),
        "natural_text": Drawn(sweep=("mixing",), prescribed=True),
        "natural_gaussian": Drawn(sweep=("dimension",), prescribed=True),
    },
)
