"""The hard-margin problem of one linear model, for any number of samples.

A dual active-set method (Goldfarb and Idnani, Mathematical Programming 27, 1983) on a working set of
candidates. Iterates are optima of the samples held: their margins are 1 and their multipliers are not
negative. A sample whose margin is too small comes in, others go as their multipliers reach 0. Whenever one
has come in the norm of the weights has grown, so that no set of samples comes twice, and the search ends.
``docs/theory.md``, section 5.5.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from kkt_unlearning.quadratic.pivoting import EVERY, FEW, SEVERAL, Settled, Start, settled
from kkt_unlearning.quadratic.positive import Positive

EPS = float(np.finfo(float).eps)

# Of the length of a sample, its part outside the span of others. The square, 1e-10, is far above the
# round-off of a Gram matrix, a few times 1e-16.
_NEARLY_DEPENDENT = 1e-5

# Weights for samples of length at most 1: with longer ones the margin is below some hundred round-offs.
_LONGEST = 1e13

# Samples to a feature up to which block pivoting is tried, and how often it pivots: with more, nearly all
# features are used up by the answer, and samples chase one another.
_FEW = 3.5
_PIVOTS = 50

# Features to a sample from which on block pivoting starts as with `FEW` samples, and with `EVERY` one.
# Measured: of 30 to 300 Gaussian samples all have multipliers from 12 on.
_TWO, _MANY = 2, 12

_REFINEMENTS = 2

RoundReport = Callable[[int, int, float], None]


@dataclass(frozen=True)
class HardMargin:
    """``min ½‖w‖²`` s.t. ``⟨w, z_i⟩ ≥ 1``, and its dual ``max Σ_i λ_i − ½‖Σ_i λ_i z_i‖²`` over ``λ ≥ 0``.

    Attributes:
        w: the weights ``(d,)``; where none reach all margins, some on the way.
        multipliers: ``λ (m,)``; where no weights reach all margins, ``λ ≥ 0`` with ``Σ_i λ_i z_i = 0``, which
            proves it.
        separable: whether there are such weights.
        steps: changes of the set of samples held.
        rounds: looks at all margins.
    """

    w: np.ndarray
    multipliers: np.ndarray
    separable: bool
    steps: int
    rounds: int


def hard_margin(
    X: np.ndarray,
    y: np.ndarray,
    report: RoundReport | None = None,
    start: np.ndarray | None = None,
) -> HardMargin:
    """The max-margin weights through the origin of samples ``X (m, d)`` with labels ``y (m,)`` of ±1.

    Memory beside X is O(d² + m), or O(m²) where there are fewer samples than features. A round is one product
    with X.

    Args:
        report: is told after each round how many rounds there were, how many samples are held, and the
            smallest margin.
        start: indices of samples that are likely to be those with a multiplier: held first.
    """
    m, d = X.shape
    if d < m:
        return _Search(X, y).run(report, start)
    gram = X @ X.T
    found = _by_pivoting(gram, y, _start(m, d)) or _by_triangle(gram, y, report, start)
    if found is not None:
        return replace(found, w=(y * found.multipliers) @ X)
    basis, triangle = np.linalg.qr(X.T)
    found = _Search(triangle.T, y).run(report, start)
    # not a sum over samples: where they nearly cancel it has lost what the weights have
    return replace(found, w=basis @ found.w)


def _start(m: int, d: int) -> Start:
    if d < _TWO * m:
        return SEVERAL
    return FEW if d < _MANY * m else EVERY


def _by_pivoting(gram: np.ndarray, y: np.ndarray, start: Start) -> HardMargin | None:
    """All but the weights, from ``⟨x_i, x_j⟩ (m, m)`` alone; None where that does not give it for sure.

    Multipliers are refined by margins that are products with the same matrix. Of samples that nearly depend
    on one another it has lost the differences, and of many the search finds out more.
    """
    squared = float(gram.diagonal().max(initial=0.0)) or 1.0
    signed = gram * (y / squared)
    signed *= y[:, None]
    found = settled(signed, start)
    if found is None or found.gram.least_height() < _NEARLY_DEPENDENT:
        return None
    columns, multipliers = signed.take(found.held, 1), found.multipliers
    for _ in range(_REFINEMENTS):
        margins = columns @ multipliers
        missing = 1.0 - margins[found.held]
        if np.abs(missing).max() <= EPS * len(missing):
            break
        multipliers = multipliers + found.gram.solve(missing)
    length = float(np.sqrt(multipliers.sum()))  # of the weights
    wrong = (1.0 - columns @ multipliers).max() > _round_off(len(y), length)
    if multipliers.min() <= 0 or wrong or _is_lost(multipliers):
        return None
    answer = np.zeros(len(y))
    answer[found.held] = multipliers / squared
    return HardMargin(np.empty(0), answer, True, 0, 0)


def _by_triangle(
    gram: np.ndarray, y: np.ndarray, report: RoundReport | None, start: np.ndarray | None
) -> HardMargin | None:
    """The same by the search in ``m`` coordinates, the triangle of the Gram matrix."""
    triangle = _triangle(gram)
    if triangle is None:
        return None
    found = _Search(triangle, y).run(report, start)
    if found.separable and _is_lost(found.multipliers * gram.diagonal().max()):
        return None
    return found


def _is_lost(multipliers: np.ndarray) -> bool:
    """Whether margins of ``w = Σ_i λ_i z_i``, summed up, are off by more than those of other weights as long.

    The terms are as large as ``Σ_i λ_i = ‖w‖²``, for samples of length at most 1.
    """
    squared = float(multipliers.sum())
    return EPS * squared > _round_off(len(multipliers), float(np.sqrt(squared)))


def _round_off(terms: int, length: float) -> float:
    """That of a margin: a product of so many terms of the size of the weights."""
    return 8 * EPS * float(np.sqrt(terms)) * max(1.0, length)


def coordinates(X: np.ndarray, gram: np.ndarray) -> np.ndarray:
    """Samples ``(m, m)`` with the inner products of ``X (m, d)``, ``gram``, for ``m ≤ d``.

    They are the triangle of a Cholesky factorisation of the Gram matrix. Where samples nearly depend on one
    another it has lost their differences, and that of a QR factorisation of X, a few times as dear, takes its
    place.
    """
    triangle = _triangle(gram)
    return np.asarray(np.linalg.qr(X.T, mode="r")).T if triangle is None else triangle


def _triangle(gram: np.ndarray) -> np.ndarray | None:
    """The lower triangle L with ``L Lᵀ = gram``; None where samples nearly depend on one another."""
    try:
        triangle = np.linalg.cholesky(gram)
    except np.linalg.LinAlgError:
        return None
    dependent = np.diagonal(triangle) < _NEARLY_DEPENDENT * np.sqrt(np.diagonal(gram))
    return None if dependent.any() else triangle


class _Search:
    """The samples held, as an orthonormal basis Q of their span and the triangle R with ``Z_Aᵀ = Q R``.

    Everything is in units of the longest sample, so that the units of the features do not matter.
    """

    def __init__(self, X: np.ndarray, y: np.ndarray) -> None:
        self.X, self.y = X, y
        self.lengths = np.sqrt(np.einsum("ij,ij->i", X, X))
        self.scale = float(self.lengths.max(initial=0.0)) or 1.0
        m, d = X.shape
        most = min(m, d)
        self.Q = np.zeros((d, most))
        self.R = np.zeros((most, most))
        self.held: list[int] = []
        self.multipliers = np.zeros(most)
        self.w = np.zeros(d)
        self.contradiction = np.zeros(m)  # multipliers that prove there are no weights
        self.steps = self.rounds = 0

    def run(self, report: RoundReport | None, start: np.ndarray | None) -> HardMargin:
        separable, before = True, -1.0
        if self._guess(start):
            return self._result(separable)
        while separable:
            candidates, worst = self._candidates()
            if report is not None:
                report(self.rounds, len(self.held), worst)
            grown = float(self.w @ self.w)
            stuck = grown <= before  # what is left is round-off, of ill-conditioned data
            if stuck or not candidates.size:
                break
            before = grown
            separable = self._satisfy(candidates) and self._margin_is_seen()
        return self._result(separable)

    def _margin_is_seen(self) -> bool:
        """Whether the margin is above round-off; if not, the multipliers prove that there is none to see.

        Divided by their sum ``‖w‖²`` they are weights of a mean of samples of length ``1/‖w‖``, the margin.
        """
        if self.w @ self.w < _LONGEST**2:
            return True
        self.contradiction[self.held] = np.maximum(self.multipliers[: len(self.held)], 0.0)
        return False

    # where to start

    def _guess(self, start: np.ndarray | None) -> bool:
        """Hold samples at once whose multipliers are positive; whether they are the answer already.

        At first those of ``start``, if they lead to the answer; else as many as the features allow, those
        nearest to the plane between the class means, of which those with negative multipliers go. Any set of
        samples will do to begin with. The Gram matrix is good enough for a guess.
        """
        if start is not None and 0 < len(start) <= self.Q.shape[1] and self._pivot(start):
            return True
        if len(self.y) <= _FEW * self.X.shape[1] and self._pivot():
            return True
        chosen = self._nearest()
        while len(chosen):
            Z = self._samples(chosen)
            try:
                multipliers = Positive(Z @ Z.T).solve(np.ones(len(chosen)))
            except np.linalg.LinAlgError:
                break
            if (multipliers > 0).all():
                self._hold_all(chosen, Z)
                break
            chosen = chosen[multipliers > 0]
        return False

    def _pivot(self, start: np.ndarray | None = None) -> bool:
        """Block pivoting, for few samples to a feature; whether it came to the answer.

        Samples whose multipliers are negative go, those furthest on the wrong side of their margin come in,
        some at a time. It mostly ends after a few rounds, and may not end at all.
        """
        m, d = self.X.shape
        if start is None and m <= 2 * d:
            Z = self.X / (self.y * self.scale)[:, None]
            found = settled(Z @ Z.T)
            if found is not None and self._answer(Z[found.held], found):
                return True
        chosen = self._nearest() if start is None else start
        for _ in range(_PIVOTS):
            Z = self._samples(chosen)
            try:
                gram = Positive(Z @ Z.T)
                multipliers = gram.solve(np.ones(len(chosen)))
            except np.linalg.LinAlgError:
                return False
            positive = multipliers > 0
            wrong = self._missing(chosen, multipliers @ Z)
            if positive.all() and not len(wrong):
                return self._answer(Z, Settled(chosen, gram, multipliers))
            room = self.Q.shape[1] - int(positive.sum())
            chosen = np.concatenate(
                [chosen[positive], wrong[: min(room, max(8, len(chosen) // 10))]]
            )
            if not len(chosen) or (positive.all() and not room):
                return False
        return False

    def _answer(self, Z: np.ndarray, found: Settled) -> bool:
        """Hold the samples of an answer, refined by their own margins; False if they nearly are dependent."""
        if found.gram.least_height() < _NEARLY_DEPENDENT:
            return False
        chosen, gram, multipliers = found
        for _ in range(_REFINEMENTS):
            missing = 1.0 - Z @ (multipliers @ Z)
            if np.abs(missing).max() <= EPS * len(chosen):
                break
            multipliers = multipliers + gram.solve(missing)
        w = multipliers @ Z
        if multipliers.min() <= 0 or _is_lost(multipliers) or len(self._missing(chosen, w)):
            return False
        self.held, self.w = chosen.tolist(), w
        self.multipliers[: len(chosen)] = multipliers
        return True

    def _missing(self, chosen: np.ndarray, w: np.ndarray) -> np.ndarray:
        """The samples on the wrong side of their margin, the furthest first."""
        q = self.y * (self.X @ w) / self.scale
        q[chosen] = 1.0
        wrong = np.flatnonzero(1.0 - q > self._tolerance(w))
        return wrong[np.argsort(q[wrong], kind="stable")]

    def _nearest(self) -> np.ndarray:
        m, d = self.X.shape
        if m <= d:
            return np.arange(m)
        shares = np.divide(self.y, self.lengths, out=np.zeros(m), where=self.lengths > 0)
        q = shares * (self.X @ (shares @ self.X))
        return np.sort(np.argpartition(q, d)[:d])

    def _hold_all(self, chosen: np.ndarray, Z: np.ndarray) -> None:
        """Hold samples that are linearly independent, unless they nearly are not."""
        k = len(chosen)
        Q, R = np.linalg.qr(Z.T)
        if np.abs(np.diagonal(R)).min() > _NEARLY_DEPENDENT:
            self.Q[:, :k], self.R[:k, :k], self.held = Q, R, chosen.tolist()
            self._polish()
            if (self.multipliers[:k] < 0).any():
                self.held, self.w = [], np.zeros_like(self.w)

    # margins

    def _candidates(self) -> tuple[np.ndarray, float]:
        """The samples to look at until the next round: those furthest on the wrong side of their margin."""
        self.rounds += 1
        self._polish()
        q = self.y * (self.X @ self.w) / self.scale
        q[self.held] = 1.0
        violation = (1.0 - q) * self.scale
        np.divide(violation, self.lengths, out=violation, where=self.lengths > 0)
        wrong = np.flatnonzero(1.0 - q > self._tolerance(self.w))
        most = max(2 * min(self.X.shape), 64)
        if wrong.size > most:
            wrong = wrong[np.argpartition(-violation[wrong], most)[:most]]
        return wrong, float(q.min(initial=1.0))

    def _tolerance(self, w: np.ndarray) -> float:
        """Round-off of a margin."""
        return _round_off(self.X.shape[1], float(np.linalg.norm(w)))

    def _satisfy(self, candidates: np.ndarray) -> bool:
        """Take candidates in until all have margin 1; whether that can be."""
        Z = self._samples(candidates)
        lengths = np.linalg.norm(Z, axis=1)
        open_ = np.ones(len(candidates), bool)
        largest = -1.0
        while self.w @ self.w > largest:
            largest = float(self.w @ self.w)
            missing = np.where(open_, 1.0 - Z @ self.w, 0.0)
            worst = int(np.argmax(missing / np.maximum(lengths, EPS)))
            if missing[worst] <= self._tolerance(self.w):
                return True
            if not self._take_in(int(candidates[worst]), Z[worst]):
                return False
            open_[:] = ~np.isin(candidates, self.held)
        # the weights no longer grow: the next round says what is missing, if anything is
        return True

    # one sample comes in

    def _take_in(self, sample: int, z: np.ndarray) -> bool:
        """Goldfarb and Idnani's step: move until the sample has margin 1, letting go of others on the way."""
        own = 0.0
        while True:
            k = len(self.held)
            inside, outside = self._split(z)
            change = _solve(self.R[:k, :k], inside)
            most, first = self._room(change)
            squared = float(outside @ outside)
            missing = 1.0 - float(z @ self.w)
            full = missing / squared if squared > 0.0 else np.inf
            if not np.isfinite(full) and first is None:
                self._contradict(sample, change)
                return False
            step = min(most, full)
            self.multipliers[:k] -= step * change
            own += step
            if np.isfinite(full):
                self.w += step * outside
            self.steps += 1
            if full <= most:
                self._hold(sample, inside, outside, own)
                return True
            self._let_go(first)

    def _contradict(self, sample: int, change: np.ndarray) -> None:
        """``z = Σ_j r_j z_j`` with all ``r_j ≤ 0``: these samples and this one have no common weights."""
        self.contradiction[self.held] = np.maximum(-change, 0.0)
        self.contradiction[sample] = 1.0

    def _split(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """``z = Q r + z⊥``; z⊥ is 0 where it is only round-off."""
        Q = self.Q[:, : len(self.held)]
        inside = Q.T @ z
        outside = z - Q @ inside
        again = Q.T @ outside  # twice is enough
        outside -= Q @ again
        inside += again
        if np.linalg.norm(outside) <= 64 * EPS * np.linalg.norm(z):
            outside = np.zeros_like(outside)
        return inside, outside

    def _room(self, change: np.ndarray) -> tuple[float, int | None]:
        """How far a step may go until a multiplier is 0, and whose."""
        k = len(self.held)
        falling = change > EPS * max(float(np.abs(change).max(initial=0.0)), EPS)
        if not falling.any():
            return np.inf, None
        ratios = np.full(k, np.inf)
        np.divide(np.maximum(self.multipliers[:k], 0.0), change, out=ratios, where=falling)
        first = int(np.argmin(ratios))
        return float(ratios[first]), first

    def _hold(self, sample: int, inside: np.ndarray, outside: np.ndarray, own: float) -> None:
        k = len(self.held)
        height = float(np.linalg.norm(outside))
        self.Q[:, k] = outside / height
        self.R[:k, k], self.R[k, k] = inside, height
        self.multipliers[k] = own
        self.held.append(sample)

    def _let_go(self, index: int | None) -> None:
        from scipy.linalg import qr_delete

        assert index is not None
        k = len(self.held)
        Q, R = qr_delete(self.Q[:, :k], self.R[:k, :k], index, which="col", check_finite=False)
        self.Q[:, : k - 1], self.R[: k - 1, : k - 1] = Q[:, : k - 1], R[: k - 1]
        self.multipliers[index : k - 1] = self.multipliers[index + 1 : k]
        del self.held[index]

    def _polish(self) -> None:
        """Weights and multipliers afresh from Q and R, without what steps have added up in round-off."""
        k = len(self.held)
        if not k:
            return
        R, Q, Z = self.R[:k, :k], self.Q[:, :k], self._samples(np.array(self.held))
        heights = _solve(R, np.ones(k), transposed=True)
        # refined: margins of the samples themselves, not of Q R
        heights += _solve(R, 1.0 - Z @ (Q @ heights), transposed=True)
        self.w = Q @ heights
        self.multipliers[:k] = _solve(R, heights)

    def _samples(self, chosen: np.ndarray) -> np.ndarray:
        """``z_i = y_i x_i`` in units of the longest."""
        return self.y[chosen, None] * (self.X[chosen] / self.scale)

    def _result(self, separable: bool) -> HardMargin:
        if not separable:
            return HardMargin(
                self.w / self.scale, self.contradiction, False, self.steps, self.rounds
            )
        multipliers = np.zeros(len(self.y))
        multipliers[self.held] = np.maximum(self.multipliers[: len(self.held)], 0.0)
        return HardMargin(
            self.w / self.scale, multipliers / self.scale**2, True, self.steps, self.rounds
        )


def _solve(R: np.ndarray, b: np.ndarray, *, transposed: bool = False) -> np.ndarray:
    """``R⁻¹ b`` or ``R⁻ᵀ b`` of an upper triangle."""
    from scipy.linalg.lapack import dtrtrs

    if not len(b):
        return b
    return dtrtrs(R, b, trans=int(transposed))[0]
