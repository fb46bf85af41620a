"""What the active equations leave of the program: a small system for the multipliers."""

from collections.abc import Callable
from dataclasses import dataclass

from kkt_unlearning.backends import Array, namespace


@dataclass(frozen=True)
class NewtonSystem:
    """``H δλ = pull`` and what follows from its solution.

    Attributes:
        matrix: ``H (B, m, m)``.
        pull: ``(B, m)``.
        response: ``δλ (B, m) ↦ δC (B, n, m)``.
    """

    matrix: Array
    pull: Array
    response: Callable[[Array], Array]


def inverses(gram: Array, curvature: Array, free: Array, proximal: float) -> Array:
    """``(G_FF + μ G_ii)⁻¹`` for each row of ``free (…, m)``, 0 outside F, (…, m, m)."""
    xp = namespace(gram)
    counted = xp.astype(free, gram.dtype)
    both = counted[..., :, None] * counted[..., None, :]
    diagonal = proximal * curvature * counted + (1.0 - counted)
    identity = xp.eye(gram.shape[-1], dtype=gram.dtype, device=gram.device)
    return xp.linalg.inv(gram * both + identity * diagonal[..., None, :]) * both
