"""Tidy tables reduced to what figures show and claims rest on: medians, bands, exponents.

A table is a mapping of column names to arrays of one length. Infinite cells (no certificate, as
the unlearned network does not separate the retained samples) are worse than any number and stay.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

Table = Mapping[str, np.ndarray]

BAND = (0.1, 0.9)
# Of the largest multiplier: a smaller one is 0, in the 6 digits that tables have. Measured: multipliers of
# the replication are 0 or above 5e-4 of the largest.
SUPPORT = 1e-6


class Whole:
    """A table, and what was found out about its columns, which all of its `Rows` share."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._equal: dict[tuple[str, object], np.ndarray] = {}
        self._codes: dict[str, np.ndarray] = {}

    def equal(self, name: str, value: object) -> np.ndarray:
        """Which rows have the value in the column, boolean."""
        if (name, value) not in self._equal:
            self._equal[name, value] = np.asarray(self.table[name]) == value
        return self._equal[name, value]

    def codes(self, name: str) -> np.ndarray:
        """A number for each value of the column."""
        if name not in self._codes:
            self._codes[name] = _codes(self.table[name])
        return self._codes[name]


class Rows(Mapping[str, np.ndarray]):
    """Some rows of a table, each column gathered when it is first asked for: most never are.

    Args:
        table: that they are of.
        index: integers ``(rows,)``; one may come more than once.
        columns: that stand in the place of the table's own, with these rows.
    """

    def __init__(self, table: Table | Whole, index: np.ndarray, **columns: np.ndarray) -> None:
        self._whole: Whole
        self._index, self._own = index, columns
        if isinstance(table, Rows):  # of the table itself: no chain of gathered columns arises
            self._whole, self._index = table._whole, table._index[index]
            for name, column in table._own.items():
                self._own.setdefault(name, column[index])
        else:
            self._whole = table if isinstance(table, Whole) else Whole(table)
        self._columns = dict(self._own)

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._columns:
            self._columns[name] = np.asarray(self._whole.table[name])[self._index]
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole.table)

    def __len__(self) -> int:
        return len(self._whole.table)

    def __or__(self, other: Table) -> dict[str, np.ndarray]:
        return {**self, **other}

    @property
    def count(self) -> int:
        """Number of rows."""
        return self._index.size

    def equal(self, name: str, value: object) -> np.ndarray:
        """Which rows have the value in the column, boolean."""
        if name in self._own:
            return self._own[name] == value
        return self._whole.equal(name, value)[self._index]

    def codes(self, name: str) -> np.ndarray:
        """A number for each value of the column."""
        return (
            _codes(self._own[name]) if name in self._own else self._whole.codes(name)[self._index]
        )


def select(table: Table, **values: object) -> Rows:
    """Rows where every named column has the given value."""
    keep = np.ones(rows(table), bool)
    for name, value in values.items():
        keep &= (table if isinstance(table, Rows) else Whole(table)).equal(name, value)
    return take(table, keep)


def take(table: Table, keep: np.ndarray) -> Rows:
    """Rows that a boolean or integer index names."""
    return Rows(table, keep.nonzero()[0] if keep.dtype == bool else keep)


def rows(table: Table) -> int:
    """Number of rows."""
    return table.count if isinstance(table, Rows) else len(next(iter(table.values())))


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


def groups(table: Table, *by: str) -> Iterator[tuple[tuple, Rows]]:
    """Values of the columns ``by`` and the rows that share them, in order of first appearance."""
    for key, found in places(table, *by):
        yield key, take(table, found)


def places(table: Table, *by: str) -> Iterator[tuple[tuple, np.ndarray]]:
    """Values of the columns ``by`` and the indices of the rows that share them, likewise."""
    table = table if isinstance(table, Rows) else Rows(table, np.arange(rows(table)))
    code = np.zeros(table.count, int)
    for part in map(table.codes, by):
        code = code * (part.max(initial=0) + 1) + part
    order = np.argsort(code, kind="stable")
    ends = np.flatnonzero(np.diff(code[order], append=-1)) + 1
    found = [order[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    found.sort(key=lambda index: index[0])
    firsts = take(table, np.array([index[0] for index in found], int))
    yield from zip(zip(*(firsts[name].tolist() for name in by), strict=True), found, strict=True)


def distinct(table: Table, name: str) -> list:
    """Values of a column, each once, ascending."""
    return sorted(key for (key,), _ in places(table, name))


def _codes(column: np.ndarray) -> np.ndarray:
    return np.unique(column, return_inverse=True)[1]


def quantile(values: ArrayLike, q: float) -> float:
    """``½ (v_(⌈nq⌉) + v_(⌊nq⌋+1))`` of ordered values without nan; nan if none is left.

    Interpolation between order statistics would give nan next to infinite values; this is infinite
    where it lies exactly between a finite and an infinite one.
    """
    ordered = np.array(values, float)
    ordered.sort()  # nan come last
    if ordered.size and np.isnan(ordered[-1]):
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
    columns = [np.asarray(table[name], float) for name in (x, y, along)]
    curves = [
        _curve(*(column[found].tobytes() for column in columns))
        for _, found in places(table, "seed")
    ]
    exponents = np.array([exponent for curve, exponent in curves if exponent is not None])
    if not exponents.size:
        return PowerLaw(exponents, *[float("nan")] * 4)
    middle, points = median(exponents), np.concatenate([curve for curve, _ in curves], axis=1)
    factor = float(np.exp(points[1].mean() - middle * points[0].mean()))
    return PowerLaw(exponents, middle, float(exponents.min()), float(exponents.max()), factor)


@lru_cache(maxsize=4096)
def _curve(x: bytes, y: bytes, along: bytes) -> tuple[np.ndarray, float | None]:
    """``log x`` and ``log y``, ``(2, points)``, for one replicate, and its exponent if it has one.

    A bootstrap meets each replicate many times: the arguments are float64 as bytes so that it is fitted once.
    """
    sweep, *columns = (np.frombuffer(cells) for cells in (along, x, y))
    at = [sweep == value for value in np.unique(sweep)]
    points = np.array([[median(column[here]) for here in at] for column in columns])
    curve = np.log(points[:, (np.isfinite(points) & (points > 0)).all(axis=0)])
    several = np.unique(curve[0]).size > 1
    return curve, float(np.polyfit(curve[0], curve[1], 1)[0]) if several else None


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
    positive = {
        key: set(map(str, group["sample"][support_vectors(group["exact"])].tolist()))
        for key, group in groups(multipliers, "network", "seed")
    }
    hit = np.zeros(rows(table), bool)
    for (network, seed, forget), found in places(table, "network", "seed", "forget"):
        hit[found] = not positive.get((network, seed), set()).isdisjoint(str(forget).split("+"))
    return hit


def crowding(dataset: Table, samples: int) -> np.ndarray:
    """``(m − 1) φ / (1 − ψ)``, (replicates,); below 1 the Gram matrix is diagonally dominant.

    Infinite for ψ ≥ 1, where a point may be of norm 0 and nothing follows.
    """
    norms = np.asarray(1 - dataset["psi"], float)
    unknown = np.full_like(norms, np.inf)
    return np.divide((samples - 1) * dataset["phi"], norms, out=unknown, where=norms > 0)
