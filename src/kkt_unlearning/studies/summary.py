"""Tidy tables reduced to what figures show and claims rest on: medians, bands, exponents.

A table is a mapping of column names to arrays of one length. Infinite cells (no certificate, as
the unlearned network does not separate the retained samples) are worse than any number and stay.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

Table = Mapping[str, np.ndarray]

BAND = (0.1, 0.9)
# Of the largest multiplier: a smaller one is 0, in the 6 digits that tables have. Measured: multipliers of
# the replication are 0 or above 5e-4 of the largest.
SUPPORT = 1e-6


def select(table: Table, **values: object) -> dict[str, np.ndarray]:
    """Rows where every named column has the given value."""
    keep = np.ones(rows(table), bool)
    for name, value in values.items():
        keep &= np.asarray(table[name]) == value
    return take(table, keep)


def take(table: Table, keep: np.ndarray) -> dict[str, np.ndarray]:
    """Rows that a boolean or integer index names."""
    return {name: np.asarray(column)[keep] for name, column in table.items()}


def rows(table: Table) -> int:
    """Number of rows."""
    return len(next(iter(table.values())))


def swept(table: Table) -> list[str]:
    """Columns of the swept parameters: those between the experiment and the network."""
    names = list(table)
    return names[names.index("experiment") + 1 : names.index("network")]


def from_records(names: Sequence[str], records: Sequence[Sequence]) -> dict[str, np.ndarray]:
    """Columns of rows given as tuples."""
    columns = zip(*records, strict=True) if records else [()] * len(names)
    return {name: np.array(column) for name, column in zip(names, columns, strict=True)}


def stack(tables: Sequence[Table]) -> dict[str, np.ndarray]:
    """Tables with the same columns, one under the other."""
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def groups(table: Table, *by: str) -> Iterator[tuple[tuple, dict[str, np.ndarray]]]:
    """Values of the columns ``by`` and the rows that share them, in order of first appearance."""
    keys = list(zip(*(np.asarray(table[name]).tolist() for name in by), strict=True))
    places: dict[tuple, list[int]] = {}
    for row, key in enumerate(keys):
        places.setdefault(key, []).append(row)
    for key, found in places.items():
        yield key, take(table, np.array(found))


def quantile(values: ArrayLike, q: float) -> float:
    """``½ (v_(⌈nq⌉) + v_(⌊nq⌋+1))`` of ordered values without nan; nan if none is left.

    Interpolation between order statistics would give nan next to infinite values; this is infinite
    where it lies exactly between a finite and an infinite one.
    """
    ordered = np.sort(np.asarray(values, float))
    ordered = ordered[~np.isnan(ordered)]
    if not ordered.size:
        return float("nan")
    position = round(q * ordered.size, 9)
    low = max(int(np.ceil(position)) - 1, 0)
    high = min(int(np.floor(position)), ordered.size - 1)
    return float(0.5 * (ordered[low] + ordered[high]))


def median(values: ArrayLike) -> float:
    """:func:`quantile` at one half."""
    return quantile(values, 0.5)


def summarise(table: Table, by: Sequence[str], quantities: Sequence[str]) -> dict[str, np.ndarray]:
    """Median and 10-90 % band of every quantity in every group.

    Returns:
        One row per group and quantity: the columns ``by``, then ``quantity``, ``median``, ``low``,
        ``high``, ``count`` (values that are not nan) and ``infinite`` (how many of them).
    """
    found = [
        dict(zip(by, key, strict=True)) | {"quantity": name} | _spread(group[name])
        for key, group in groups(table, *by)
        for name in quantities
    ]
    names = [*by, "quantity", *_spread(np.empty(0))]
    return {name: np.array([row[name] for row in found]) for name in names}


def _spread(values: np.ndarray) -> dict[str, float | int]:
    values = np.asarray(values, float)
    return {
        "median": median(values),
        "low": quantile(values, BAND[0]),
        "high": quantile(values, BAND[1]),
        "count": int((~np.isnan(values)).sum()),
        "infinite": int(np.isinf(values).sum()),
    }


@dataclass(frozen=True)
class PowerLaw:
    """``y ≈ c x^p``: a least-squares line through the logarithms, one for each replicate.

    Attributes:
        exponents: p of each replicate that has at least two points; may be empty.
        exponent, low, high: their median, smallest and largest; nan where there is none.
        factor: c of the line with the median exponent through the middle of all points.
    """

    exponents: np.ndarray
    exponent: float
    low: float
    high: float
    factor: float


def power_law(table: Table, x: str, y: str, along: str) -> PowerLaw:
    """Fit ``y ~ x^p`` replicate by replicate to the medians over forget sets along a sweep.

    The spread of p over replicates says how well the exponent is known; points that are not
    positive and finite in both columns carry no logarithm and are left out.
    """
    curves = [_curve(replicate, x, y, along) for _, replicate in groups(table, "seed")]
    fitted = [curve for curve in curves if np.unique(curve[0]).size > 1]
    exponents = np.array([np.polyfit(at, values, 1)[0] for at, values in fitted])
    if not exponents.size:
        return PowerLaw(exponents, *[float("nan")] * 4)
    middle, points = median(exponents), np.concatenate(curves, axis=1)
    factor = float(np.exp(points[1].mean() - middle * points[0].mean()))
    return PowerLaw(exponents, middle, float(exponents.min()), float(exponents.max()), factor)


def _curve(table: Table, x: str, y: str, along: str) -> np.ndarray:
    """``log x`` and ``log y``, ``(2, points)``, for one replicate."""
    points = np.array([(median(g[x]), median(g[y])) for _, g in groups(table, along)]).T
    return np.log(points[:, (np.isfinite(points) & (points > 0)).all(axis=0)])


def crossing(x: np.ndarray, y: np.ndarray, level: float) -> float:
    """First x where the line from point to point (x ascending) rises to ``level``, or nan."""
    above = np.flatnonzero(np.asarray(y) >= level)
    if not above.size:
        return float("nan")
    i = int(above[0])
    if i == 0 or not np.isfinite(y[i]):
        return float(x[i])
    share = (level - y[i - 1]) / (y[i] - y[i - 1])
    return float(x[i - 1] + share * (x[i] - x[i - 1]))


def onset(x: np.ndarray, holds: np.ndarray) -> float:
    """First x (ascending) from which on ``holds`` is true; infinite if it is not at the last."""
    broken = np.flatnonzero(~np.asarray(holds, bool))
    first = int(broken[-1]) + 1 if broken.size else 0
    return float(x[first]) if first < len(x) else float("inf")


def halving(x: np.ndarray, y: np.ndarray) -> float:
    """First x at which y is at most half of the first y; nan where that is infinite or never halved."""
    reached = np.flatnonzero(np.asarray(y) <= 0.5 * y[0])
    return float(x[reached[0]]) if np.isfinite(y[0]) and reached.size else float("nan")


def support_vectors(exact: np.ndarray) -> np.ndarray:
    """Whether each exact multiplier of one replicate is positive beyond the solver's accuracy."""
    return exact > SUPPORT * exact.max()


def forgets_support_vector(table: Table, multipliers: Table) -> np.ndarray:
    """Whether a point of each row's forget set is a support vector, boolean (rows,).

    Forgetting others takes nothing out of the stationarity sum.
    """
    positive = set()
    for (network, seed), group in groups(multipliers, "network", "seed"):
        hit = support_vectors(group["exact"])
        positive |= {(network, seed, str(sample)) for sample in group["sample"][hit].tolist()}
    keys = [np.asarray(table[name]).tolist() for name in ("network", "seed", "forget")]
    return np.array(
        [
            any((network, seed, r) in positive for r in str(forget).split("+"))
            for network, seed, forget in zip(*keys, strict=True)
        ],
        bool,
    )


def crowding(dataset: Table, samples: int) -> np.ndarray:
    """``(m − 1) φ / (1 − ψ)``, (replicates,); below 1 the Gram matrix is diagonally dominant.

    Infinite for ψ ≥ 1, where a point may be of norm 0 and nothing follows.
    """
    norms = np.asarray(1 - dataset["psi"], float)
    unknown = np.full_like(norms, np.inf)
    return np.divide((samples - 1) * dataset["phi"], norms, out=unknown, where=norms > 0)
