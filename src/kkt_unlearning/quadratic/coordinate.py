"""Coordinate ascent: each sample's multiplier and coefficients in turn, exactly, all neurons at once.

With the other samples fixed, the optimum is ``C_ji = clip(t_j, λα_ji, λβ_ji)`` with
``t_j = C_ji + (T − CG)_ji/G_ii``, and λ_i is the zero of

    φ(λ) = b_i + G_ii Σ_j v_j (t_j − λ v_j),   v_j = α_ji, β_ji or 0 where the clip is below, above or idle,

a falling, piecewise linear function: Newton's method, held in a bracket, ends after two or three steps.
``docs/theory.md``, section 5.
"""

from dataclasses import dataclass

from kkt_unlearning.backends import Array, namespace
from kkt_unlearning.quadratic.program import Iterate, Program, pushed

_NEWTON = 12  # steps for one multiplier; two or three is the rule
_SETTLED = 1e-13  # relative change of a multiplier: some 500 ε, as exact as a sweep can use


@dataclass(frozen=True)
class _Block:
    """What the program says of one sample: columns ``(B, n)`` and scalars ``(B, 1)``."""

    alpha: Array
    beta: Array
    below: Array
    above: Array
    fixed: Array
    reward: Array
    cap: Array
    curvature: Array


def coordinate_ascent(program: Program, point: Iterate, sweeps: int) -> Iterate:
    """``sweeps`` times through all samples; the objective never falls. Costs ``O(B n m²)`` a sweep."""
    xp = namespace(point.coefficients)
    multipliers = xp.asarray(point.multipliers, copy=True)
    coefficients = xp.asarray(point.coefficients, copy=True)
    samples = range(multipliers.shape[-1])
    blocks = [_block(program, i) for i in samples]
    columns = [program.gram[:, :, i : i + 1] for i in samples]
    targets = [program.target[:, :, i] for i in samples]
    for _ in range(sweeps):
        for i, block in enumerate(blocks):
            old = coefficients[:, :, i]
            gradient = targets[i] - (coefficients @ columns[i])[:, :, 0]
            ahead = old + gradient / block.curvature
            new = _multiplier(block, ahead, multipliers[:, i : i + 1])
            multipliers[:, i] = new[:, 0]
            coefficients[:, :, i] = _clipped(block, ahead, new)
    return Iterate(multipliers, coefficients)


def _block(program: Program, i: int) -> _Block:
    xp = namespace(program.gram)
    (alpha, beta), (below, above) = program.slopes, program.offsets
    low, high = alpha[:, :, i], beta[:, :, i]
    fixed = (program.lower[:, :, i] == program.upper[:, :, i]) & xp.isfinite(program.lower[:, :, i])
    return _Block(
        alpha=low,
        beta=high,
        below=below[:, :, i],
        above=above[:, :, i],
        fixed=xp.where(fixed, low, xp.zeros_like(low)),
        reward=program.reward[:, i : i + 1],
        cap=program.cap[:, i : i + 1],
        curvature=program.curvature[:, :, i],
    )


def _clipped(block: _Block, ahead: Array, multiplier: Array) -> Array:
    xp = namespace(ahead)
    low = multiplier * block.alpha + block.below
    high = multiplier * block.beta + block.above
    return xp.minimum(xp.maximum(ahead, low), high)


def _multiplier(block: _Block, ahead: Array, start: Array) -> Array:
    """The zero of φ in [0, Λ], from the multiplier of the sweep before; shape (B, 1)."""
    xp = namespace(ahead)
    multiplier, least, most = start, xp.zeros_like(start), block.cap
    for _ in range(_NEWTON):
        pull, stiffness = _pull(block, ahead, multiplier)
        rising = pull > 0
        least = xp.where(rising, multiplier, least)
        most = xp.where(rising, most, multiplier)
        onward = _newton(block, ahead, multiplier, pull, stiffness)
        onward = xp.minimum(xp.maximum(onward, xp.zeros_like(onward)), block.cap)
        outside = (onward < least) | (onward > most)
        if bool(xp.any(outside)):
            onward = xp.where(outside & xp.isfinite(most), 0.5 * (least + most), onward)
        settled = xp.abs(onward - multiplier) <= _SETTLED * onward
        multiplier = onward
        if bool(xp.all(settled)):
            break
    return multiplier


def _pull(block: _Block, ahead: Array, multiplier: Array) -> tuple[Array, Array]:
    """``φ(λ)`` and ``−φ'(λ)``, shape (B, 1)."""
    xp = namespace(ahead)
    beyond = ahead - _clipped(block, ahead, multiplier)
    slope = xp.where(beyond < 0, block.alpha, xp.where(beyond > 0, block.beta, block.fixed))
    pull = block.reward + block.curvature * xp.sum(slope * beyond, axis=-1, keepdims=True)
    return pull, block.curvature * xp.sum(slope * slope, axis=-1, keepdims=True)


def _newton(block: _Block, ahead: Array, multiplier: Array, pull: Array, stiffness: Array) -> Array:
    """``λ + φ/(−φ')``; where no bound is active yet, 0 or a λ at which all of them are."""
    xp = namespace(ahead)
    flat = stiffness <= 0
    if not bool(xp.any(flat)):
        return multiplier + pull / stiffness
    safe = xp.where(flat, xp.ones_like(stiffness), stiffness)
    zero, one = xp.zeros_like(ahead), xp.ones_like(ahead)
    pushing, pulling = block.alpha > 0, block.beta < 0
    reached = xp.maximum(
        xp.where(pushing, ahead / xp.where(pushing, block.alpha, one), zero),
        xp.where(pulling, ahead / xp.where(pulling, block.beta, one), zero),
    )
    push = pushed(block.alpha, block.beta)
    full = block.curvature * xp.sum(push, axis=-1, keepdims=True)
    alone = pull / xp.where(full > 0, full, xp.ones_like(full))
    jump = 2.0 * xp.max(reached, axis=-1, keepdims=True) + multiplier + alone
    away = xp.where(pull > 0, jump, xp.where(pull < 0, xp.zeros_like(multiplier), multiplier))
    return xp.where(flat, away, multiplier + pull / safe)
