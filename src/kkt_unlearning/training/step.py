"""The step of gradient descent, ``P ← P + η D G``, on pre-activations alone.

Arrays of this module have neurons along their last axis, ``Pᵀ (…, m, n)``: margins are then m dot products
of length n, and the derivatives are multiplied by an (m, m) matrix from the left, both of which run at
the speed of memory and of BLAS; with samples along the last axis they take twice as long.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from array_api_compat import is_cupy_array, is_numpy_array

from kkt_unlearning.backends import Array, namespace
from kkt_unlearning.problem import Problem
from kkt_unlearning.training.descent import Descent

# Entries of P that NumPy advances together. Networks that fit the caches of a core are taken through many
# steps before the next ones.
_PIECE = 2**16


@dataclass(frozen=True)
class System:
    """What stays the same from step to step, broadcast over the batch.

    Attributes:
        descent: loss and step rule.
        gram: ``G (…, m, m)``.
        y: labels ``(…, m)``.
        u: output weights ``(n,)``.
        signs: ``u_j y_i (…, m, n)``.
        has_kinks: False where every derivative is 1.
        excluded: ``(…, m)``, 0 for samples that take part and −∞ for the others; None where all do.
    """

    descent: Descent
    gram: Array
    y: Array
    u: Array
    signs: Array
    has_kinks: bool
    excluded: Array | None

    @classmethod
    def of(
        cls, problem: Problem, descent: Descent, batch: tuple[int, ...], mask: Array | None
    ) -> "System":
        """The system of ``problem`` for a batch of that shape, with the samples of ``mask`` only."""
        xp, y, u = namespace(problem.X), problem.y, problem.output_weights

        def whole(values: Array, axes: int) -> Array:
            return xp.broadcast_to(values, (*batch, *values.shape[-axes:]))

        excluded = None
        if mask is not None:
            excluded = xp.where(whole(mask, 1), xp.zeros_like(y), xp.full_like(y, -xp.inf))
        return cls(
            descent=descent,
            gram=whole(problem.gram, 2),
            y=whole(y, 1),
            u=u,
            signs=whole(y[..., None] * u, 2),
            has_kinks=problem.network.has_kinks,
            excluded=excluded,
        )

    @classmethod
    def weighted(
        cls, problem: Problem, descent: Descent, batch: tuple[int, ...], weights: Array
    ) -> "System":
        """The system whose loss is ``Σ_i h_i ℓ(q_i)``, for :func:`advance` on NumPy arrays only.

        ``h (…, m)`` of any sign: the size of a weight is a shift of the logarithm, as an exclusion is, and
        its sign one of what the sample's slope does to the pre-activations, so of a column of G.
        """
        xp, whole = namespace(weights), cls.of(problem, descent, batch, None)
        size = xp.abs(weights)
        logarithms = xp.log(xp.where(size > 0, size, xp.ones_like(size)))
        left_out = xp.where(size > 0, logarithms, xp.full_like(size, -xp.inf))
        return replace(
            whole,
            gram=whole.gram * xp.sign(weights)[..., None, :],
            excluded=xp.broadcast_to(left_out, (*batch, size.shape[-1])),
        )

    def __getitem__(self, index: tuple[slice, ...]) -> "System":
        """The system of a part of the batch."""
        part: dict[str, Any] = {name: getattr(self, name)[index] for name in ("gram", "y", "signs")}
        if self.excluded is not None:
            part["excluded"] = self.excluded[index]
        return replace(self, **part)

    def only(self, networks: list[tuple[int, ...]]) -> "System":
        """The system of some networks of the batch, as a batch with one axis."""
        xp = namespace(self.gram)

        def chosen(values: Array | None) -> Array | None:
            if values is None:
                return None
            return xp.stack([values[(*index, ...)] for index in networks])

        names = ("gram", "y", "signs", "excluded")
        part: dict[str, Any] = {name: chosen(getattr(self, name)) for name in names}
        return replace(self, **part)

    @property
    def supporting(self) -> Array:
        """Entries of P with ``u_j y_i > 0``, of samples that take part, boolean ``(…, m, n)``."""
        entries = self.signs > 0
        return entries if self.excluded is None else entries & (self.excluded == 0)[..., None]

    def margins(self, P: Array) -> Array:
        """``q_i = y_i Σ_j u_j A_ji P_ji``, shape (…, m)."""
        xp = namespace(P)
        return xp.vecdot(self.signs, xp.maximum(P, 0.0) if self.has_kinks else P)


def advance(system: System, P: Array, slopes_sum: Array, steps: int) -> None:
    """Make ``steps`` steps in place: ``P ← P + η Σ_i (−ℓ'(q_i)) D_·i G_i·`` with ``D_ji = u_j y_i A_ji``.

    ``D`` holds the derivatives of the margins ``q_i = Σ_j D_ji P_ji`` too.

    Args:
        system: data, network and step rule.
        P: pre-activations ``(…, m, n)``.
        slopes_sum: ``Σ_t −ℓ'(q_i(t))`` so far, over the loss for a normalised step, ``(…, m)``.
        steps: how many.
    """
    if is_numpy_array(P):
        for index in _pieces(P.shape):
            _advance_in_buffers(system[index], P[index], slopes_sum[index], steps)
    elif not (is_cupy_array(P) and _advance_in_kernel(system, P, slopes_sum, steps)):
        _advance(system, P, slopes_sum, steps)


def _pieces(shape: tuple[int, ...]) -> Iterator[tuple[slice, ...]]:
    """Cuts of the leading axes of ``(…, m, n)`` into parts of at most ``_PIECE`` entries, or one network."""
    if len(shape) == 2:
        yield ()
        return
    inner = math.prod(shape[1:])
    together = max(1, _PIECE // max(inner, 1))
    finer = _pieces(shape[1:]) if inner > _PIECE else iter([()])
    for rest in list(finer):
        for first in range(0, shape[0], together):
            yield slice(first, first + together), *rest


def _advance(system: System, P: Array, slopes_sum: Array, steps: int) -> None:
    """Any array library."""
    xp, forces, D = namespace(P), system.descent.step_size * system.gram, system.signs
    for _ in range(steps):
        if system.has_kinks:
            D = system.signs * xp.astype(P > 0, P.dtype)
        slopes = system.descent.slopes(xp.vecdot(D, P), system.excluded)
        slopes_sum += slopes
        P += forces @ (slopes[..., None] * D)


def _advance_in_buffers(system: System, P: Array, slopes_sum: Array, steps: int) -> None:
    """NumPy: the same without temporaries of the size of P, whose pages the system would fetch each step."""
    forces, D = system.descent.step_size * system.gram, system.signs.copy()
    active, moved = np.empty(P.shape, bool), np.empty_like(P)
    wide = P.shape[-1] >= P.shape[-2]  # then forces (m, m) are the smaller factor to scale
    scaled = np.empty_like(forces if wide else P)
    for _ in range(steps):
        if system.has_kinks:
            np.greater(P, 0.0, out=active)
            D[...] = active
            D *= system.signs
        slopes = system.descent.slopes(np.vecdot(D, P), system.excluded)
        slopes_sum += slopes
        if wide:
            np.matmul(np.multiply(forces, slopes[..., None, :], out=scaled), D, out=moved)
        else:
            np.matmul(forces, np.multiply(D, slopes[..., None], out=scaled), out=moved)
        P += moved


def _advance_in_kernel(system: System, P: Array, slopes_sum: Array, steps: int) -> bool:
    """CuPy: all steps in one kernel, where P fits the registers of a block; False where it does not."""
    from kkt_unlearning.training import gpu  # here: only arrays of CuPy need it

    if gpu.obstacle(P, slopes_sum) is not None:
        return False
    gpu.fused_descent(
        P,
        slopes_sum,
        steps,
        descent=system.descent,
        gram=system.gram,
        y=system.y,
        u=system.u,
        has_kinks=system.has_kinks,
        excluded=system.excluded,
    )
    return True
