"""The exact KKT point of a two-layer network with more samples than features.

A primal-dual active set: each round solves the equations of the present states of samples and coefficients
exactly (:mod:`kkt_unlearning.quadratic.working_set`, with ``T = 0`` and ``b = 1``, so that D are the weights)
and then changes what disagrees with the answer. ``docs/theory.md``, section 5.6.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError

from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.solver import SOLVED
from kkt_unlearning.quadratic.working_set import KINK, OFF, ON, ZERO, WorkingSet

# Samples held at the start: the others are tried if a search does not end.
_FIRST = (8, 16, 4, 32)
_ROUNDS = 400
# A margin of a sample held that the equations miss by more cannot be met: they contradict one another.
_MET = 1e-6
_UNMET = 100  # rounds with such equations after which no weights are expected to meet them

RoundReport = Callable[[int, int, float], None]


@dataclass(frozen=True)
class Found:
    """What a search comes to.

    Attributes:
        W: weights ``(n, k)``; multipliers: ``λ (m,)``; clarke: ``a (n, m)``.
        pattern: activations ``A (n, m)``: on supporting kinks of its cell, elsewhere the signs.
        kinks: boolean ``(n, m)``: pre-activations that are 0.
        cells: activation cells that were visited.
        rounds: systems of equations that were solved.
        left: states that still disagree with the answer: 0 at a KKT point.
        met: whether the equations could be solved: if not, no weights reach margin 1 on all samples held.
    """

    W: np.ndarray
    multipliers: np.ndarray
    clarke: np.ndarray
    pattern: np.ndarray
    kinks: np.ndarray
    cells: int
    rounds: int
    left: int
    met: bool


def search(
    problem: Problem,
    pattern: np.ndarray,
    multipliers: np.ndarray | None = None,
    report: RoundReport | None = None,
) -> Found:
    """The Clarke-KKT point that the activations ``A (n, m)`` lead to.

    First the optimum of their cell. Then supporting activations turn, round by round, where the weights press
    on their kink. Pairs of samples without a multiplier are on the side of their pre-activation.

    Memory beside the data is ``O(n m + d Σ_j k_j + s²)``, with ``k_j`` kinks of neuron j and s samples held;
    a round takes ``O(n m d + s (d + s) Σ_j k_j)``.

    Args:
        multipliers: ``λ (m,)`` near those of the answer, where some are known: these samples are held first.
        report: is told after each round how many cells there were, how many states changed, and by how much
            the smallest margin misses 1.

    Returns:
        The first search that ends; if none does, the last, with ``left > 0``.
    """
    found = None
    for first in _FIRST:
        found = _Search(problem, pattern, multipliers, first).run(report)
        if not found.left:
            break
    assert found is not None
    return found


class _Search(WorkingSet):
    """The states of a cell and, once activations turn, of those that it leads to.

    Attributes:
        side: boolean ``(n, m)``, the activations A of the present cell.
        turning: whether supporting activations turn.
    """

    def __init__(
        self, problem: Problem, pattern: np.ndarray, multipliers: np.ndarray | None, first: int
    ) -> None:
        m, d = problem.X.shape
        X = problem.X if d <= m else np.asarray(np.linalg.qr(problem.X.T, mode="r")).T
        self.problem, self.first, self.side = problem, first, pattern > 0
        self.supporting = problem.signs > 0
        super().__init__(
            X, problem.signs, np.where(self.side, ON, OFF), np.zeros(m, bool), reward=1.0
        )
        self.held[self._start(multipliers)] = True
        self.turning, self.cells, self.unmet = False, 1, 0

    def _start(self, multipliers: np.ndarray | None) -> np.ndarray:
        """The samples to hold first: those with a multiplier, or the least margins if all had the same."""
        if multipliers is not None and (multipliers > 0).any():
            return np.flatnonzero(multipliers > 0)
        P = (self.v * self.side) @ self.X @ self.X.T
        return np.argsort(self._margins(P), kind="stable")[: self.first]

    def _margins(self, P: np.ndarray) -> np.ndarray:
        return np.einsum("ji,ji->i", self.v, np.maximum(P, 0.0))

    def run(self, report: RoundReport | None) -> Found:
        """Rounds until nothing changes, or too many."""
        left = 1
        while left and self.rounds < _ROUNDS and self.unmet < _UNMET:
            try:
                self.solve()
            except LinAlgError:
                break
            self.unmet = self.unmet + 1 if np.abs(self.missing).max(initial=0.0) > _MET else 0
            left, missing = self._change()
            if report is not None:
                report(self.cells, left, missing)
            if not left and not self.turning:  # the optimum of the cell
                self.turning, left = True, 1
                self.begin()
        return self._found(left)

    def send_back(self, entries: tuple[np.ndarray, np.ndarray]) -> None:
        """Take entries off the kink, to the side that they are on."""
        self.states[entries] = np.where(self.side[entries], ON, OFF)

    def _change(self) -> tuple[int, float]:
        """Change the states that disagree; how many do, and by how much the smallest margin misses 1."""
        self.P = P = self.D @ self.X.T
        kinks, sides, pressure = self._from_kinks()
        wrong, severity = self._onto_kinks(P)
        leaving = self.held & (self.multipliers <= 0.0)
        missing = 1.0 - self._margins(P)
        entering = ~self.held & (missing > ZERO * max(1.0, float(np.abs(missing).max())))
        left = len(sides) + int(wrong.sum()) + int(leaving.sum()) + int(entering.sum())
        self.pace(left)
        leaving = self.worse(leaving, np.abs(self.multipliers))
        going = self.worse(np.ones(len(sides), bool), pressure)
        self._leave_kinks((kinks[0][going], kinks[1][going]), sides[going])
        self.states[self.worse(wrong, severity)] = KINK
        self.held = (self.held & ~leaving) | self.entering(entering, missing, self.first)
        self.multipliers[leaving] = 0.0
        self._follow(P)
        return left, float(missing.max())

    def _from_kinks(self) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray, np.ndarray]:
        """The entries that leave their kink, whether to where the neuron is on, and how clearly.

        ``C`` beyond 0 or λv says where. A supporting pair stays only while it presses on its kink from its
        own side, ``C > λv`` from on or ``C < 0`` from off; once activations turn it goes through.
        """
        C, full = self.coefficients, self.multipliers[self.entries[1]] * self.v[self.entries]
        slack = ZERO * np.abs(C).max(initial=0.0)
        support, side = self.supporting[self.entries], self.side[self.entries]
        presses = np.where(side, full + slack < C, -slack > C)
        rests = np.abs(C - np.where(side, full, 0.0)) <= slack
        beyond = (full - slack > C) | (slack < C)  # of an opposing pair, whose λv is negative
        leaves = np.where(support, ~rests & (self.turning | ~presses), beyond)
        to_on = np.where(support, side ^ presses, full - slack > C)
        pressure = np.abs(C - np.where(to_on, full, 0.0))
        entries = (self.entries[0][leaves], self.entries[1][leaves])
        return entries, to_on[leaves], pressure[leaves]

    def _leave_kinks(self, entries: tuple[np.ndarray, np.ndarray], on: np.ndarray) -> None:
        turned = self.supporting[entries] & (self.side[entries] != on)
        self.states[entries] = np.where(on, ON, OFF)
        self.side[entries] = np.where(self.supporting[entries], on, self.side[entries])
        self.cells += bool(turned.any())

    def _onto_kinks(self, P: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The entries of samples held whose pre-activation has the wrong sign, and how wrong it is."""
        signed = np.where(self.states == ON, -P, np.where(self.states == OFF, P, 0.0))
        wrong = self.held & (signed > ZERO * np.abs(P).max(initial=0.0))
        severity = np.where(wrong, signed, 0.0) / np.where(self.lengths > 0, self.lengths, 1.0)
        return self.with_room(wrong, severity), severity

    def _follow(self, P: np.ndarray) -> None:
        """Pairs of samples that are not held are on the side of their pre-activation.

        Those that support wait in the cell of the start until activations turn. Where it is 0, as on the
        kinks that a sample had when it left, its sign is round-off, and the pair stays where it is.
        """
        rest = ~self.held
        follows = rest & (self.turning | ~self.supporting) & (np.abs(P) > ZERO * np.abs(P).max())
        self.side = np.where(follows, P > 0, self.side)
        self.states = np.where(rest, np.where(self.side, ON, OFF), self.states).astype(np.int8)

    def _found(self, left: int) -> Found:
        """The point in the units of the data."""
        problem = self.problem
        kinks = np.abs(self.P) <= SOLVED * np.abs(self.P).max(initial=0.0)
        kinks |= self.held & (self.states == KINK)
        clarke = np.where(kinks, self.states == ON, self.P > 0).astype(float)
        clarke[self.entries] = self.shares()
        multipliers = np.maximum(self.multipliers, 0.0) / self.scale**2
        W = self.D / self.scale
        if problem.X.shape != self.X.shape:
            W = problem.combination(multipliers, clarke)
        pattern = np.where(kinks, self.side & self.supporting, self.P > 0).astype(float)
        return Found(
            W, multipliers, clarke, pattern, kinks, self.cells, self.rounds, left, not self.unmet
        )
