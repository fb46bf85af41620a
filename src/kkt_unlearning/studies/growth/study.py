"""How the numbers of the method grow with the number of samples, beyond the number of features."""

from collections.abc import Mapping
from typing import Any

from kkt_unlearning.studies.options import options, whole
from kkt_unlearning.studies.study import Drawn, Fail, Measure, Section, Study, enough

DATA = ("digits", "mnist", "tabular", "text")  # each in an experiment of its own, growth_<data>

GROWTH = options(
    "Options of the measure growth.",
    forgotten=whole(
        "Support samples that are forgotten, one at a time, evenly by the rank of their multipliers; all "
        "where there are fewer.",
        minimum=1,
    ),
)


def check_growth(_: Mapping[str, Any], samples: int, fail: Fail) -> None:
    """At least one sample can be forgotten."""
    enough(samples, "forgotten", fail)


STUDY = Study(
    order=145,
    sections={"growth": Section("Growth with the number of samples", "docs/questions/growth.md")},
    figure={data: f"growth_{data}.growth" for data in DATA},
    experiments={f"growth_{data}": Drawn(sweep=("samples",)) for data in DATA},
    measures={"growth": Measure("growth", schema=GROWTH, check=check_growth)},
)
