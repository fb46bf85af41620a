"""What was measured of the step in each setting of an experiment, with intervals: numbers without a claim.

``docs/theory.md``, section 6, defines the quantities, :mod:`kkt_unlearning.studies.joint` the joint
criterion.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kkt_unlearning.studies import style
from kkt_unlearning.studies.bootstrap import intervals
from kkt_unlearning.studies.claim import best_fraction
from kkt_unlearning.studies.columns import epsilon_at
from kkt_unlearning.studies.joint import share
from kkt_unlearning.studies.pages.template import number
from kkt_unlearning.studies.steps import title_of
from kkt_unlearning.studies.summary import (
    Table,
    distinct,
    groups,
    median,
    rows,
    select,
    swept,
)

Measures = Mapping[str, Callable[[Table], float]]


# Of the restored network θ̃, of θ′ itself, and of doing nothing: name -> column.
_MEDIANS = {
    "epsilon": "epsilon",
    "relative_delta": "relative_delta",
    "tau": "tau",
    "epsilon_given": epsilon_at(),
    "epsilon_itself": "epsilon_clarke",
    "tau_star": "tau_star",
    "nothing_epsilon": epsilon_at(nothing=True),
    "nothing_tau": "nothing_tau",
}
COLUMNS = tuple(_MEDIANS.values())


def _median_of(column: str) -> Callable[[Table], float]:
    return lambda table: median(table[column])


# Of the cases of a setting with one step size.
MEASURES: Measures = {
    **{name: _median_of(column) for name, column in _MEDIANS.items()},
    "share": share,
    "nothing_share": lambda table: share(table, nothing=True),
}


@dataclass(frozen=True)
class Number:
    """A number with the interval that the resamples of the replicates give; nan where there is none."""

    value: float
    low: float = float("nan")
    high: float = float("nan")

    def __str__(self) -> str:
        """``0.0625 (0.06 … 0.07)``."""
        if np.isnan(self.low):
            return number(self.value)
        return f"{number(self.value)} ({number(self.low)} … {number(self.high)})"

    def apart(self, other: "Number") -> bool:
        """Whether the two intervals have no number in common; False where one of them has none."""
        return self.high < other.low or other.high < self.low


@dataclass(frozen=True)
class Setting:
    """One network, trained in one way on the data of one point of the sweep, and where the step starts.

    Attributes:
        values: columns and values that select its rows.
        fraction: of the prescribed step; the one that was tried nearest to 1.
        cases, replicates: how many rows there are with it, and from how many replicates.
        lost: cases that do not separate the retained samples, so that they have no certificate.
        numbers: of `MEASURES`.
        best: fraction with the least median ε, at θ̃ and at θ′ itself; None where only one was tried.
    """

    values: dict[str, Any]
    fraction: float
    cases: int
    replicates: int
    lost: int
    numbers: dict[str, Number]
    best: tuple[float, float] | None

    @property
    def title(self) -> str:
        """What a reader sees of it."""
        panel = {name: value for name, value in self.values.items() if name != "start"}
        start = style.name_of(self.values["start"])
        return ", ".join([*title_of(panel).splitlines(), start])


def told_apart(table: Table) -> list[str]:
    """Columns that tell the panels of a figure apart: what is swept, the network, and several trainings."""
    several = len(distinct(table, "training")) > 1
    return [*swept(table), "network", *(["training"] if several else [])]


def settings(
    table: Table, by: Sequence[str], resamples: int = 0, seed: int = 0
) -> Iterator[Setting]:
    """What was measured in every setting, in the order of the rows.

    Args:
        table: rows of the measure ``certificate``.
        by: columns that tell settings apart, beside the start.
        resamples: of the replicates, behind each interval.
        seed: root entropy of them.
    """
    for key, cases in groups(table, *by, "start"):
        values = dict(zip((*by, "start"), key, strict=True))
        tried = distinct(cases, "fraction")
        fraction = min(tried, key=lambda value: abs(value - 1))
        chosen = select(cases, fraction=fraction)
        limits = intervals(chosen, MEASURES, resamples, seed)
        at = (values["network"], values["start"])
        best = (
            best_fraction(cases, epsilon_at(), *at),
            best_fraction(cases, "epsilon_clarke", *at),
        )
        yield Setting(
            values,
            fraction,
            rows(chosen),
            len(distinct(chosen, "seed")),
            int(np.isinf(chosen["epsilon"]).sum()),
            {name: Number(one(chosen), *limits[name]) for name, one in MEASURES.items()},
            best if len(tried) > 1 else None,
        )
