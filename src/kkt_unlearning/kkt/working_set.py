"""The exact KKT point of a two-layer network with more samples than features: a working set of samples.

Each sample is *held* or not, and each coefficient ``C_ji`` of ``W = C X`` of a held sample is *on*
(``λ_i y_i u_j``), *off* (0) or on the *kink* (free, and ``⟨w_j, x_i⟩ = 0``). A round solves the equations of
these states exactly and then changes what disagrees with the answer. With ``Π_j`` the projection on the span of
the samples that neuron j has on the kink, and ``v_ji = y_i u_j`` where on, else 0,

    w_j = (I − Π_j) Σ_i λ_i v_ji x_i,      H λ = 1,      H = Σ_j diag(v_j) X (I − Π_j) Xᵀ diag(v_j).

``docs/theory.md``, section 5.6.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.solver import SOLVED

OFF, ON, KINK = 0, 1, 2

# Of the largest of its kind: a pre-activation, a coefficient or a missing margin below it is 0. A tenth of
# what counts as 0 in the answer of a program, and some thousand round-offs of an inner product.
_ZERO = SOLVED / 10
# Part of a sample outside the span of others on the same kink, of its length: below it the sample is on the
# kink because the others are.
_DEPENDENT = 1e-9
# Added to H, of its diagonal, so that samples may depend on one another; the refinement takes it out again.
_PROXIMAL = 1e-12
_REFINEMENTS = 4
_GROWTH = (
    0.25  # samples that come in at once, of those held: more, and the states of a round are guesses
)
_FIRST = (8, 16, 4, 32)  # samples held at the start: the others are tried if a search does not end
_PATIENCE = (
    15  # rounds without a new least number of changes, after which only the worse half is made
)
_ROUNDS = 400
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
        if not found.left or not found.met:
            break
    assert found is not None
    return found


class _Search:
    """States and multipliers; features in units of the longest sample, so that their own do not matter."""

    def __init__(
        self, problem: Problem, pattern: np.ndarray, multipliers: np.ndarray | None, first: int
    ) -> None:
        m, d = problem.X.shape
        coordinates = problem.X if d <= m else np.asarray(np.linalg.qr(problem.X.T, mode="r")).T
        self.lengths = np.linalg.norm(coordinates, axis=1)
        self.scale = float(self.lengths.max()) or 1.0
        self.problem, self.X = problem, coordinates / self.scale
        self.lengths = self.lengths / self.scale
        self.signs, self.supporting = problem.signs, problem.signs > 0
        self.side = pattern > 0
        self.states = np.where(self.side, ON, OFF).astype(np.int8)
        self.multipliers = np.zeros(m)
        self.first = first
        self.held = np.zeros(m, bool)
        self.held[self._start(multipliers)] = True
        self.turning = False
        self.rounds, self.cells = 0, 1
        self.share, self.least, self.waited = 1.0, np.inf, 0
        self.unmet = 0

    def _start(self, multipliers: np.ndarray | None) -> np.ndarray:
        """The samples to hold first: those with a multiplier, or the least margins if all had the same."""
        if multipliers is not None and (multipliers > 0).any():
            return np.flatnonzero(multipliers > 0)
        on = self.signs * self.side
        q = np.einsum("ji,ji->i", self.signs, np.maximum(on @ self.X @ self.X.T, 0.0))
        return np.argsort(q, kind="stable")[: self.first]

    def run(self, report: RoundReport | None) -> Found:
        """Rounds until nothing changes, or too many."""
        left = 1
        while left and self.rounds < _ROUNDS and self.unmet < _UNMET:
            try:
                self._solve()
            except LinAlgError:
                break
            left, missing = self._change()
            if report is not None:
                report(self.cells, left, missing)
            if not left and not self.turning:  # the optimum of the cell
                self.turning, left = True, 1
                self.share, self.least, self.waited = 1.0, np.inf, 0
        return self._found(left)

    # the equations of the states

    def _solve(self) -> None:
        """Multipliers, weights and coefficients on the kinks, from the states."""
        self.rounds += 1
        self.rows = np.flatnonzero(self.held)
        self.X_held = self.X[self.rows]
        self._bases()
        self.v = np.where(self.states[:, self.rows] == ON, self.signs[:, self.rows], 0.0)
        H = (self.v.T @ self.v) * (self.X_held @ self.X_held.T)
        if self.owner.size:
            rows = (self.Q @ self.X_held.T) * self.v[self.owner]
            H -= rows.T @ rows
        diagonal = np.diagonal(H)
        floor = _PROXIMAL * np.maximum(diagonal, diagonal.max(initial=1.0) * 1e-3)
        factor = cho_factor(H + np.diag(floor), lower=True, check_finite=False)
        solution = self.multipliers[self.rows]
        for _ in range(_REFINEMENTS):
            missing = 1.0 - self._pull(solution)
            solution = solution + cho_solve(factor, missing, check_finite=False)
            if np.abs(missing).max(initial=0.0) < 1e-3 * _ZERO:
                break
        missing = 1.0 - self._pull(solution)
        self.unmet = self.unmet + 1 if np.abs(missing).max(initial=0.0) > _MET else 0
        self.multipliers = np.zeros(len(self.held))
        self.multipliers[self.rows] = solution

    def _bases(self) -> None:
        """Orthonormal bases ``Q`` of what each neuron has on the kink, one below another, and the triangles.

        A sample that depends on others there goes back to its side: they hold it on the kink.
        """
        while True:
            free = self.states[:, self.rows] == KINK
            counts = free.sum(axis=1)
            most = int(counts.max(initial=0))
            self.places = np.argsort(~free, axis=1, kind="stable")[:, :most]
            self.used = np.arange(most) < counts[:, None]
            self.owner = np.nonzero(self.used)[0]
            if not most:
                return
            stacked = np.where(self.used[:, :, None], self.X_held[self.places], 0.0)
            Q, R = np.linalg.qr(stacked.swapaxes(1, 2))
            heights = np.abs(np.diagonal(R, axis1=1, axis2=2))
            flat = self.used & (heights < _DEPENDENT * self.lengths[self.rows][self.places])
            if not flat.any():
                break
            j, place = np.nonzero(flat)
            i = self.rows[self.places[j, place]]
            self.states[j, i] = np.where(self.side[j, i], ON, OFF)
        both = self.used[:, :, None] & self.used[:, None, :]
        self.R = np.where(both, R, np.eye(most))
        self.stack = Q * self.used[:, None, :]
        self.Q = Q.swapaxes(1, 2)[self.used]

    def _pull(self, multipliers: np.ndarray) -> np.ndarray:
        """The margins of the samples held, as these multipliers make them; keeps W and C on the kinks."""
        sums = (self.v * multipliers) @ self.X_held
        self.W = sums
        if self.owner.size:
            for _ in range(2):  # twice is enough
                inside = np.matmul(self.stack.swapaxes(1, 2), self.W[:, :, None])
                self.W = self.W - np.matmul(self.stack, inside)[:, :, 0]
            inside = np.matmul(self.stack.swapaxes(1, 2), sums[:, :, None])
            self.coefficients = -np.linalg.solve(self.R, inside)[:, :, 0]
        return np.einsum("ji,ji->i", self.v, self.W @ self.X_held.T)

    # what disagrees with them

    def _change(self) -> tuple[int, float]:
        """Change the states that disagree with the answer; how many do, and by how much a margin misses 1."""
        self.P = P = self.W @ self.X.T
        kinks, sides, pressure = self._from_kinks()
        wrong, severity = self._onto_kinks(P)
        leaving = self.held & (self.multipliers <= 0.0)
        q = np.einsum("ji,ji->i", self.signs, np.maximum(P, 0.0))
        entering = ~self.held & (q < 1.0 - _ZERO * max(1.0, np.abs(q).max()))
        left = len(kinks[0]) + int(wrong.sum()) + int(leaving.sum()) + int(entering.sum())
        self._pace(left)
        leaving = _worst(leaving, np.abs(self.multipliers), self.share)
        most = max(self.first, int(_GROWTH * self.held.sum()))
        entering = _most(_worst(entering, 1.0 - q, self.share), 1.0 - q, most)
        going = _worst(np.ones(len(sides), bool), pressure, self.share)
        self._leave_kinks((kinks[0][going], kinks[1][going]), sides[going])
        self.states[_worst(wrong, severity, self.share)] = KINK
        self.held = (self.held & ~leaving) | entering
        self.multipliers[leaving] = 0.0
        self._follow(P, ~self.held)
        return left, float(1.0 - q.min())

    def _pace(self, left: int) -> None:
        """Fewer changes at once while their number does not fall: all of them may chase one another."""
        if left < self.least:
            self.least, self.waited, self.share = left, 0, min(1.0, 1.2 * self.share)
            return
        self.waited += 1
        if self.waited >= _PATIENCE:
            self.waited, self.share = 0, 0.5 * self.share

    def _from_kinks(self) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray, np.ndarray]:
        """The entries that leave their kink, whether to the side on which the neuron is on, and how clearly.

        ``a = C/(λv)`` beyond 1 or 0 says where. A supporting pair is held on its kink only while it presses
        on it, ``a > 1`` from above or ``a < 0`` from below; once activations turn it goes through.
        """
        if not self.owner.size:
            nothing = np.zeros(0, int)
            return (nothing, nothing), np.zeros(0, bool), np.zeros(0)
        j, place = np.nonzero(self.used)
        i = self.rows[self.places[j, place]]
        C, full = self.coefficients[j, place], self.multipliers[i] * self.signs[j, i]
        slack = _ZERO * np.abs(C).max(initial=0.0)
        support, side = self.supporting[j, i], self.side[j, i]
        above = np.where(support, full + slack < C, full - slack > C)
        below = np.where(support, -slack > C, slack < C)
        inside = ~(above | below)
        at_side = inside & (np.abs(C - np.where(side, full, 0.0)) <= slack)
        presses = np.where(side, above, below)
        to_on = np.where(support, below | (side & inside), above)
        if self.turning:
            leaves = ~(support & at_side) & (support | ~inside)
            to_on = np.where(support & presses, ~side, to_on)
        else:
            leaves = np.where(support, ~presses & ~at_side, ~inside)
            to_on = np.where(support, side, to_on)
        return (j[leaves], i[leaves]), to_on[leaves], np.abs(C - np.where(to_on, full, 0.0))[leaves]

    def _leave_kinks(self, entries: tuple[np.ndarray, np.ndarray], on: np.ndarray) -> None:
        self.states[entries] = np.where(on, ON, OFF)
        turned = self.supporting[entries] & (self.side[entries] != on)
        if self.turning and turned.any():
            self.cells += 1
        self.side[entries] = np.where(self.supporting[entries], on, self.side[entries])

    def _onto_kinks(self, P: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The entries of samples held whose pre-activation has the wrong sign, and how wrong it is."""
        zero = _ZERO * np.abs(P).max(initial=0.0)
        signed = np.where(self.states == ON, -P, np.where(self.states == OFF, P, 0.0))
        wrong = self.held & (signed > zero)
        severity = np.where(wrong, signed / np.maximum(self.lengths, _DEPENDENT), 0.0)
        room = self.X.shape[1] - 1 - (self.states == KINK).sum(axis=1)
        room = np.maximum(room, 0) // 2 + 1
        for j in np.flatnonzero(wrong.sum(axis=1) > room):
            wrong[j] = _most(wrong[j], severity[j], int(room[j]))
        return wrong, severity

    def _follow(self, P: np.ndarray, samples: np.ndarray) -> None:
        """Pairs of samples that are not held are on the side that they are on."""
        follows = samples & (self.turning | ~self.supporting)
        self.side = np.where(follows, P > 0, self.side)
        self.states = np.where(samples, np.where(self.side, ON, OFF), self.states).astype(np.int8)

    def _found(self, left: int) -> Found:
        """The point in the units of the data."""
        problem, multipliers = self.problem, np.maximum(self.multipliers, 0.0)
        size = np.abs(self.P).max(initial=0.0)
        kinks = (np.abs(self.P) <= SOLVED * size) | (self.held & (self.states == KINK))
        clarke = np.where(kinks, self.states == ON, self.P > 0).astype(float)
        if self.owner.size:
            j, place = np.nonzero(self.used)
            i = self.rows[self.places[j, place]]
            C, full = self.coefficients[j, place], multipliers[i] * self.signs[j, i]
            share = np.divide(C, full, out=np.zeros(len(i)), where=full != 0.0)
            clarke[j, i] = np.clip(share, 0.0, 1.0)
        W, multipliers = self.W / self.scale, multipliers / self.scale**2
        if problem.X.shape != self.X.shape:
            W = problem.combination(multipliers, clarke)
        pattern = np.where(kinks, self.side & self.supporting, self.P > 0).astype(float)
        return Found(
            W, multipliers, clarke, pattern, kinks, self.cells, self.rounds, left, not self.unmet
        )


def _worst(chosen: np.ndarray, severity: np.ndarray, share: float) -> np.ndarray:
    """Of the entries chosen, this share of them, those with the largest severity."""
    if share >= 1.0:
        return chosen
    return _most(chosen, severity, int(np.ceil(share * chosen.sum())))


def _most(chosen: np.ndarray, severity: np.ndarray, most: int) -> np.ndarray:
    """Of the entries chosen, at most so many, those with the largest severity."""
    if chosen.sum() <= most:
        return chosen
    values = np.where(chosen, severity, -np.inf)
    return chosen & (values >= np.partition(values, -most, axis=None)[-most])
