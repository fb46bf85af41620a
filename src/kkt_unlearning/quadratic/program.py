"""The quadratic program of multipliers and coefficients that KKT points and certificates both are.

    max  Σ_i b_i λ_i + ⟨T, C⟩ − ½ tr(C G Cᵀ)   over   0 ≤ λ_i ≤ Λ_i,   λ_i α_ji ≤ C_ji ≤ λ_i β_ji

The exact KKT point is the case ``b = 1, T = 0, Λ = ∞`` (the dual of the max-margin problem), the least ε of a
certificate the case ``b = 0, T = W Xᵀ`` (least squares). ``docs/theory.md``, sections 5 and 6.
"""

from dataclasses import dataclass, fields
from functools import cached_property

from kkt_unlearning.backends import Array, namespace


@dataclass(frozen=True)
class Program:
    """A batch of B programs with m samples and n neurons each; all arrays of one library and device.

    A sample is left out of a program by ``α = β = b = Λ = 0``, a neuron by ``α = β = T = 0``.

    Attributes:
        gram: ``G (B, m, m)``, or ``(1, m, m)`` for all, positive semi-definite.
        lower: ``α (B, n, m)``; −∞ where there is no lower bound.
        upper: ``β (B, n, m)``; ∞ where there is no upper bound.
        reward: ``b (B, m)``.
        target: ``T (B, n, m)``.
        cap: ``Λ (B, m)``.
        kind: integers ``(1, n)``, or None: neurons of equal number have bounds that at each sample are 0 or
            one and the same number.
        is_cone: to be set where ``T = 0`` and ``Λ = ∞`` and the program may have no maximum: it is looked for
            only then. (Least squares with these values has one, however large.)
    """

    gram: Array
    lower: Array
    upper: Array
    reward: Array
    target: Array
    cap: Array
    kind: Array | None = None
    is_cone: bool = False

    @cached_property
    def curvature(self) -> Array:
        """``G_ii``, 1 where it is 0, shape (B or 1, 1, m)."""
        xp = namespace(self.gram)
        diagonal = xp.linalg.diagonal(self.gram)
        return xp.where(diagonal > 0, diagonal, xp.ones_like(diagonal))[:, None, :]

    @cached_property
    def kinds(self) -> int:
        """One more than the largest kind."""
        return 1 + int(namespace(self.kind).max(self.kind))

    @cached_property
    def slopes(self) -> tuple[Array, Array]:
        """α and β with 0 in the place of ±∞."""
        xp, zero = namespace(self.gram), namespace(self.gram).zeros_like(self.lower)
        return (
            xp.where(xp.isfinite(self.lower), self.lower, zero),
            xp.where(xp.isfinite(self.upper), self.upper, zero),
        )

    @cached_property
    def offsets(self) -> tuple[Array, Array]:
        """−∞ and ∞ where there is no bound, else 0, so that ``λα + offset`` is right for ``λ = 0`` too."""
        xp, zero = namespace(self.gram), namespace(self.gram).zeros_like(self.lower)
        return (
            xp.where(xp.isfinite(self.lower), zero, self.lower),
            xp.where(xp.isfinite(self.upper), zero, self.upper),
        )

    def bounds(self, multipliers: Array) -> tuple[Array, Array]:
        """``λα`` and ``λβ``, shape (B, n, m)."""
        (low, high), (none_below, none_above) = self.slopes, self.offsets
        factor = multipliers[:, None, :]
        return factor * low + none_below, factor * high + none_above

    def gradient(self, coefficients: Array) -> Array:
        """``T − C G``, shape (B, n, m)."""
        return self.target - coefficients @ self.gram

    def objective(self, multipliers: Array, coefficients: Array) -> Array:
        """``Σ bλ + ⟨T, C⟩ − ½ tr(C G Cᵀ)``, shape (B,)."""
        xp = namespace(coefficients)
        marginal = self.target - 0.5 * (coefficients @ self.gram)
        return xp.sum(self.reward * multipliers, axis=-1) + xp.sum(
            coefficients * marginal, axis=(-2, -1)
        )

    def take(self, chosen: Array) -> "Program":
        """The programs with these indices."""
        xp = namespace(self.gram)
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        shared = {"kind", "is_cone"} | ({"gram"} if self.gram.shape[0] == 1 else set())
        return Program(
            **{
                name: part if name in shared else xp.take(part, chosen, axis=0)
                for name, part in parts.items()
            }
        )


@dataclass(frozen=True)
class Iterate:
    """A feasible point of a :class:`Program`: ``λ (B, m)`` and ``C (B, n, m)``."""

    multipliers: Array
    coefficients: Array

    def take(self, chosen: Array) -> "Iterate":
        """The points of the programs with these indices."""
        xp = namespace(self.multipliers)
        return Iterate(
            xp.take(self.multipliers, chosen, axis=0), xp.take(self.coefficients, chosen, axis=0)
        )


def pushed(low: Array, high: Array) -> Array:
    """``v²`` of the bound v that a growing λ pushes a coefficient at 0 with: α > 0 or β < 0, else 0."""
    xp = namespace(low)
    zero = xp.zeros_like(low)
    return xp.maximum(low, zero) ** 2 + xp.minimum(high, zero) ** 2


def feasible(program: Program, multipliers: Array, coefficients: Array) -> Iterate:
    """The point moved into the bounds: ``λ`` first, then ``C`` for that λ."""
    xp = namespace(multipliers)
    inside = xp.minimum(xp.maximum(multipliers, xp.zeros_like(multipliers)), program.cap)
    low, high = program.bounds(inside)
    return Iterate(inside, xp.minimum(xp.maximum(coefficients, low), high))
