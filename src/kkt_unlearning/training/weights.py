"""From pre-activations back to weights: ``W = W(0) + (P − P(0)) (Xᵀ)⁺``, or W where steps are made on it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from kkt_unlearning.backends import Array, device, namespace
from kkt_unlearning.problem import Problem
from kkt_unlearning.training.step import on_weights


@dataclass(frozen=True)
class Weights:
    """The weights that descent from ``W(0)`` has where its pre-activations are ``P``.

    ``W − W(0) = C X`` lies in the span of the data. With ``X = U Σ Vᵀ`` its coordinates there are
    ``(W − W(0)) V = (P − P(0)) U Σ⁻¹``, without the Gram matrix, whose condition number is the square of
    that of X.

    Data that are nearly dependent have directions with a small ``σ_l``. Round-off ``ε ‖P‖`` of the
    pre-activations is divided by it, so they determine the weights to ``ε ‖P‖ / σ_l`` there. But descent has
    moved them by ``‖(C U)_·l‖ σ_l ≤ ‖u‖ ‖Λ‖ σ_l`` at most, with the running loss gradients
    ``Λ_i ≥ |C_ji / u_j|``. Where that is less, they count as not moved at all; so duplicated points and
    m > d need no decision about a rank, and round-off of one step moves no direction by more than
    ``(ε ‖P‖ ‖u‖ ‖Λ‖)^½``; over many steps it adds up (``docs/theory.md``, section 2).

    Attributes:
        W0: ``W(0) (…, n, k)``.
        P0: ``P(0)``, neurons last, ``(…, m, n)``.
        U, sigma, Vt: the factors of X, ``(…, m, r)``, ``(…, r)``, ``(…, r, k)`` with ``r = min(m, k)``.
        u_norm: ``‖u‖``.
        inside: ``(W(0) V)ᵀ (…, r, n)``.
        outside: ``‖W(0)‖² − ‖W(0) V‖²``, shape (…).
    """

    W0: Array
    P0: Array
    U: Array
    sigma: Array
    Vt: Array
    u_norm: float
    inside: Array
    outside: Array
    W: ClassVar[None] = None  # steps are made on P

    @classmethod
    def of(cls, problem: Problem, W0: Array) -> "Weights":
        """For descent on ``problem`` from ``W0``."""
        xp = namespace(W0)
        U, sigma, Vt = xp.linalg.svd(problem.X, full_matrices=False)
        inside = Vt @ xp.matrix_transpose(W0)
        outside = _squared(W0) - _squared(inside)
        return cls(
            W0=W0,
            P0=problem.X @ xp.matrix_transpose(W0),
            U=U,
            sigma=sigma,
            Vt=Vt,
            u_norm=float(np.linalg.norm(problem.network.output_weights)),
            inside=inside,
            outside=xp.maximum(outside, xp.zeros_like(outside)),  # round-off can make it negative
        )

    def start(self, batch: tuple[int, ...]) -> Array:
        """``P(0) (…, m, n)`` for a batch of that shape, to be changed in place."""
        shape, like = (*batch, *self.P0.shape[-2:]), self.W0
        P = namespace(like).empty(shape, dtype=like.dtype, device=device(like))
        P[...] = self.P0
        return P

    def at(self, P: Array, loss_weights: Array) -> Array:
        """``W (…, n, k)`` at pre-activations ``P (…, m, n)`` and running loss gradients ``Λ (…, m)``."""
        xp = namespace(P)
        return self.W0 + xp.matrix_transpose(self._moved(P, loss_weights)) @ self.Vt

    def norm(self, P: Array, loss_weights: Array) -> Array:
        """``‖W‖``, shape (…): ``‖W‖² = ‖W(0)‖² − ‖W(0) V‖² + ‖W V‖²``, in r dimensions whatever k is."""
        inside = self._moved(P, loss_weights)
        inside += self.inside
        return namespace(P).sqrt(self.outside + _squared(inside))

    def _moved(self, P: Array, loss_weights: Array) -> Array:
        """``Vᵀ (W − W(0))ᵀ = Σ⁻¹ Uᵀ (P − P(0))``, neurons last, shape (…, r, n)."""
        xp = namespace(P)
        round_off = xp.finfo(P.dtype).eps * xp.sqrt(_squared(P)[..., None])
        reach = self.u_norm * xp.sqrt(xp.vecdot(loss_weights, loss_weights)[..., None])
        determined = self.sigma**2 * reach > round_off
        divisor = xp.where(determined, self.sigma, xp.full_like(self.sigma, np.inf))
        return (xp.matrix_transpose(self.U) / divisor[..., None]) @ (P - self.P0)


@dataclass(frozen=True)
class Itself:
    """The same as :class:`Weights` where steps are made on the weights: there is no way to go back.

    Attributes:
        X: data ``(…, m, k)``.
        W: weights ``(…, n, k)`` of the whole batch; steps change them in place.
    """

    X: Array
    W: Array

    def start(self, batch: tuple[int, ...]) -> Array:
        """``P (…, m, n)`` of W; samples lie next to each other in memory, since the step runs over them."""
        xp = namespace(self.W)
        return xp.matrix_transpose(self.W @ xp.matrix_transpose(self.X))

    def at(self, P: Array, loss_weights: Array) -> Array:
        """A copy of W, which later steps leave alone."""
        return namespace(P).asarray(self.W, copy=True)

    def norm(self, P: Array, loss_weights: Array) -> Array:
        """``‖W‖``, shape (…)."""
        return namespace(P).sqrt(_squared(self.W))


def weights_of(problem: Problem, W0: Array, batch: tuple[int, ...]) -> Weights | Itself:
    """For descent of a batch on ``problem`` from ``W0``, by the steps that :func:`on_weights` chooses."""
    if not on_weights(problem):
        return Weights.of(problem, W0)
    xp = namespace(W0)
    whole = xp.broadcast_to(W0, (*batch, *W0.shape[-2:]))
    return Itself(problem.X, xp.asarray(whole, copy=True))


def _squared(values: Array) -> Array:
    """``‖·‖²`` of the matrices ``(…, a, b)``, with nothing of their size allocated."""
    xp = namespace(values)
    return xp.sum(xp.vecdot(values, values), axis=-1)
