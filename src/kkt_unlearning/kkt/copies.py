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
    X, lengths = problem.X, np.linalg.norm(problem.X, axis=1)
    direction = np.cos(np.arange(X.shape[1]))
    along = X @ (direction / np.linalg.norm(direction))
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
