"""Samples that are equal, label included: solved as one, which then share its multiplier evenly.

Their gradients are equal, so that only the sum of their multipliers is determined. An even split is the one
that does not depend on the order of the samples. Near copies are told from them only where samples are
forgotten. ``docs/theory.md``, section 5.6.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kkt_unlearning.problem import Problem

NEAR = 1e-6
"""Of the length of a sample: whatever of the same label is nearer says the same, as a sample and its rounding
to float32 do, which are at most 6e-8 apart."""


@dataclass(frozen=True)
class Copies:
    """A partition of the samples into g groups of equal ones.

    Attributes:
        first: one sample of each group, ``(g,)``; member: the group of each sample, ``(m,)``.
        size: how many there are of each, ``(g,)``.
    """

    first: np.ndarray
    member: np.ndarray
    size: np.ndarray

    def merged(self, multipliers: np.ndarray, clarke: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """``Σ λ (g,)`` of each group, and the derivatives ``a (n, g)`` of its first sample."""
        return np.bincount(self.member, multipliers), clarke[:, self.first]

    def spread(
        self, multipliers: np.ndarray, of_pairs: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """Back: even shares of ``λ (g,)``, and arrays ``(n, g)`` of pairs as they are, for all samples."""
        share = (multipliers / self.size)[self.member]
        return share, [array[:, self.member] for array in of_pairs]


def copies_of(problem: Problem) -> Copies | None:
    """The groups of equal samples; None where no two are."""
    if not may_repeat(problem):
        return None
    rows = np.column_stack([problem.X, problem.y])
    _, first, member, size = np.unique(
        rows, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    return Copies(first, member, size) if len(first) < len(rows) else None


def staying(problem: Problem, forget: Sequence[int]) -> dict[int, np.ndarray]:
    """For each forgotten sample with copies that are retained: these, ascending. Near ones count.

    Copies have nearly the same length and the same inner product with any direction, which few others share:
    only those that do are compared.
    """
    X, (lengths, along) = problem.X, _signature(problem.X)
    stays, found = ~np.isin(np.arange(problem.samples), list(forget)), {}
    for r in forget:
        reach = NEAR * lengths[r]
        alike = stays & (problem.y == problem.y[r])
        alike &= (np.abs(lengths - lengths[r]) <= reach) & (np.abs(along - along[r]) <= reach)
        rows = np.flatnonzero(alike)
        rows = rows[np.linalg.norm(X[rows] - X[r], axis=1) <= reach]
        if rows.size:
            found[int(r)] = rows
    return found


def near_copies(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of near copies that are not equal, ``(p,)`` twice; of equal samples the first stands for all."""
    copies = copies_of(problem)
    rows = np.arange(problem.samples) if copies is None else copies.first
    X, y, (lengths, along) = problem.X[rows], problem.y[rows], _signature(problem.X[rows])
    order, found = np.argsort(along, kind="stable"), [np.zeros((2, 0), int)]
    for apart in range(1, len(rows)):
        r, s = order[:-apart], order[apart:]
        reach = NEAR * np.maximum(lengths[r], lengths[s])
        alike = along[s] - along[r] <= reach
        if not alike.any():
            break
        alike &= (y[r] == y[s]) & (np.abs(lengths[r] - lengths[s]) <= reach)
        r, s, reach = r[alike], s[alike], reach[alike]
        alike = np.linalg.norm(X[r] - X[s], axis=1) <= reach
        found.append(np.stack([rows[r[alike]], rows[s[alike]]]))
    first, second = np.concatenate(found, axis=1)
    return first, second


def _signature(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Norms of the samples, and their inner products with one direction: nearly equal for near copies."""
    direction = np.cos(np.arange(X.shape[1]))
    return np.linalg.norm(X, axis=1), X @ (direction / np.linalg.norm(direction))


def copies_that_stay(problem: Problem, forget: Sequence[int]) -> list[int]:
    """The retained samples that are copies of a forgotten one, label included, ascending. Near ones count."""
    return sorted({int(row) for rows in staying(problem, forget).values() for row in rows})


def contradicting(problem: Problem) -> list[int]:
    """Two equal samples with opposed labels, the earliest there are; none where no two are."""
    member = np.unique(problem.X, axis=0, return_inverse=True)[1]
    plus, minus = (np.isin(member, member[problem.y == label]) for label in (1.0, -1.0))
    both = np.flatnonzero(plus & minus)
    if not both.size:
        return []
    alike = both[member[both] == member[both[0]]]
    return [int(alike[0]), int(alike[problem.y[alike] != problem.y[alike[0]]][0])]


def may_repeat(problem: Problem) -> bool:
    """False where no two samples have equal features: equal rows have equal sums, soon sorted."""
    sums = problem.X.sum(axis=-1)
    return len(np.unique(sums)) < len(sums)
