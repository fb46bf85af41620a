"""The step of gradient descent: ``P ← P + η D G`` on pre-activations, or ``W ← W + η D X`` on weights.

The first takes ``2 n m²`` flops, the second ``4 n m k``, so :func:`on_weights` chooses.

Pre-activations of this module have neurons along their last axis, ``Pᵀ (…, m, n)``: margins are then m dot
products of length n, and the derivatives are multiplied by an (m, m) matrix from the left, both of which
run at the speed of memory and of BLAS; with samples along the last axis they take twice as long. The step on
weights ``(…, n, k)`` has no such matrix, and wants these axes the other way round in memory.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from array_api_compat import is_cupy_array, is_numpy_array

from kkt_unlearning.backends import Array, namespace
from kkt_unlearning.problem import Problem
from kkt_unlearning.training.descent import Descent

# Entries of P that NumPy advances together. Networks that fit the caches of a core are taken through many
# steps before the next ones.
_PIECE = 2**16

# Up to so many samples steps stay on pre-activations, where these never take longer (n = 100 and 300).
_FEW = 64

# Attributes of a system with the axes of the batch.
_BATCHED = ("gram", "X", "pull", "y", "signs", "excluded")


def on_weights(problem: Problem) -> bool:
    """``m > 2 k`` and ``m > 64``: whether the step on weights is the cheaper one, for ``X (…, m, k)``.

    Its two products take ``4 n m k`` flops, the one with the Gram matrix ``2 n m²``. Measured, they cross
    where they should, at ``m = 2 k``, for n from 10 to 1000 and k from 40 to 400.
    """
    return problem.samples > max(2 * problem.X.shape[-1], _FEW)


@dataclass(frozen=True)
class System:
    """What stays the same from step to step, broadcast over the batch.

    Attributes:
        descent: loss and step rule.
        gram: ``G (…, m, m)``; None where steps are made on weights.
        X: data ``(…, m, k)``; None where they are made on pre-activations.
        pull: ``y_i (…, m)``, of the other sign for samples that are ascended: what a sample does to weights.
        y: labels ``(…, m)``.
        u: output weights ``(n,)``.
        signs: ``u_j y_i (…, m, n)``.
        has_kinks: False where every derivative is 1.
        excluded: ``(…, m)``, 0 for samples that take part and −∞ for the others; None where all do.
    """

    descent: Descent
    gram: Array
    X: Array
    pull: Array
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
        by_weights = on_weights(problem)
        return cls(
            descent=descent,
            gram=None if by_weights else whole(problem.gram, 2),
            X=whole(problem.X, 2) if by_weights else None,
            pull=whole(y, 1),
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
        its sign one of what the sample's slope does: to the pre-activations, so of a column of G, or to the
        weights.
        """
        xp, whole = namespace(weights), cls.of(problem, descent, batch, None)
        size = xp.abs(weights)
        logarithms = xp.log(xp.where(size > 0, size, xp.ones_like(size)))
        left_out = xp.where(size > 0, logarithms, xp.full_like(size, -xp.inf))
        sign = xp.sign(weights)
        return replace(
            whole,
            gram=None if whole.gram is None else whole.gram * sign[..., None, :],
            pull=whole.pull * sign,
            excluded=xp.broadcast_to(left_out, (*batch, size.shape[-1])),
        )

    def __getitem__(self, index: tuple[slice, ...]) -> "System":
        """The system of a part of the batch."""
        return self._each(lambda values: values[index])

    def only(self, networks: list[tuple[int, ...]]) -> "System":
        """The system of some networks of the batch, as a batch with one axis."""
        return self._each(lambda values: chosen(values, networks))

    def _each(self, part: Callable[[Array], Array]) -> "System":
        arrays = {name: getattr(self, name) for name in _BATCHED}
        return replace(self, **{k: part(v) for k, v in arrays.items() if v is not None})

    @property
    def supporting(self) -> Array:
        """Entries of P with ``u_j y_i > 0``, of samples that take part, boolean ``(…, m, n)``."""
        entries = self.signs > 0
        return entries if self.excluded is None else entries & (self.excluded == 0)[..., None]

    def dead(self, P: Array) -> Array:
        """Samples that take part and have no active neuron with ``u_j y_i > 0``, boolean ``(…, m)``.

        Their margins are at most 0, and their gradients, sums over active neurons, move no neuron that could
        change that.
        """
        xp = namespace(P)
        if not self.has_kinks:
            return xp.zeros_like(self.y, dtype=xp.bool)
        dead = ~xp.any(self.supporting & (P > 0), axis=-1)
        return dead if self.excluded is None else dead & (self.excluded == 0)

    def margins(self, P: Array) -> Array:
        """``q_i = y_i Σ_j u_j A_ji P_ji``, shape (…, m)."""
        xp = namespace(P)
        positive = xp.maximum(P, 0.0) if self.has_kinks else P
        # a third of the time where samples lie next to each other
        return xp.vecdot(self.signs, positive) if self.X is None else self.y * (positive @ self.u)


