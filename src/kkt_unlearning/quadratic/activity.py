"""Which bounds hold at a point of the program, and how far the point is from optimal."""

from dataclasses import dataclass, replace

from kkt_unlearning.backends import Array, namespace
from kkt_unlearning.precision import TINY
from kkt_unlearning.quadratic.program import Iterate, Program


@dataclass(frozen=True)
class Activity:
    """Which bounds are taken to hold, and the forces there.

    Attributes:
        gradient: ``T − C G (B, n, m)``.
        low, high: ``λα`` and ``λβ``, (B, n, m).
        free: boolean ``(B, n, m)``: coefficients that no bound holds.
        slope: ``v (B, n, m)``, the bound that does (α or β), 0 where free: there ``C = λv``.
        support: boolean ``(B, m)``: multipliers that neither 0 nor Λ holds.
        capped: boolean ``(B, m)``: multipliers held by Λ.
        pull: ``φ_i = b_i + Σ_j v_ji gradient_ji``, what the objective gains per λ_i, (B, m).
        stiffness: ``G_ii Σ_j v_ji²``, (B, m); 1 where it is 0.
    """

    gradient: Array
    low: Array
    high: Array
    free: Array
    slope: Array
    support: Array
    capped: Array
    pull: Array
    stiffness: Array


def predicted(program: Program, point: Iterate) -> Activity:
    """The bounds that one exact step in each variable by itself would run into."""
    gradient = program.gradient(point.coefficients)
    ahead = point.coefficients + gradient / program.curvature
    low, high = program.bounds(point.multipliers)
    found = _activity(program, gradient, (low, high), ahead <= low, ahead >= high)
    onward = point.multipliers + found.pull / found.stiffness
    return replace(
        found, support=(onward > 0) & (onward < program.cap), capped=onward >= program.cap
    )


def present(program: Program, point: Iterate) -> Activity:
    """The bounds that the point is at and that the gradient does not lead away from."""
    gradient = program.gradient(point.coefficients)
    low, high = program.bounds(point.multipliers)
    below = (point.coefficients <= low) & (gradient <= 0)
    above = (point.coefficients >= high) & (gradient >= 0)
    found = _activity(program, gradient, (low, high), below, above)
    zero = (point.multipliers <= 0) & (found.pull <= 0)
    capped = (point.multipliers >= program.cap) & (found.pull >= 0) & ~zero
    return replace(found, support=~(zero | capped), capped=capped)


def _activity(
    program: Program, gradient: Array, bounds: tuple[Array, Array], below: Array, above: Array
) -> Activity:
    xp = namespace(gradient)
    alpha, beta = program.slopes
    slope = xp.where(below, alpha, xp.where(above, beta, xp.zeros_like(alpha)))
    stiffness = program.curvature[:, 0, :] * xp.sum(slope * slope, axis=-2)
    pull = program.reward + xp.sum(slope * gradient, axis=-2)
    return Activity(
        gradient=gradient,
        low=bounds[0],
        high=bounds[1],
        free=~(below | above),
        slope=slope,
        support=pull != pull,
        capped=pull != pull,
        pull=pull,
        stiffness=xp.where(stiffness > 0, stiffness, xp.ones_like(stiffness)),
    )


def residual(program: Program, point: Iterate, active: Activity) -> Array:
    """The largest step that one variable by itself would still make, as a change of gradient, (B,).

    For C relative to the largest gradient's terms, for λ to the largest sum that makes up ``φ``; 0 exactly at
    an optimum.
    """
    xp = namespace(point.coefficients)
    ahead = point.coefficients + active.gradient / program.curvature
    move = xp.minimum(xp.maximum(ahead, active.low), active.high) - point.coefficients
    terms = xp.abs(program.target) + xp.abs(program.target - active.gradient)
    size = xp.max(terms, axis=(-2, -1)) + TINY
    in_coefficients = xp.max(xp.abs(move) * program.curvature, axis=(-2, -1)) / size
    onward = point.multipliers + active.pull / active.stiffness
    onward = xp.minimum(xp.maximum(onward, xp.zeros_like(onward)), program.cap)
    sums = xp.abs(program.reward) + xp.sum(xp.abs(active.slope) * terms, axis=-2)
    moved = xp.abs(onward - point.multipliers) * active.stiffness
    in_multipliers = xp.max(moved, axis=-1) / (xp.max(sums, axis=-1) + TINY)
    return xp.maximum(in_coefficients, in_multipliers)
