"""The exact KKT point of a two-layer network on many samples.

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
from kkt_unlearning.quadratic.working_set import KINK, OFF, ON, ZERO, WorkingSet, worst

_FIRST = 8  # samples held at the start, and the fewest that may come in at once
_ROUNDS = 400  # the most seen of a search that ended: 349; 105 for 5,000 images
_SHARE = 2.0**-6  # of the changes made at once, below which they will chase one another for ever
_CAREFUL_ROUNDS = 5000  # the most seen: 731
# A margin of a sample held that the equations miss by more cannot be met: they contradict one another.
_MET = 1e-6
_UNMET = 20  # rounds with such equations after which no weights are expected to meet them

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
        met: whether the equations of the first cell could be solved: if not, no weights reach margin 1 there.
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
    on their kink. Pairs of samples without a multiplier are on the side of their pre-activation. If this does
    not end, activations turn at the optima of cells only, and no step leaves the multipliers of a cell; if
    that does not end either, also where a sample leaves whose activations its neurons press on.

    Memory beside the data is ``O(n m + s² + Σ_j k_j²)``, with ``k_j`` kinks of neuron j and s samples held; a
    round takes ``O(n (m + s) d + s² Σ_j k_j + s³)``.

    Args:
        multipliers: ``λ (m,)`` near those of the answer, where some are known: these samples are held first.
        report: is told after each round how many cells there were, how many supporting activations turned in
            it, and by how much the smallest margin misses 1.

    Returns:
        The first of the three searches that ends; if none does, the last, with ``left > 0``.
    """
    for kind in (_Search, _Careful, _Turning):
        found = kind(problem, pattern, multipliers).run(report)
        if not found.left:
            break
    return found


