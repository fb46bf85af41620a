"""The max-margin problem of a network on a data set, and the quantities read off its weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import index
from typing import Literal, Protocol

import numpy as np

from kkt_unlearning.backends import Array, constant, namespace
from kkt_unlearning.errors import DataError, bracketed, one_line

ON_KINK = 1e-10
"""Of the largest pre-activation: whatever is nearer to 0 is on the kink, at any weights.

Measured: at the 1,260 exact points of the replication and after steps from them no entry, of 2 million at the
points alone, is between 3e-12 and 2e-9.
"""

POSITIVE = 1e-10
"""Of the largest margin: a smaller one is round-off of a sum of pre-activations.

With 1,000 neurons and 60 coordinates the sum is off by ``1060 ε/2`` = 1.2e-13 of the sizes that it adds up,
and these may be hundreds of times the margin. Measured: no margin of the replication is below 5e-5 of the
largest.
"""

NOISE = 1e-14
"""Of the largest margin that weights of this norm can have: some 50 ε, the round-off of inner products."""


class Network(Protocol):
    """What every 1-homogeneous network with fixed output weights offers."""

    @property
    def width(self) -> int: ...

    @property
    def has_kinks(self) -> bool: ...

    @property
    def output_weights(self) -> np.ndarray: ...

    def derivative(self, P: Array) -> Array: ...


@dataclass(frozen=True)
class Problem:
    """``min ½‖θ‖²  subject to  y_i N(θ, x_i) ≥ 1`` for the samples ``(x_i, y_i)``.

    Weights are matrices ``W (…, n, d)``; ``X`` is ``(…, m, d)`` and ``y`` ``(…, m)`` with labels ±1, and
    leading axes are a batch. Any coordinates will do in which inner products are right: the pipeline
    works in those of :mod:`kkt_unlearning.training.span`, where ``d ≤ m + 1``.

    Paper: Eq. (2); ``docs/theory.md``, section 1.
    """

    network: Network
    X: Array
    y: Array

    def __post_init__(self) -> None:
        _check_samples(self.X, self.y)

    @property
    def samples(self) -> int:
        """Number m of samples."""
        return self.y.shape[-1]

    @property
    def double(self) -> "Problem":
        """The same in float64, which kinks are told apart in (NumPy arrays)."""
        if self.X.dtype == self.y.dtype == np.float64:
            return self
        return Problem(self.network, np.asarray(self.X, float), np.asarray(self.y, float))

    @property
    def gram(self) -> Array:
        """``G = X Xᵀ``, shape (…, m, m)."""
        return self.X @ namespace(self.X).matrix_transpose(self.X)

    @property
    def output_weights(self) -> Array:
        """``u``, shape (n,), in the array library of the data."""
        return constant(self.network.output_weights, self.X)

    @property
    def signs(self) -> Array:
        """``u_j y_i``, shape (…, n, m): whether neuron j speaks for (+) or against (−) sample i's label."""
        return self.output_weights[:, None] * self.y[..., None, :]

    def preactivations(self, W: Array) -> Array:
        """``P_ji = ⟨w_j, x_i⟩``, shape (…, n, m)."""
        return W @ namespace(self.X).matrix_transpose(self.X)

    def pattern(self, W: Array) -> Array:
        """``A_ji``, the derivative of neuron j at sample i that automatic differentiation uses, (…, n, m).

        A pre-activation within round-off of 0 is 0, where that derivative is 0: at an exact KKT point
        the last bit would decide it otherwise, and differently on each machine.
        """
        xp, P = namespace(W), self.preactivations(W)
        size = xp.max(xp.abs(P), axis=(-2, -1), keepdims=True)
        return self.network.derivative(xp.where(xp.abs(P) <= ON_KINK * size, xp.zeros_like(P), P))

    def margins(self, W: Array) -> Array:
        """``q_i = y_i N(θ, x_i) = Σ_j u_j y_i A_ji P_ji``, shape (…, m)."""
        return self.margins_at(self.preactivations(W))

    def margins_at(self, P: Array) -> Array:
        """The margins, from pre-activations ``P (…, n, m)``."""
        return namespace(P).sum(self.signs * self.network.derivative(P) * P, axis=-2)

    def combination(self, multipliers: Array, clarke: Array) -> Array:
        """``Σ_i λ_i y_i g_i`` with rows ``Σ_i λ_i y_i u_j a_ji x_i``, shape (…, n, d).

        Args:
            multipliers: ``λ (…, m)``.
            clarke: derivatives ``a (…, n, m)`` of the neurons, in [0, 1] on a kink.
        """
        return (multipliers[..., None, :] * self.signs * clarke) @ self.X

    def retain(self, forget: Sequence[int]) -> "Problem":
        """The problem without the samples ``forget``.

        Raises:
            DataError: an index is out of range or repeated, or nothing would be retained.
        """
        keep = retained(self.samples, forget)
        return Problem(self.network, self.X[..., keep, :], self.y[..., keep])


