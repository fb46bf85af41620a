"""Our own solver: Newton steps on the bounds that seem to hold, and coordinate ascent where they do not.

``docs/theory.md``, section 5.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kkt_unlearning.backends import Array, constant, namespace, to_numpy
from kkt_unlearning.quadratic.activity import predicted, present, residual
from kkt_unlearning.quadratic.coordinate import coordinate_ascent
from kkt_unlearning.quadratic.newton import newton_point
from kkt_unlearning.quadratic.program import Iterate, Program, feasible, pushed

ResidualReport = Callable[[float], None]

# Residual at which no further step is made: some 500 ε; half of the programs of the replication end below ε.
_EXACT = 1e-13
_STALLED = 1e-10  # residual at which a round that does not halve it is the last: a tenth of SOLVED
_NEWTON = 4  # steps from one start; a wrong guess of the bounds shows by then
_SWEEPS = 2  # a round, but for the first: there the start is a good enough guess of the bounds
_ROUNDS = 300
_HALVINGS = 8
_DOUBLINGS = 30
_UNBOUNDED = 1e8  # the objective beyond this multiple of its natural size has no maximum


@dataclass(frozen=True)
class Solution:
    """Optima of a batch of programs.

    Attributes:
        multipliers: ``λ (B, m)``.
        coefficients: ``C (B, n, m)``.
        residual: how far from optimal, relative (see :func:`activity.residual`), (B,).
        bounded: whether the program has an optimum, (B,); the arrays mean nothing where it has none.
    """

    multipliers: Array
    coefficients: Array
    residual: np.ndarray
    bounded: np.ndarray

    def put(self, index: int, other: "Solution") -> None:
        """Take the only program of ``other`` as the answer to program ``index``."""
        self.multipliers[index, ...] = other.multipliers[0, ...]
        self.coefficients[index, ...] = other.coefficients[0, ...]
        self.residual[index], self.bounded[index] = other.residual[0], other.bounded[0]


def maximise(
    program: Program, start: Iterate | None = None, report: ResidualReport | None = None
) -> Solution:
    """Solve a batch of programs, from ``start`` where a point is known that is near the optimum.

    Rounds of sweeps and Newton steps; a program that is done leaves the batch. ``report`` is told the largest
    residual so far before each Newton step.
    """
    point = feasible(program, *_start(program, start))
    best, left = _Best(point, report), np.arange(point.multipliers.shape[0])
    for attempt in range(_ROUNDS):
        before = best.residual[left]
        point = _round(best, program, point, left, _SWEEPS if attempt else 0)
        after = best.residual[left]
        best.stalled[left] = (after <= _STALLED) & (after > 0.5 * before)
        going = ~best.done[left]
        if not going.any():
            break
        if not going.all():
            chosen = indices(np.flatnonzero(going), program.gram)
            program, point, left = program.take(chosen), point.take(chosen), left[going]
    return best.solution()


def _start(program: Program, start: Iterate | None) -> tuple[Array, Array]:
    """0, or with rewards the optimum of orthogonal data, ``λ_i = b_i/(G_ii Σ_j v²)``, v as in pushed."""
    if start is not None:
        return start.multipliers, start.coefficients
    xp, (low, high) = namespace(program.gram), program.slopes
    stiffness = program.curvature[:, 0, :] * xp.sum(pushed(low, high), axis=-2)
    safe = xp.where(stiffness > 0, stiffness, xp.ones_like(stiffness))
    return program.reward / safe, xp.zeros_like(program.target)


def indices(chosen: np.ndarray, like: Array) -> Array:
    """Indices on the device of ``like``."""
    xp = namespace(like)
    return xp.asarray(chosen, device=like.device)


class _Best:
    """The best points so far of all programs, in the places where they started."""

    def __init__(self, point: Iterate, report: ResidualReport | None) -> None:
        batch = point.multipliers.shape[0]
        self.point, self.report = point, report
        self.residual = np.full(batch, np.inf)
        self.bounded = np.ones(batch, bool)
        self.stalled = np.zeros(batch, bool)
        self._whole = np.arange(batch)

    @property
    def done(self) -> np.ndarray:
        return (self.residual <= _EXACT) | self.stalled | ~self.bounded

    def offer(self, left: np.ndarray, point: Iterate, found: np.ndarray) -> None:
        """Take the points of the programs ``left`` where they are better, and tell how good the best are."""
        better = found < self.residual[left]
        if self.report is not None:
            self.report(float(np.minimum(found, self.residual[left]).max()))
        if not better.any():
            return
        self.residual[left[better]] = found[better]
        if len(left) == len(self._whole) and better.all():
            self.point = point
            return
        xp, (where,) = namespace(point.multipliers), (np.flatnonzero(better),)
        source = np.zeros(len(self._whole), dtype=int)
        source[left[where]] = where
        chosen = np.isin(self._whole, left[where])
        moved = point.take(indices(source, point.multipliers))
        keep = constant(chosen, point.multipliers) > 0
        self.point = Iterate(
            xp.where(keep[:, None], moved.multipliers, self.point.multipliers),
            xp.where(keep[:, None, None], moved.coefficients, self.point.coefficients),
        )

    def solution(self) -> Solution:
        return Solution(
            self.point.multipliers, self.point.coefficients, self.residual, self.bounded
        )


def _round(best: _Best, program: Program, point: Iterate, left: np.ndarray, sweeps: int) -> Iterate:
    """Sweeps and a Newton step that climb, then Newton steps that may not; the point to go on from."""
    climbed = point
    if sweeps:
        climbed = coordinate_ascent(program, point, sweeps)
    tried = _newton_steps(best, program, climbed, left)
    if best.done[left].all():
        return tried
    higher = _further(program, point, _climb(program, climbed))
    best.bounded[left] &= best.done[left] | _bounded(program, higher)
    return higher


def _newton_steps(best: _Best, program: Program, point: Iterate, left: np.ndarray) -> Iterate:
    """Newton steps with the bounds predicted again after each, while that leads anywhere."""
    for step in range(_NEWTON + 1):
        active = predicted(program, point)
        best.offer(left, point, to_numpy(residual(program, point, active)))
        if best.done[left].all() or step == _NEWTON:
            return point
        point = feasible(program, *_parts(newton_point(program, point, active)))
    return point


def _parts(point: Iterate) -> tuple[Array, Array]:
    return point.multipliers, point.coefficients


def _climb(program: Program, point: Iterate) -> Iterate:
    """The best point on the way to the optimum of the face that the point is on, bent at the bounds."""
    goal, best = newton_point(program, point, present(program, point)), point
    for halving in range(_HALVINGS):
        best = _higher(program, best, _between(program, point, goal, 0.5**halving))
    return best


def _further(program: Program, old: Iterate, new: Iterate) -> Iterate:
    """The way of the whole round taken on, twice as far each time, while the objective rises."""
    best = new
    for doubling in range(1, _DOUBLINGS):
        onward = _between(program, old, new, 2.0**doubling)
        gain = program.objective(*_parts(onward)) - program.objective(*_parts(best))
        if not bool(namespace(gain).any(gain > 0)):
            break
        best = _higher(program, best, onward)
    return best


def _between(program: Program, one: Iterate, other: Iterate, fraction: float) -> Iterate:
    """``one + fraction (other − one)``, moved into the bounds."""
    return feasible(
        program,
        one.multipliers + fraction * (other.multipliers - one.multipliers),
        one.coefficients + fraction * (other.coefficients - one.coefficients),
    )


def _higher(program: Program, one: Iterate, other: Iterate) -> Iterate:
    """The point of larger objective, program by program, so that no round loses what one before gained."""
    xp = namespace(one.multipliers)
    up = program.objective(*_parts(other)) > program.objective(*_parts(one))
    return Iterate(
        xp.where(up[:, None], other.multipliers, one.multipliers),
        xp.where(up[:, None, None], other.coefficients, one.coefficients),
    )


def _bounded(program: Program, point: Iterate) -> np.ndarray:
    """False where a ray of the feasible cone shows the objective to have no maximum.

    Along ``t (λ, C)`` with ``T = 0`` and ``Λ = ∞`` it reaches ``(Σbλ)²/(2‖CX‖²)``, at most the optimum.
    Its natural size is that of the multipliers of the samples by themselves, ``Σ_i b_i²/(G_ii Σ_j v_ji²)``.
    """
    if not program.is_cone:
        return np.ones(point.multipliers.shape[0], bool)
    xp = namespace(point.multipliers)
    linear = xp.sum(program.reward * point.multipliers, axis=-1)
    spread = xp.sum(point.coefficients * (point.coefficients @ program.gram), axis=(-2, -1))
    alone = xp.sum(program.reward * _start(program, None)[0], axis=-1)
    infinite = linear * linear > _UNBOUNDED * alone * xp.maximum(spread, xp.zeros_like(spread))
    return ~to_numpy(infinite & (linear > 0))