class _Search(WorkingSet):
    """The states of a cell and, once activations turn, of those that it leads to.

    Attributes:
        side: boolean ``(n, m)``, the activations A of the present cell.
        turning: whether supporting activations turn.
    """

    def __init__(
        self, problem: Problem, pattern: np.ndarray, multipliers: np.ndarray | None
    ) -> None:
        m, d = problem.X.shape
        X = problem.X if d <= m else np.asarray(np.linalg.qr(problem.X.T, mode="r")).T
        self.problem, self.side = problem, pattern > 0
        self.supporting = problem.signs > 0
        super().__init__(
            X, problem.signs, np.where(self.side, ON, OFF), np.zeros(m, bool), reward=1.0
        )
        self.held[self._start(multipliers)] = True
        self.turning, self.cells, self.turned, self.unmet = False, 1, 0, 0

    def _start(self, multipliers: np.ndarray | None) -> np.ndarray:
        """The samples to hold first: those with a multiplier, or the least margins if all had the same."""
        if multipliers is not None and (multipliers > 0).any():
            return np.flatnonzero(multipliers > 0)
        P = (self.v * self.side) @ self.X @ self.X.T
        return np.argsort(self._margins(P), kind="stable")[:_FIRST]

    def _margins(self, P: np.ndarray) -> np.ndarray:
        return np.einsum("ji,ji->i", self.v, np.maximum(P, 0.0))

    def run(self, report: RoundReport | None) -> Found:
        """Rounds until nothing changes, or too many."""
        left = 1
        while left and self.rounds < _ROUNDS and self.share > _SHARE and self.unmet < _UNMET:
            try:
                self.solve()
            except LinAlgError:
                break
            self.unmet = self.unmet + 1 if np.abs(self.missing).max(initial=0.0) > _MET else 0
            left, missing = self._change()
            if report is not None:
                report(self.cells, self.turned, missing)
            left = left or int(self.unmet > 0)
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
        entering, missing = self._beside(P)
        left = len(sides) + int(wrong.sum()) + int(leaving.sum()) + int(entering.sum())
        self.pace(left)
        leaving = self.worse(leaving, np.abs(self.multipliers))
        going = self.worse(np.ones(len(sides), bool), pressure)
        self._leave_kinks((kinks[0][going], kinks[1][going]), sides[going])
        self.states[self.worse(wrong, severity)] = KINK
        self.held = (self.held & ~leaving) | self.entering(entering, missing, _FIRST)
        self.multipliers[leaving] = 0.0
        self._follow(P)
        return left, float(missing.max())

    def _beside(self, P: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The samples that are not held and miss the margin, and by how much each sample misses it."""
        missing = 1.0 - self._margins(P)
        return ~self.held & (missing > ZERO * max(1.0, float(np.abs(missing).max()))), missing

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
        self.turned = int(turned.sum())
        self.cells += bool(self.turned)

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
        met = not self.unmet or self.cells > 1  # later cells hold the weights before
        return Found(W, multipliers, clarke, pattern, kinks, self.cells, self.rounds, left, met)


class _Careful(_Search):
    """A search of which every step stays within the multipliers of a cell: an active set of its dual program.

    Multipliers and coefficients move towards the answer of the states, up to the first bound that is in the
    way, whose state then changes. Only at an answer that is reached samples come in and entries go on their
    kink, and only at the optimum of a cell activations turn: the weights are in the next cell too, which is
    therefore not empty. The objective of the dual program does not fall between two turns, unless a
    supporting entry is on the kink of a sample that leaves.
    """

    def run(self, report: RoundReport | None) -> Found:
        """Steps until nothing changes, or too many."""
        self.C = np.zeros(self.v.shape)
        self.reached = np.zeros(len(self.held))
        self.fresh, left = False, 1
        while left and self.rounds < _CAREFUL_ROUNDS and self.unmet < _UNMET:
            self.turned = 0
            self.multipliers = self.reached.copy()
            try:
                self.solve()
            except LinAlgError:
                break
            self.P = self.D @ self.X.T
            left = self._step() or self._unmet() or self._release() or self._turn()
            if report is not None:
                report(self.cells, self.turned, float(1.0 - self._margins(self.P).min()))
        return self._found(left)

    def _step(self) -> int:
        """Go towards the answer of the states, up to the first bound; how many bounds stop the way there."""
        answer, entries = self.multipliers, self.entries
        C, v, side = self.C[entries], self.v[entries], self.side[entries]
        support = self.supporting[entries]
        full, full_answer = (of[entries[1]] * v for of in (self.reached, answer))
        to_off = np.where(support & side, np.inf, _way(-C, -self.coefficients))
        to_on = np.where(support & ~side, np.inf, _way(C - full, self.coefficients - full_answer))
        to_rest = np.where(self.held, _way(self.reached, answer), np.inf)
        way = min(1.0, *(ways.min(initial=np.inf) for ways in (to_off, to_on, to_rest)))
        self.reached = np.where(self.held, self.reached + way * (answer - self.reached), 0.0)
        self.C[entries] = C + way * (self.coefficients - C)
        if way == 1.0:
            self.share = min(1.0, 1.5 * self.share)
            self._settle(np.zeros(len(self.held), bool))
            return 0
        if self.fresh and way <= 1e-14:  # what was let go at once is in its own way
            self.share = 0.5 * self.share
        self.fresh = False
        for state, ways in ((OFF, to_off), (ON, to_on)):
            self.states[entries[0][ways <= way], entries[1][ways <= way]] = state
        leaving = to_rest <= way
        self._settle(leaving)
        return int((to_off <= way).sum() + (to_on <= way).sum() + leaving.sum())

    def _settle(self, leaving: np.ndarray) -> None:
        """Samples leave, and what is not on a kink follows the states."""
        self.held = self.held & ~leaving
        self.reached[leaving] = 0.0
        self.states[:, leaving] = np.where(self.side[:, leaving], ON, OFF)
        on, kink = self.states == ON, (self.states == KINK) & self.held
        self.C = np.where(on, self.reached * self.v, np.where(kink, self.C, 0.0))

    def _release(self) -> int:
        """At an answer: samples come in, and each neuron's worst entry goes on its kink; how many might."""
        wrong, severity = self._onto_kinks(self.P)
        entering, missing = self._beside(self.P)
        self._follow(self.P)
        self.held = self.held | self.entering(entering, missing, 1)
        chosen = worst(wrong, severity, max(1, int(self.share * wrong.sum())))
        neurons = np.flatnonzero(chosen.any(axis=1))
        self.states[neurons, np.where(chosen, severity, -1.0).argmax(axis=1)[neurons]] = KINK
        self.fresh = True
        return int(wrong.sum() + entering.sum())

    def _unmet(self) -> int:
        """Whether the answer misses margins: the way to it goes on, in an empty cell without end."""
        unmet = bool(np.abs(self.missing).max(initial=0.0) > _MET)
        self.unmet = self.unmet + 1 if unmet else 0
        return int(unmet)

    def _turn(self) -> int:
        """At the optimum of a cell: turn the supporting activations that the weights press on; how many."""
        self.turning = True
        entries, to_on, _ = self._from_kinks()
        self._leave_kinks(entries, to_on)
        self._follow(self.P)
        self.turning = False
        self._settle(np.zeros(len(self.held), bool))
        self.share = 1.0
        return len(to_on)


class _Turning(_Careful):
    """A careful search in which a sample that leaves turns the supporting activations that it was held by.

    Its coefficients on these kinks go when it leaves, and the objective falls. Were the activations the same
    when it comes in again, all might begin again.
    """

    def _settle(self, leaving: np.ndarray) -> None:
        pressing = (self.states == KINK) & self.supporting & leaving
        pressing &= np.abs(self.C) > ZERO * np.abs(self.C).max(initial=0.0)
        self.side = self.side ^ pressing
        self.cells += bool(pressing.any())
        super()._settle(leaving)


def _way(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """The part of the way from numbers ≥ 0 to others at which they become negative, ∞ where they do not."""
    here = np.maximum(here, 0.0)
    return np.divide(here, here - there, out=np.full(len(here), np.inf), where=there < 0.0)
