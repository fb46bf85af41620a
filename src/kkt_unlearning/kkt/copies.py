"""Samples that are equal, label included: solved as one, which then share its multiplier evenly.

Their gradients are equal, so that only the sum of their multipliers is determined. An even split is the one
that does not depend on the order of the samples. ``docs/theory.md``, section 5.6.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kkt_unlearning.problem import Problem


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

    def staying(self, gone: np.ndarray) -> np.ndarray:
        """The samples equal to one that is ``gone (m,)``, and not gone themselves, boolean ``(m,)``."""
        return ~gone & np.isin(self.member, self.member[gone])


def copies_of(problem: Problem) -> Copies | None:
    """The groups of equal samples; None where no two are."""
    if not may_repeat(problem):
        return None
    rows = np.column_stack([problem.X, problem.y])
    _, first, member, size = np.unique(
        rows, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    return Copies(first, member, size) if len(first) < len(rows) else None


def copies_that_stay(problem: Problem, forget: Sequence[int]) -> list[int]:
    """The retained samples that are equal to a forgotten one, label included, ascending."""
    copies = copies_of(problem)
    if copies is None:
        return []
    gone = np.isin(np.arange(problem.samples), list(forget))
    return np.flatnonzero(copies.staying(gone)).tolist()


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
