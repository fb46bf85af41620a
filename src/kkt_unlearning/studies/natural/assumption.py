"""Is a lack of near-orthogonality the reason why a certificate is poor, or something else?

``docs/questions/natural.md``. The answer compares the data as they are with the same data made more
orthogonal (`datasets.orthogonalise`), which differ from them in nothing but the size of the inner
products.
"""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.studies.summary import (
    Table,
    crowding,
    forgets_support_vector,
    from_records,
    groups,
    median,
    rows,
    select,
    stack,
    take,
)

TENTH = 0.1  # of what not unlearning at all would cost

REASON = "the assumption is the reason"
NOT_NEEDED = "the assumption is not needed"
HOLDS = "the assumption holds"
NOT_ENOUGH = "the assumption holds, and is not enough"
OTHER = "another reason"
UNTESTED = "not tested"


@dataclass(frozen=True)
class Finding:
    """What two versions of a data set show: as they are, and made as orthogonal as the sweep goes.

    Attributes:
        crowding, cost: median ``(m − 1) φ/(1 − ψ)`` and `cost` of the data as they are.
        lifted_crowding, lifted_cost: the same at the smallest mixing.
        verdict: one of the sentences above.
    """

    crowding: float
    cost: float
    lifted_crowding: float
    lifted_cost: float
    verdict: str


def finding(table: Table, dataset: Table, multipliers: Table, limit: float = TENTH) -> Finding:
    """The reason of a poor certificate, from a sweep over ``mixing``.

    With *near-orthogonal* for crowding at most 1 and *good* for a cost at most ``limit``:

    - the data as they are give a good one: the assumption holds, or is not needed for it;
    - they do not, but made near-orthogonal they do: the assumption is the reason, unless it held
      before, when it was not enough;
    - neither does: there is another reason.

    Args:
        table: evaluation rows, with the column ``mixing``.
        dataset: ψ and φ of each replicate and mixing.
        multipliers: exact multipliers of each replicate and mixing.
        limit: largest cost that is good.

    Returns:
        Numbers and verdict; `UNTESTED` without rows at ``mixing = 1`` and at one that is
        near-orthogonal.
    """
    mixings = np.asarray(dataset["mixing"], float)
    least = float(mixings.min()) if mixings.size else 1.0
    here, lifted = (at(t, table, dataset, multipliers) for t in (1.0, least))
    return Finding(*here, *lifted, _verdict(*here, *lifted, limit))


def cost(table: Table, multipliers: Table) -> float:
    """``max(√m ε, δ/λ̄)`` of medians, δ over the mean multiplier, of the worse network; nan without cases.

    ε is relative: leaving all of ``m`` equal points in costs ``1/√m`` (theory, section 6.3), so 1
    is the price of not unlearning. ``δ = λ̄`` is a point of the mean multiplier with margin 2.
    Medians are over the forgotten points that are support vectors, at the prescribed step from the
    exact point.
    """
    cases = forgotten_support(table, multipliers)
    root = np.sqrt(np.unique(multipliers["sample"]).size)
    found = [
        max(root * median(group["epsilon"]), median(group["relative_delta"]))
        for _, group in groups(cases, "network")
    ]
    return max(found) if found else float("nan")


def forgotten_support(table: Table, multipliers: Table, along: str = "mixing") -> Table:
    """Rows of ``table`` in which a support vector of the same data is forgotten by the prescribed step."""
    cases = select(table, start="exact", fraction=1.0)
    parts = [
        take(group, forgets_support_vector(group, select(multipliers, **{along: value})))
        for (value,), group in groups(cases, along)
    ]
    return stack(parts) if parts else cases


def findings(**results: tuple[Table, Table, Table]) -> dict[str, np.ndarray]:
    """Table of `finding` for each name, from its three tables."""
    names = ("data", "crowding", "cost", "lifted_crowding", "lifted_cost", "verdict")
    found = [(name, *vars(finding(*tables)).values()) for name, tables in results.items()]
    return from_records(names, found)


def at(mixing: float, table: Table, dataset: Table, multipliers: Table) -> tuple[float, float]:
    """Median crowding and `cost` at a mixing; nan where there is none."""
    shown, geometry, exact = (select(part, mixing=mixing) for part in (table, dataset, multipliers))
    samples = np.unique(multipliers["sample"]).size
    crowded = median(crowding(geometry, samples)) if rows(geometry) else float("nan")
    return crowded, cost(shown, exact)


def _verdict(crowded: float, cost: float, lifted: float, lifted_cost: float, limit: float) -> str:
    if np.isnan([crowded, cost, lifted, lifted_cost]).any() or lifted > 1:
        return UNTESTED
    if cost <= limit:
        return HOLDS if crowded <= 1 else NOT_NEEDED
    if lifted_cost > limit:
        return OTHER
    return NOT_ENOUGH if crowded <= 1 else REASON