def chosen(values: Array | None, networks: list[tuple[int, ...]]) -> Array | None:
    """Copies of the entries of some networks of a batch, along one axis; None of None."""
    if values is None:
        return None
    return namespace(values).stack([values[(*index, ...)] for index in networks])


def advance(
    system: System, P: Array, slopes_sum: Array, steps: int, W: Array | None = None
) -> None:
    """Make ``steps`` steps in place: ``P ← P + η Σ_i (−ℓ'(q_i)) D_·i G_i·`` with ``D_ji = u_j y_i A_ji``.

    ``D`` holds the derivatives of the margins ``q_i = Σ_j D_ji P_ji`` too. Where the system has X, the step
    is ``W ← W + η Σ_i (−ℓ'(q_i)) D_·i x_i`` and then ``P ← W Xᵀ``.

    Args:
        system: data, network and step rule.
        P: pre-activations ``(…, m, n)``.
        slopes_sum: ``Σ_t −ℓ'(q_i(t))`` so far, over the loss for a normalised step, ``(…, m)``.
        steps: how many.
        W: weights ``(…, n, k)`` that have these pre-activations, where the system has X.
    """
    if is_numpy_array(P):
        for index in _pieces(P.shape):
            part = system[index], P[index], slopes_sum[index], steps
            if W is None:
                _advance_in_buffers(*part)
            else:
                _advance_weights_in_buffers(*part, W[index])
    elif W is not None:
        _advance_weights(system, P, slopes_sum, steps, W)
    elif not (is_cupy_array(P) and _advance_in_kernel(system, P, slopes_sum, steps)):
        _advance(system, P, slopes_sum, steps)


def _pieces(shape: tuple[int, ...]) -> Iterator[tuple[slice, ...]]:
    """Cuts of the leading axes of ``(…, m, n)`` into parts of at most ``_PIECE`` entries, or one network."""
    if len(shape) == 2:
        yield ()
        return
    inner = math.prod(shape[1:])
    count = together(inner)
    finer = _pieces(shape[1:]) if inner > _PIECE else iter([()])
    for rest in list(finer):
        for first in range(0, shape[0], count):
            yield slice(first, first + count), *rest


def together(entries: int) -> int:
    """How many networks, or parts of the batch, of so many entries of P NumPy advances together."""
    return max(1, _PIECE // max(entries, 1))


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


def _advance_weights(system: System, P: Array, slopes_sum: Array, steps: int, W: Array) -> None:
    """Any array library."""
    xp, X, pull = namespace(P), system.X, system.descent.step_size * system.pull
    D = xp.ones_like(P)
    for _ in range(steps):
        if system.has_kinks:
            D = xp.astype(P > 0, P.dtype)
        slopes = system.descent.slopes(system.margins(P), system.excluded)
        slopes_sum += slopes
        W += system.u[:, None] * (xp.matrix_transpose((pull * slopes)[..., None] * D) @ X)
        P[...] = X @ xp.matrix_transpose(W)


def _advance_weights_in_buffers(
    system: System, P: Array, slopes_sum: Array, steps: int, W: Array
) -> None:
    """NumPy: the same without temporaries of the size of P or W; P holds other things during a step."""
    P, X, u, moved = np.matrix_transpose(P), system.X, system.u, np.empty_like(W)
    active, pull = np.ones_like(P, bool), system.descent.step_size * system.pull
    zeros = np.zeros_like(P[..., :1, :])  # the maximum with a scalar takes NumPy twice as long
    for _ in range(steps):
        if system.has_kinks:
            np.greater(P, 0.0, out=active)
            np.maximum(P, zeros, out=P)
        slopes = system.descent.slopes(system.y * (u @ P), system.excluded)
        slopes_sum += slopes
        np.multiply(active, (pull * slopes)[..., None, :], out=P)
        np.matmul(P, X, out=moved)
        moved *= u[:, None]
        W += moved
        np.matmul(W, np.matrix_transpose(X), out=P)


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
