"""How a quantity grows along a sweep: a power law, and how far along the sweep it holds."""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.studies.summary import PowerLaw, Table, groups, median, power_law, take

WITHIN = 1.25  # the factor up to which a law counts as holding
_LEAST = 3  # values of the sweep that a fit needs


@dataclass(frozen=True)
class Decay:
    """``y ≈ c x^p`` from the value ``first`` of the sweep to ``last``.

    Attributes:
        law: fitted on these values; all nan where there are fewer than three.
        first, last: values of the sweep; the medians in between lie within a factor `WITHIN` of the law.
    """

    law: PowerLaw
    first: float
    last: float


def fit_decay(table: Table, x: str, y: str, along: str, first: float) -> Decay:
    """The law fitted over the longest range of the sweep from ``first`` on that it holds in.

    Args:
        table: rows with the columns x, y, along and ``seed``.
        first: where the range begins; what is below is left out (a floor that is not of the law).
    """
    values = np.unique(table[along][table[along] >= first])
    best = Decay(PowerLaw(np.empty(0), *[float("nan")] * 4), float("nan"), float("nan"))
    for count in range(_LEAST, len(values) + 1):
        inside = (table[along] >= values[0]) & (table[along] <= values[count - 1])
        cases = take(table, inside)
        law = power_law(cases, x, y, along)
        if not _holds(law, cases, x, y, along):
            break
        best = Decay(law, float(values[0]), float(values[count - 1]))
    return best


def _holds(law: PowerLaw, table: Table, x: str, y: str, along: str) -> bool:
    points = np.array([(median(g[x]), median(g[y])) for _, g in groups(table, along)]).T
    if not np.isfinite(law.exponent) or not (np.isfinite(points) & (points > 0)).all():
        return False
    ratio = points[1] / (law.factor * points[0] ** law.exponent)
    return bool((np.maximum(ratio, 1 / ratio) <= WITHIN).all())
