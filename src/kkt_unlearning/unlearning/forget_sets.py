"""Which points a forget batch holds: orders of the samples, whose first k make the set of size k.

Every choice is nested in k, so that a curve against k adds one point at a time. ``docs/questions/batch.md``.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from kkt_unlearning.errors import DataError
from kkt_unlearning.kkt.point import KKTPoint
from kkt_unlearning.quadratic.solver import SOLVED

RANDOM = "random"
_DIGITS = -round(
    np.log10(SOLVED)
)  # that count, of the largest number: what the solver leaves breaks no ties


def random_orders(rng: np.random.Generator, samples: int, draws: int) -> np.ndarray:
    """Uniformly random orders of the samples, ``(draws, m)``; their first k are a uniform set of size k."""
    return np.stack([rng.permutation(samples) for _ in range(draws)])


def correlated(point: KKTPoint) -> np.ndarray:
    """First the pair of largest ``|cos(x_i, x_j)|``, then the point of largest ``Σ_{r∈R} |cos(x_i, x_r)|``.

    The points most correlated with one another come first, (m,). Ties go to the smaller index.
    """
    cosines = _cosines(point.problem.gram)
    start = int(np.argmax(_rounded(cosines.max(axis=1))))
    return _greedy(len(cosines), [start], lambda chosen: cosines[chosen].sum(axis=0))


def by_multiplier(point: KKTPoint) -> np.ndarray:
    """Samples by falling multiplier ``λ_i``, (m,). Ties go to the smaller index."""
    return np.argsort(-_rounded(point.multipliers), kind="stable")


def coupled(point: KKTPoint) -> np.ndarray:
    """Always the point that makes ``κ(R) = max_{i∉R} Σ_{r∈R} λ_r |⟨x_i, x_r⟩| Σ_j u_j² a_jr`` largest, (m,).

    The points most coupled to those that stay come first, as the bounds of ``docs/theory.md``, section 6,
    see it. Ties go to the smaller index.
    """
    problem = point.problem
    reach = point.multipliers * (problem.output_weights[:, None] ** 2 * point.clarke).sum(axis=0)
    shifts = reach[:, None] * np.abs(problem.gram)

    def kappa(chosen: list[int]) -> np.ndarray:
        """κ of the chosen points and each other one, ``(m,)``."""
        left = np.ones((len(shifts), len(shifts)), bool) & ~np.eye(len(shifts), dtype=bool)
        left[:, chosen] = False
        return np.where(left, shifts[chosen].sum(axis=0) + shifts, 0.0).max(axis=1)

    return _greedy(len(shifts), [], kappa)


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


def _cosines(gram: np.ndarray) -> np.ndarray:
    """``|cos(x_i, x_j)|`` off the diagonal, 0 on it and where a point is 0."""
    lengths = np.sqrt(np.diagonal(gram))
    scale = np.outer(lengths, lengths)
    cosines = np.divide(np.abs(gram), scale, out=np.zeros_like(scale), where=scale > 0)
    np.fill_diagonal(cosines, 0.0)
    return cosines


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
