"""Samples that are equal, label included: solved as one, which then share its multiplier evenly.

Their gradients are equal, so that only the sum of their multipliers is determined. An even split is the one
that does not depend on the order of the samples. ``docs/theory.md``, section 5.6.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kkt_unlearning.problem import Problem

if TYPE_CHECKING:
    from kkt_unlearning.kkt.point import KKTPoint


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

    def spread(self, point: "KKTPoint") -> tuple[np.ndarray, ...]:
        """The arrays of a point of the first samples, for all: as `KKTPoint.from_arrays` takes them."""
        share = (point.multipliers / self.size)[self.member]
        of_groups = (point.clarke, point.pattern, point.kinks)
        return point.W, share, *(array[:, self.member] for array in of_groups)


def copies_of(problem: Problem) -> Copies | None:
    """The groups of equal samples; None where no two are."""
    if _all_differ(problem):
        return None
    rows = np.column_stack([problem.X, problem.y])
    _, first, member, size = np.unique(
        rows, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    return Copies(first, member, size) if len(first) < len(rows) else None


def contradicting(problem: Problem) -> list[int]:
    """Two equal samples with opposed labels, the earliest there are; none where no two are."""
    if _all_differ(problem):
        return []
    member = np.unique(problem.X, axis=0, return_inverse=True)[1]
    plus, minus = (np.isin(member, member[problem.y == label]) for label in (1.0, -1.0))
    both = np.flatnonzero(plus & minus)
    if not both.size:
        return []
    alike = both[member[both] == member[both[0]]]
    return [int(alike[0]), int(alike[problem.y[alike] != problem.y[alike[0]]][0])]


def _all_differ(problem: Problem) -> bool:
    sums = problem.X.sum(axis=-1)  # equal rows have equal sums, and these are soon sorted
    return len(np.unique(sums)) == len(sums)