def _check_samples(X: Array, y: Array) -> None:
    xp = namespace(X, y)
    if not (xp.isdtype(X.dtype, "real floating") and xp.isdtype(y.dtype, "real floating")):
        raise DataError(f"X is {X.dtype}, y is {y.dtype}: allowed are floats; convert them.")
    if X.ndim < 2 or y.ndim < 1 or X.shape[-2] != y.shape[-1]:
        raise DataError(
            f"X has shape {tuple(X.shape)}, y {tuple(y.shape)}: allowed are (…, m, d) and (…, m) with the "
            "same m; reshape or align them."
        )
    if not bool(xp.all(xp.abs(y) == 1)):
        raise DataError(
            "y has a label other than -1 and +1, which alone are allowed; recode the classes."
        )
    if not bool(xp.all(xp.isfinite(X))):
        raise DataError(
            "X has an entry that is nan or infinite; allowed are finite features, so clean it."
        )


def smallest_margin(
    problem: Problem, W: np.ndarray, q: np.ndarray, keep: np.ndarray | bool = True
) -> np.ndarray:
    """``γ = min_i q_i`` over the samples kept, 0 where it is not above round-off: θ/γ has a meaning if γ ≠ 0.

    ``W (…, n, k)`` with margins ``q (…, m)``; ``keep`` boolean, of a shape that broadcasts with q; the
    result is (…,).
    """
    return smallest_margin_of_norm(problem, np.linalg.norm(W, axis=(-2, -1)), q, keep)


def smallest_margin_of_norm(
    problem: Problem, norm: np.ndarray, q: np.ndarray, keep: np.ndarray | bool = True
) -> np.ndarray:
    """:func:`smallest_margin` of weights of which the norm ``(…,)`` and the margins ``q (…, m)`` are known.

    No margin exceeds ``‖u‖ ‖W‖ max_i ‖x_i‖``, so round-off is measured against that as well.
    """
    lengths = np.linalg.norm(problem.X, axis=-1).max()
    reach = np.linalg.norm(problem.output_weights) * norm * lengths
    smallest = np.where(keep, q, np.inf).min(axis=-1)
    largest = np.where(keep, q, -np.inf).max(axis=-1)
    return np.where(smallest > np.maximum(POSITIVE * largest, NOISE * reach), smallest, 0.0)


def retained(samples: int, forget: Sequence[int]) -> np.ndarray:
    """Indices of the retain set, ascending.

    Raises:
        DataError: an index of the forget set is no integer, out of range or repeated, or it is the whole set.
    """
    forget = row_numbers(forget)
    wrong = [r for r in forget if not 0 <= r < samples]
    if wrong:
        raise DataError(
            f"forget = {bracketed(forget)}: index {wrong[0]} is out of range; allowed are 0 to {samples - 1} "
            "(samples count from 0)."
        )
    if len(set(forget)) < len(forget):
        raise DataError(
            f"forget = {bracketed(forget)}: an index is repeated; name each sample once."
        )
    if len(forget) >= samples:
        raise DataError(
            f"forget = {bracketed(forget)}: that is all {samples} samples; leave at least one to be retained."
        )
    return np.setdiff1d(np.arange(samples), forget)


def row_numbers(forget: Sequence[int] | np.ndarray) -> list[int]:
    """The indices of a forget set as integers; a mask of booleans would otherwise pass for the rows 0 and 1.

    Raises:
        DataError: it is no list, or has an entry that is no integer.
    """
    if isinstance(forget, np.ndarray) and forget.ndim == 1 and forget.dtype.kind in "iu":
        return forget.tolist()
    listed = isinstance(forget, Sequence) or (isinstance(forget, np.ndarray) and forget.ndim)
    if not listed or isinstance(forget, str | bytes):
        single = isinstance(forget, str | int | np.integer)
        remedy = f"write [{one_line(forget)}]" if single else "convert it to one"
        raise DataError(
            f"forget = {one_line(repr(forget))}: allowed are lists of row numbers; {remedy}."
        )
    return [row if type(row) is int else _row_number(row) for row in forget]


def _row_number(row: object) -> int:
    if not isinstance(row, bool | np.bool_):
        try:
            return index(row)  # type: ignore[arg-type]
        except TypeError:
            pass
    raise DataError(
        f"forget has the entry {one_line(repr(row))}: allowed are row numbers; of a mask give "
        "numpy.flatnonzero(mask)."
    )


def kept(samples: int, forget_sets: Sequence[Sequence[int]]) -> np.ndarray:
    """The retain set of each forget set as booleans, ``(F, m)``.

    Raises:
        DataError: a bad forget set.
    """
    mask = np.zeros((len(forget_sets), samples), bool)
    for row, forget in zip(mask, forget_sets, strict=True):
        row[retained(samples, forget)] = True
    return mask


def explicit_forget_sets(
    samples: int, forget_sets: Sequence[Sequence[int]] | Literal["each"]
) -> list[list[int]]:
    """Explicit forget sets; ``"each"`` means every single sample by itself.

    Raises:
        DataError: a bad forget set.
    """
    if forget_sets == "each":
        return [[r] for r in range(samples)]
    for forget in forget_sets:
        retained(samples, forget)
    return [row_numbers(forget) for forget in forget_sets]
