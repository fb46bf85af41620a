"""What a claim is: a statement with the one statistic of the result tables that decides it.

Whose it is, is declared beside it (docs/sources.md). The constants of the paper's theorems are not known to
us; rates, minima and instance-wise bounds are measured instead. Thresholds come from outside, stated before
the run.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module

import numpy as np
from numpy.typing import ArrayLike

from kkt_unlearning.errors import one_line
from kkt_unlearning.studies.study import CHECKS, STUDIES, modules, of_choice, sections
from kkt_unlearning.studies.summary import (
    Table,
    groups,
    median,
    power_law,
    select,
    take,
)

Tables = Mapping[str, Table]
Thresholds = Mapping[str, float]

TABLE_DIGITS = 1e-5  # relative; two numbers of 6 significant digits can be off by so much together


@dataclass(frozen=True)
class Origin:
    """Whose claim it is, and where it is made.

    Attributes:
        kind: one of ``KINDS``.
        place: where it is made, or what makes it true.
        arxiv: number of the paper that makes it, where that is another than the one replicated.
    """

    kind: str
    place: str = ""
    arxiv: str = ""

    def at(self, place: str) -> "Origin":
        """The same origin with the place."""
        return replace(self, place=place)

    def __str__(self) -> str:
        """Who, then the place; of a check only what makes it true."""
        who = f"arXiv {self.arxiv}" if self.arxiv else _WHO.get(self.kind, "")
        return ", ".join(part for part in (who, self.place) if part)


PAPER = Origin("paper")  # its authors' own words, or a summary that quotes or numbers a place of it
SUMMARY = Origin("summary")  # said by a public summary of the paper in words of its own
OURS = Origin("ours")
CHECK = Origin("check")  # true by construction or by a theorem, so that only the code can be wrong
KINDS = ("paper", "summary", "other paper", "ours", "check")
_WHO = {"paper": "the paper", "summary": "a summary of the paper", "ours": "ours"}


def other_paper(arxiv: str) -> Origin:
    """Origin of what the paper with this arXiv number claims."""
    return Origin("other paper", arxiv=arxiv)


@dataclass(frozen=True)
class Claim:
    """One claim and how it is decided.

    Attributes:
        section: where it stands in the scorecard.
        name: its key among the thresholds.
        statement: the claim in a sentence.
        origin: whose it is, and where it is made.
        statistic: what is measured, over which cases.
        comparison: ``at_most``, ``at_least`` or ``equals``, also the key of its threshold.
        figure: figure that shows it; empty where none does.
        tables: tables that must be there; none means all there are.
        allowances: further thresholds that the measure takes, name -> what it is.
        measure: (tables, thresholds of the claim) -> the number; nan where nothing can be measured.
    """

    section: str
    name: str
    statement: str
    origin: Origin
    statistic: str
    comparison: str
    figure: str
    tables: tuple[str, ...]
    allowances: Mapping[str, str]
    measure: Callable[[Tables, Thresholds], float]


REGISTERED: list[Claim] = []


def claim(
    statement: str,
    origin: Origin,
    statistic: str,
    comparison: str,
    figure: str,
    *tables: str,
    section: str = "",
    allowances: Mapping[str, str] | None = None,
) -> Callable:
    """Register the function that measures a claim; its name is the claim's.

    Args:
        origin: whose it is: ``PAPER``, ``SUMMARY``, ``other_paper``, ``OURS`` or ``CHECK``, ``.at`` a place.
        section: of the scorecard, by default that of the study's name; ``CHECKS`` for every check.
        allowances: further thresholds that the measure takes, name -> what it is.
    """

    def register(measure: Callable[[Tables, Thresholds], float]) -> Callable:
        where = CHECKS if origin.kind == CHECK.kind else section or _study(measure)
        fields = (measure.__name__, statement, origin, statistic, comparison, figure, tables)
        REGISTERED.append(Claim(where, *fields, allowances or {}, measure))
        return measure

    return register


@of_choice
def claims() -> tuple[Claim, ...]:
    """The claims of all studies, in the order of the scorecard.

    Raises:
        ExtensionError: those of another package cannot be imported, or do not fit the others.
    """
    counting = {module.split(".")[-2]: module for module in modules("claims")}
    found: dict[str, Claim] = {}
    for study in sorted(counting, key=lambda study: study not in STUDIES.own):
        found |= {claim.name: claim for claim in _claims_of(study, counting[study], found)}
    order = list(sections())
    return tuple(sorted(found.values(), key=lambda claim: order.index(claim.section)))


def _claims_of(study: str, module: str, others: Mapping[str, Claim]) -> list[Claim]:
    if study in STUDIES.own:
        import_module(module)
        return [claim for claim in REGISTERED if claim.measure.__module__ == module]
    try:
        import_module(module)
    except Exception as error:  # whatever other people's code does
        raise STUDIES.broken(
            study, f"has claims that cannot be imported ({type(error).__name__}: {one_line(error)})"
        ) from error
    found = [claim for claim in REGISTERED if claim.measure.__module__ == module]
    for claim in found:
        if claim.section not in sections():
            raise STUDIES.broken(
                study,
                f"has the claim {claim.name!r} in a section {claim.section!r}, which no study declares",
            )
        if claim.name in others:
            raise STUDIES.broken(
                study, f"has a claim {claim.name!r}, which another study has already"
            )
    return found


def _study(measure: Callable) -> str:
    return measure.__module__.split(".")[-2]


def prescribed(table: Table, network: str | None = None, start: str = "exact") -> Table:
    """Cases with the prescribed step; of all networks where none is named."""
    found = select(table, start=start, fraction=1.0)
    return found if network is None else select(found, network=network)


def largest(values: ArrayLike) -> float:
    """Largest value; nan where there is none, or one could not be measured."""
    return float(np.max(values)) if np.size(values) else float("nan")


def smallest(values: ArrayLike) -> float:
    """Smallest value; nan where there is none, or one could not be measured."""
    return float(np.min(values)) if np.size(values) else float("nan")


def at_last(table: Table, along: str) -> Table:
    """Cases at the largest value of a sweep."""
    return take(table, table[along] == largest(table[along]))


def best_fraction(table: Table, quantity: str, network: str, start: str) -> float:
    """Fraction of the prescribed step with the least median; nan without two fractions."""
    cases = select(table, network=network, start=start)
    medians = {key: median(group[quantity]) for (key,), group in groups(cases, "fraction")}
    return float(min(medians, key=medians.__getitem__)) if len(medians) > 1 else float("nan")


def exponent(table: Table, network: str, quantity: str, along: str) -> float:
    """Median over replicates of p in ``quantity ~ φ^p``; nan for fewer than three values of the sweep."""
    cases = prescribed(table, network)
    enough = np.unique(cases[along]).size >= 3
    return power_law(cases, "phi", quantity, along).exponent if enough else float("nan")


def gain(cases: Table) -> float:
    """Median of ``(1 − cos)`` to the retrained network, after over before unlearning."""
    before = cases["distance_retrained_original"]
    return median(cases["distance_retrained"][before > 0] / before[before > 0])
