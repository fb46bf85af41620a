"""Which points a forget batch holds: orders of the samples, whose first k make the set of size k.

Every choice is nested in k, so that a curve against k adds one sample at a time. ``docs/questions/batch.md``.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from kkt_unlearning.backends import WORK_ARRAY
from kkt_unlearning.datasets.memory import check_memory
from kkt_unlearning.errors import DataError
from kkt_unlearning.kkt.point import KKTPoint
from kkt_unlearning.quadratic.solver import SOLVED

RANDOM = "random"
# That count, of the largest number: what the solver leaves breaks no ties.
_DIGITS = -round(np.log10(SOLVED))


def random_orders(rng: np.random.Generator, samples: int, draws: int) -> np.ndarray:
    """Uniformly random orders of the samples, ``(draws, m)``; their first k are a uniform set of size k."""
    return np.stack([rng.permutation(samples) for _ in range(draws)])


def correlated(point: KKTPoint) -> np.ndarray:
    """First the pair of largest ``|cos(x_i, x_j)|``, then the point of largest ``Σ_{r∈R} |cos(x_i, x_r)|``.

    The points most correlated with one another come first, (m,). Ties go to the smaller index. Cosines are
    never all in memory: each point that is chosen asks for those of its row.
    """
    X = point.problem.X
    lengths = np.linalg.norm(X, axis=1, keepdims=True)
    units = np.divide(X, lengths, out=np.zeros_like(X), where=lengths > 0)
    sums = np.zeros(len(X))

    def worth(chosen: list[int]) -> np.ndarray:
        nonlocal sums
        sums = sums + _cosines(units, chosen[-1:])[0]
        return sums

    return _greedy(len(X), [int(np.argmax(_rounded(_largest_cosines(units))))], worth)


def by_multiplier(point: KKTPoint) -> np.ndarray:
    """Samples by falling multiplier ``λ_i``, (m,). Ties go to the smaller index."""
    return np.argsort(-_rounded(point.multipliers), kind="stable")


def coupled(point: KKTPoint) -> np.ndarray:
    """Always the point that makes ``κ(R) = max_{i∉R} Σ_{r∈R} λ_r |⟨x_i, x_r⟩| Σ_j u_j² a_jr`` largest, (m,).

    The points most coupled to those that stay come first, as the bounds of ``docs/theory.md``, section 6,
    see it. Ties go to the smaller index. It takes ``O(m³)`` operations, since each point is tried against all
    that would stay, and one array ``(m, m)``.

    Raises:
        DataError: this machine's memory would not do.
    """
    problem, m = point.problem, point.problem.samples
    check_memory(
        8 * (m * (m + problem.X.shape[1]) + 2 * WORK_ARRAY),
        f"the order of {m} samples by their coupling",
        "use fewer samples or choose another order",
    )
    reach = point.multipliers * (problem.output_weights[:, None] ** 2 * point.clarke).sum(axis=0)
    shifts = problem.gram
    np.abs(shifts, out=shifts)
    shifts *= reach[:, None]
    moved = np.zeros(m)

    def kappa(chosen: list[int]) -> np.ndarray:
        """κ of the chosen points, of which the last is new since the last call, and each other, ``(m,)``."""
        largest = np.empty(m)
        for last in chosen[-1:]:
            moved[:] += shifts[last]
            moved[last] = -np.inf  # what goes is not counted
        for part in _parts(m):
            sums = shifts[part.start : part.stop] + moved
            sums[np.arange(len(part)), part] = -np.inf
            largest[part] = sums.max(axis=1)
        return np.maximum(largest, 0.0)

    return _greedy(m, [], kappa)


ORDERS: Mapping[str, Callable[[KKTPoint], np.ndarray]] = {
    "correlated": correlated,
    "multipliers": by_multiplier,
    "coupled": coupled,
}


def forget_orders(
    point: KKTPoint, choices: Sequence[str], rng: np.random.Generator, draws: int
) -> list[tuple[str, int, np.ndarray]]:
    """``(choice, draw, order (m,))``: ``draws`` of the choice ``random``, one of every other choice.

    Raises:
        DataError: a choice of another name.
    """
    wrong = [choice for choice in choices if choice not in (RANDOM, *ORDERS)]
    if wrong:
        allowed = ", ".join((RANDOM, *ORDERS))
        raise DataError(f"choices: {wrong[0]!r} is none; allowed are {allowed}, so name one.")
    drawn = random_orders(rng, point.problem.samples, draws)
    found = []
    for choice in choices:
        orders = drawn if choice == RANDOM else [ORDERS[choice](point)]
        found += [(choice, draw, order) for draw, order in enumerate(orders)]
    return found


def prefixes(order: np.ndarray, sizes: Sequence[int]) -> list[tuple[int, ...]]:
    """The first k of an order for every k in ``sizes``, as forget sets with ascending indices."""
    return [tuple(sorted(order[:size].tolist())) for size in sizes]


def _cosines(units: np.ndarray, rows: Sequence[int]) -> np.ndarray:
    """``|cos(x_i, x_j)|`` of some i and all j, ``(…, m)``: 0 for i = j and where a point is 0."""
    cosines = np.abs(units[rows] @ units.T)
    cosines[np.arange(len(cosines)), rows] = 0.0
    return cosines


def _largest_cosines(units: np.ndarray) -> np.ndarray:
    """``max_j |cos(x_i, x_j)|``, ``(m,)``, from as many rows at a time as a work array holds."""
    return np.concatenate([_cosines(units, part).max(axis=1) for part in _parts(len(units))])


def _parts(samples: int) -> list[range]:
    """Rows of a matrix ``(m, m)``, as many at a time as a work array holds."""
    size = max(1, WORK_ARRAY // samples)
    return [range(first, min(first + size, samples)) for first in range(0, samples, size)]


def _greedy(samples: int, order: list[int], worth: Callable[[list[int]], np.ndarray]) -> np.ndarray:
    """Add the sample of largest ``worth(order) (m,)`` until none is left."""
    while len(order) < samples:
        values = _rounded(worth(order))
        values[order] = -np.inf
        order.append(int(np.argmax(values)))
    return np.array(order)


def _rounded(values: np.ndarray) -> np.ndarray:
    largest = np.abs(values).max()
    return np.round(values / largest, _DIGITS) if largest > 0 else values.copy()
