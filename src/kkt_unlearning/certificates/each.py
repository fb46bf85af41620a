"""The certificates of forgetting one sample, for every sample that the network rests on, as one batch.

``docs/theory.md``, section 6.6.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields

import numpy as np

from kkt_unlearning.backends import WORK_ARRAY
from kkt_unlearning.certificates.condense import condensed_steps
from kkt_unlearning.certificates.left_out import Samples, restored_rows
from kkt_unlearning.certificates.restore import restore
from kkt_unlearning.datasets.memory import check_memory
from kkt_unlearning.kkt.copies import NEAR, copies_of, near_copies
from kkt_unlearning.kkt.point import KKTPoint
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.precision import ROUND_OFF
from kkt_unlearning.problem import ON_KINK, Problem, smallest_margin_of_norm
from kkt_unlearning.unlearning.ascent import (
    Steps,
    check_fraction,
    left_to_copies,
    starting_point,
)

# Numbers: passes over more than a cache holds take longer than their product.
_AT_ONCE = WORK_ARRAY // 8
_MARGINS = 4 * WORK_ARRAY  # numbers of margins in one part; each part looks for the bases again

EachReport = Callable[[int, int], None]


@dataclass(frozen=True)
class Carried:
    """Certificates by the multipliers and derivatives from before the step; arrays of one shape.

    Attributes:
        epsilon: relative to the norm of the network scaled to smallest retained margin 1; infinite where it
            does not separate.
        delta: the largest ``λ_i (q_i − 1)``, in units of λ; relative_delta: over the mean multiplier.
        tau: ``1 − cos`` to the restored network, which these are the (ε, δ) of.
    """

    epsilon: np.ndarray
    delta: np.ndarray
    relative_delta: np.ndarray
    tau: np.ndarray

    @property
    def price(self) -> np.ndarray:
        """The least level p with ``ε ≤ p``, ``δ/λ̄ ≤ p`` and ``τ ≤ p``: none of the three has a unit."""
        return np.maximum(np.maximum(self.epsilon, self.relative_delta), self.tau)

    def within(self, epsilon: float, relative_delta: float, tau: float) -> np.ndarray:
        """Where all three are at most that, boolean."""
        finite = np.isfinite(self.epsilon)
        kept = (self.epsilon <= epsilon) & (self.tau <= tau)
        return finite & kept & (self.relative_delta <= relative_delta)


@dataclass(frozen=True)
class EachCertificate:
    """What :func:`certify_each` finds.

    Attributes:
        samples: the samples whose step is not 0, ascending, ``(s,)``.
        step: the certificate after the step that forgets each of them alone, ``(s,)``.
        nothing: the same where the network is left as it is, ``(s,)``.
        unmoved: the other samples: their multiplier is 0, or copies that stay take it over; near ones count.
        itself: the certificate of the network on all samples, of shape (): it holds for the unmoved ones.
    """

    samples: np.ndarray
    step: Carried
    nothing: Carried
    unmoved: np.ndarray
    itself: Carried


def certify_each(
    point: KKTPoint,
    *,
    fraction: float = 1.0,
    trained: np.ndarray | None = None,
    report: EachReport | None = None,
) -> EachCertificate:
    """``(ε, δ, τ)`` of ``θ − α λ_r y_r g_r`` on the samples without r, for every r by itself.

    They are taken at the restored network θ̃, with the λ and the derivatives of the point. So ε is an upper
    bound on the least ε for this δ, for which :func:`kkt_unlearning.certify` solves a program. No program is
    solved here, and no exact point of retained samples is sought.

    Cost: with s samples that have multipliers, c of them in the cell and n neurons (classes of equal ones),
    ``O(n (c r (c + s) + s k r))`` for the rows of θ̃, r ≤ k the dimensions of the span of these c, and
    ``O(m k)`` for the margins of each row that a step moves, of which there are ``s n`` at most. Memory is
    ``O(c² + c k)`` and work arrays.

    Args:
        point: exact KKT point on all samples.
        fraction: α ≥ 0.
        trained: weights ``(n, k)`` with positive margins to step from in the place of the point.
        report: is told how many rows are done, of how many.

    Raises:
        DataError: a bad fraction, or trained weights with a margin that is not positive; or this machine's
            memory would not do.

    ``docs/theory.md``, section 6.6.
    """
    check_fraction(fraction)
    start, clarke = starting_point(point, trained)
    one = Steps(point, start, clarke, ((),), np.ones(1), start[None, None])
    steps, _ = condensed_steps(one, point.W[None])
    copied = _Copied.of(point)
    moving = (point.multipliers > 0) & ~copied.samples
    samples = np.flatnonzero(moving)
    _check_size(steps, len(samples))
    left = _LeftAlone(steps, copied)
    found = [_after(steps, fraction, rows, said) for rows, said in _parts(steps, samples, report)]
    return EachCertificate(
        samples,
        _joined(found, samples),
        _joined([left.without(rows) for rows, _ in _parts(steps, samples, None)], samples),
        np.flatnonzero(~moving),
        left.itself(),
    )


@dataclass(frozen=True)
class _Copied:
    """What copies that stay take over, if one sample is forgotten; near ones count.

    Attributes:
        samples: those that have copies, boolean ``(m,)``: forgetting one alone changes nothing.
        multipliers: ``λ (m,)``, of copies what it is at most then.
        pairs: of near copies that are not equal, ``(p,)`` twice.
        shift: by how much at most the stationarity sum changes, ``λ_r ‖u‖ ‖x_r − x_s‖``.
    """

    samples: np.ndarray
    multipliers: np.ndarray
    pairs: tuple[np.ndarray, np.ndarray]
    shift: float

    @classmethod
    def of(cls, point: KKTPoint) -> "_Copied":
        problem, equal = point.problem, copies_of(point.problem)
        member = np.arange(problem.samples) if equal is None else equal.member
        size = np.ones(problem.samples) if equal is None else equal.size[member]
        pairs = near_copies(problem)
        taken, near = np.zeros(problem.samples), np.concatenate(pairs)
        for one, other in (pairs, pairs[::-1]):
            np.maximum.at(taken, one, point.multipliers[other])
        if equal is not None:  # the first of equal samples stands for all
            taken, near = taken[equal.first][member], np.flatnonzero(np.isin(member, member[near]))
        share = point.multipliers * np.where(size > 1, size / np.maximum(size - 1, 1), 1.0)
        samples = size > 1
        samples[near] = True
        lengths = point.multipliers[near] * np.linalg.norm(problem.X[near], axis=1)
        shift = NEAR * np.linalg.norm(problem.output_weights) * lengths.max(initial=0.0)
        return cls(samples, share + taken, pairs, float(shift))

    def parted(self, point: KKTPoint) -> np.ndarray:
        """The samples that a kink parts from a near copy, or of which only one is of the cell, ascending."""
        one, other = self.pairs
        apart = point.pattern[:, one] != point.pattern[:, other]
        apart |= point.kinks[:, one] != point.kinks[:, other]
        either = apart.any(axis=0) | (point.of_cell[one] != point.of_cell[other])
        return np.unique(np.stack(self.pairs)[:, either])


def _check_size(steps: Steps, samples: int) -> None:
    problem, cell = steps.point.problem, int(steps.point.of_cell.sum())
    dimension = problem.X.shape[1]
    part = min(samples, _part(problem))
    numbers = 2 * cell**2 + 6 * cell * dimension
    numbers += part * (4 * problem.samples + 8 * cell + 8 * dimension) + 4 * WORK_ARRAY
    check_memory(
        8 * numbers,
        f"the certificates of {samples} samples, each forgotten alone",
        "use fewer samples or neurons",
    )


def _part(problem: Problem) -> int:
    """Forgotten samples at a time."""
    return max(1, _MARGINS // (problem.samples + problem.X.shape[1]))


def _parts(
    steps: Steps, samples: np.ndarray, report: EachReport | None
) -> Iterator[tuple[np.ndarray, Callable[[int], None]]]:
    """Some of the forgotten samples, and what is told after each neuron."""
    size, width = _part(steps.point.problem), len(steps.start)
    for first in range(0, len(samples), size):
        rows = samples[first : first + size]

        def say(neurons: int, before: int = first, now: int = len(rows)) -> None:
            if report is not None:
                report(before * width + neurons * now, len(samples) * width)

        yield rows, say


def _joined(parts: list[Carried], samples: np.ndarray) -> Carried:
    if not len(samples):
        return Carried(*(np.zeros(0) for _ in fields(Carried)))
    return Carried(
        *(
            np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(Carried)
        )
    )


def _after(
    steps: Steps, fraction: float, forgotten: np.ndarray, say: Callable[[int], None]
) -> Carried:
    """The certificates after the steps that forget each of some samples ``(s,)`` alone."""
    point, problem = steps.point, steps.point.problem
    cell = np.flatnonzero(point.of_cell)
    place, samples = np.searchsorted(cell, forgotten), Samples.of(problem.X[cell])
    inner = ON_KINK * float(np.abs(problem.preactivations(steps.start)).max())
    sums = problem.combination(point.multipliers, point.clarke)
    terms = point.multipliers[forgotten] * problem.signs[:, forgotten]
    x, still = problem.X[forgotten], ROUND_OFF * float(np.abs(steps.start).max())
    q = np.broadcast_to(problem.margins(steps.start), (len(forgotten), problem.samples)).copy()
    missed, squares = np.zeros(len(forgotten)), np.zeros((3, len(forgotten)))
    for j, row in enumerate(steps.start):
        c = fraction * terms[j] * steps.clarke[j, forgotten]
        after = row - c[:, None] * x
        there = after
        if problem.network.has_kinks:
            there = restored_rows(
                samples, row, c, place, point.pattern[j, cell], point.kinks[j, cell], inner
            )
        explained = sums[j] - (terms[j] * point.clarke[j, forgotten])[:, None] * x
        missed += _dot(there - explained, there - explained)
        moved = there - after
        squares += np.stack([_dot(after, after), _dot(moved, there + after), _dot(moved, moved)])
        _add_changes(problem, j, row, there, q, still)
        say(j + 1)
    norm, tau = _length_and_angle(*squares)
    return _carried(problem, point.multipliers, forgotten, q, norm, np.sqrt(missed), tau)


def _length_and_angle(
    before: np.ndarray, grown: np.ndarray, moved: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """``‖θ̃‖`` and ``1 − cos(θ', θ̃)`` from ``‖θ'‖²``, ``‖θ̃‖² − ‖θ'‖²`` and ``‖θ̃ − θ'‖²``, all digits kept."""
    start = np.sqrt(before)
    norm = np.sqrt(np.maximum(before + grown, 0.0))
    some = norm > ROUND_OFF * start  # of others only round-off is left, which has no direction
    length = np.where(some, norm, 1.0)
    stretched = grown / (start + length)
    tau = np.maximum(moved - stretched**2, 0.0) / np.where(some, 2 * start * length, 1.0)
    return np.where(some, norm, 0.0), np.where(some, tau, 1.0)


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.einsum("sk,sk->s", a, b)


def _add_changes(
    problem: Problem, j: int, row: np.ndarray, there: np.ndarray, q: np.ndarray, still: float
) -> None:
    """To the margins ``q (s, m)`` of the network before, what neuron j with rows ``(s, k)`` changes."""
    slopes, sign = problem.network.derivative, problem.output_weights[j] * problem.y
    before = problem.X @ row
    before *= slopes(before)
    moved = np.flatnonzero(np.abs(there - row).max(axis=1) > still)
    size = max(1, _AT_ONCE // problem.samples)
    for first in range(0, len(moved), size):
        part = moved[first : first + size]
        P = there[part] @ problem.X.T
        P *= slopes(P)
        P -= before
        P *= sign
        q[part] += P


class _LeftAlone:
    """The network as it is, restored with all samples in the cell."""

    def __init__(self, steps: Steps, copied: _Copied) -> None:
        self.point, problem = steps.point, steps.point.problem
        point, self.start, self.copied = self.point, steps.start, copied
        there = restore(problem, steps.start, point.pattern, point.kinks, point.of_cell).W
        self.q, self.norm = problem.margins(there), float(np.linalg.norm(there))
        self.left = there - problem.combination(point.multipliers, point.clarke)
        self.tau = float(cosine_distance(steps.start, there))

    def itself(self) -> Carried:
        """The certificate on all samples, and on those without any one of several copies."""
        found = [self.without(None), *map(self._parted, self.copied.parted(self.point).tolist())]
        worst = (np.max([getattr(one, field.name) for one in found]) for field in fields(Carried))
        return Carried(*worst)

    def _parted(self, r: int) -> Carried:
        """The certificate without r, whose term near copies take over on kinks that part them from it."""
        point, problem = left_to_copies(self.point, [r]), self.point.problem
        cell = point.of_cell & (np.arange(problem.samples) != r)
        there = restore(problem, self.start, point.pattern, point.kinks, cell).W
        left = np.linalg.norm(there - problem.combination(point.multipliers, point.clarke))
        return _carried(
            problem,
            point.multipliers,
            np.array([r]),
            problem.margins(there)[None].copy(),
            np.array([np.linalg.norm(there)]),
            np.array([left]),
            np.array([cosine_distance(self.start, there)]),
        )

    def without(self, forgotten: np.ndarray | None) -> Carried:
        """Its certificates on the samples without each of ``forgotten (s,)``, or the one on all."""
        point, problem = self.point, self.point.problem
        count = 1 if forgotten is None else len(forgotten)
        residual, multipliers = np.full(count, np.linalg.norm(self.left)), point.multipliers
        if forgotten is None:
            residual, multipliers = residual + self.copied.shift, self.copied.multipliers
        else:
            terms = (problem.signs * point.clarke)[:, forgotten] * point.multipliers[forgotten]
            x = problem.X[forgotten]
            along = np.einsum("js,js->s", terms, self.left @ x.T)
            squares = (terms**2).sum(axis=0) * _dot(x, x)
            residual = np.sqrt(np.maximum(residual**2 + 2 * along + squares, 0.0))
        q = np.broadcast_to(self.q, (count, problem.samples)).copy()
        whole, tau = np.full(count, self.norm), np.full(count, self.tau)
        return _carried(problem, multipliers, forgotten, q, whole, residual, tau)


def _carried(
    problem: Problem,
    multipliers: np.ndarray,
    forgotten: np.ndarray | None,
    q: np.ndarray,
    norm: np.ndarray,
    residual: np.ndarray,
    tau: np.ndarray,
) -> Carried:
    """ε and δ from the margins ``q (s, m)``, which are overwritten, norms and residuals ``(s,)`` of θ̃."""
    keep = np.ones(q.shape, bool)
    if forgotten is not None:
        keep[np.arange(len(q)), forgotten] = False
    gamma = smallest_margin_of_norm(problem, norm, q, keep)
    separates = (gamma > 0) & (norm > 0)
    unit, scale = np.where(separates, norm, 1.0), np.where(separates, gamma, 1.0)
    q -= scale[:, None]
    slack = np.where(keep, multipliers * q, 0.0).max(axis=1)
    retained = keep.sum(axis=1)
    residual = np.where(residual <= ROUND_OFF * unit, 0.0, residual)
    slack = np.where(slack <= ROUND_OFF * scale * multipliers.max(), 0.0, slack)
    return Carried(
        epsilon=np.where(separates, residual / unit, np.inf),
        delta=np.where(separates, slack / scale**2, np.inf),
        relative_delta=np.where(separates, slack * retained / unit**2, np.inf),
        tau=tau,
    )
