"""The active-set Newton step: solve the equations of the bounds that hold, exactly.

Where no bound holds, ``(C G)_F = T_F``; elsewhere ``C = λv``. From a point with gradient ``g = T − C G``
and ``C = λv`` on the bounds, each neuron's free coefficients are eliminated::

    δC_F = G_FF⁻¹ (g_F − G_F· (v∘δλ)),   H = Σ_j diag(v_j) (G − G_·F G_FF⁻¹ G_F·) diag(v_j),

and ``H δλ = b + Σ_j v_j ∘ (g_j − G_·F G_FF⁻¹ g_F)`` is one small system for the multipliers in the
support. A proximal term μ keeps both systems regular where the data are linearly dependent; it vanishes
with the steps. ``docs/theory.md``, section 5.
"""

from dataclasses import replace

from kkt_unlearning.backends import Array, namespace
from kkt_unlearning.quadratic.activity import Activity
from kkt_unlearning.quadratic.dense import dense_system, fits
from kkt_unlearning.quadratic.packed import packed_system
from kkt_unlearning.quadratic.program import Iterate, Program
from kkt_unlearning.quadratic.shared import shared_system, sharing

# μ, of the curvature: above the round-off of the matrices, so that those of dependent data can be inverted,
# and so small that a step leaves no more than this share of the error where they are independent.
PROXIMAL = 1e-10


def newton_point(program: Program, point: Iterate, active: Activity) -> Iterate:
    """The solution of the active equations; it may lie beyond bounds that are not among them."""
    held, active = _held(program, point, active)
    groups = sharing(program, active)
    if groups is not None:
        system = shared_system(program, active, groups, PROXIMAL)
    elif fits(program) and bool(namespace(active.free).any(active.free)):
        system = dense_system(program, active, PROXIMAL)
    else:
        system = packed_system(program, active, PROXIMAL)
    change = _solve(active, system.matrix, system.pull)
    moved = held.coefficients + system.response(change)
    return Iterate(held.multipliers + change, moved)


def _held(program: Program, point: Iterate, active: Activity) -> tuple[Iterate, Activity]:
    """The point put on the bounds that are taken to hold, with its gradient."""
    xp, old = namespace(point.multipliers), point.multipliers
    fixed = xp.where(active.capped, program.cap, xp.zeros_like(old))
    multipliers = xp.where(active.support, old, fixed)
    bound = active.slope * multipliers[:, None, :]
    coefficients = xp.where(active.free, point.coefficients, bound)
    gradient = program.gradient(coefficients)
    return Iterate(multipliers, coefficients), replace(active, gradient=gradient)


def _solve(active: Activity, matrix: Array, pull: Array) -> Array:
    """``δλ`` from ``H δλ = pull`` on the support, 0 elsewhere, (B, m)."""
    xp = namespace(pull)
    counted = xp.astype(active.support, pull.dtype)
    diagonal = PROXIMAL * active.stiffness * counted + (1.0 - counted)
    identity = xp.eye(pull.shape[-1], dtype=pull.dtype, device=pull.device)
    left = matrix * counted[:, :, None] * counted[:, None, :] + identity * diagonal[:, None, :]
    return xp.linalg.solve(left, (pull * counted)[..., None])[..., 0]
