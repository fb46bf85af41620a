"""The restored network θ̃: the unlearned one, put back into the closed activation cell it came from.

The step carries pre-activations across the kink: those that lay on it, and small ones beside it whose
sign it turns. Each crossing changes a derivative by a finite amount and so adds a term of size up to
``λ_i |u_j| ‖x_i‖`` to the stationarity residual, however short the way was. ``θ̃`` undoes the crossings at
the price of a small angle τ. ``docs/theory.md``, section 6.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from kkt_unlearning.problem import Problem

_NOTHING = 1e-12  # of the weights before
_CHUNK = 2**22  # numbers in a work array: 32 MiB


@dataclass(frozen=True)
class Restored:
    """``θ̃`` and the entries that were set on the kink.

    Attributes:
        W: weights ``(…, n, k)``.
        kinks: boolean ``(…, n, m)``.
    """

    W: np.ndarray
    kinks: np.ndarray


def restore(
    problem: Problem,
    W: np.ndarray,
    pattern: np.ndarray,
    kinks: np.ndarray,
    keep: np.ndarray | None = None,
) -> Restored:
    """Project ``W (…, n, k)`` onto ``{P_ji = 0 on the kinks}``, with crossed entries made kinks as well.

    For each neuron, ``w ← w − X_Kᵀ G_KK⁻¹ P_K``. Entries that end on the wrong side of ``pattern`` join K
    and the projection is repeated; K only grows, so this ends, in the closed cell of ``pattern`` and so
    with every derivative of ``pattern`` in the sub-differential.

    Args:
        problem: the problem on the retained samples, or on all of them.
        pattern: activations ``A (n, m)`` of the KKT point before unlearning.
        kinks: its kinks, boolean ``(n, m)``.
        keep: boolean ``(…, m)``, the retained samples; the others are let cross.
    """
    rows = W.reshape(-1, W.shape[-1])
    shape = (*W.shape[:-1], problem.samples)
    keep = np.broadcast_to(True if keep is None else keep[..., None, :], shape)
    held = (np.broadcast_to(kinks, shape) & keep).reshape(-1, problem.samples)
    if not problem.network.has_kinks:
        return Restored(W, held.reshape(shape))
    side = np.broadcast_to(2.0 * pattern - 1.0, shape).reshape(held.shape)
    watched, moved, going = keep.reshape(held.shape), rows.copy(), np.arange(len(rows))
    for _ in range(problem.samples + 1):  # each round adds an entry to a row's K, or is its last
        P = moved[going] @ problem.X.T
        moved[going] -= _correction(problem.gram, P, held[going]) @ problem.X
        P = moved[going] @ problem.X.T
        crossed = (side[going] * P < 0) & ~held[going] & watched[going]
        going, crossed = going[crossed.any(axis=1)], crossed[crossed.any(axis=1)]
        if not len(going):
            return Restored(_cleared(moved.reshape(W.shape), W), held.reshape(shape))
        held[going] |= crossed
    raise AssertionError("the kinks of a neuron grew for more rounds than there are samples")


def project(problem: Problem, W: np.ndarray, kinks: np.ndarray) -> np.ndarray:
    """The nearest weights to ``W (…, n, k)`` with ``P_ji = 0`` on ``kinks (…, n, m)``; others may cross."""
    shape = np.broadcast_shapes(W.shape[:-1], kinks.shape[:-1])
    rows = np.broadcast_to(W, (*shape, W.shape[-1])).reshape(-1, W.shape[-1])
    held = np.broadcast_to(kinks, (*shape, problem.samples)).reshape(-1, problem.samples)
    moved = rows - _correction(problem.gram, rows @ problem.X.T, held) @ problem.X
    return moved.reshape(*shape, W.shape[-1])


def _cleared(moved: np.ndarray, W: np.ndarray) -> np.ndarray:
    """0 for networks of which only round-off is left: it has no direction."""
    left, before = (np.linalg.norm(V, axis=(-2, -1), keepdims=True) for V in (moved, W))
    return np.where(left <= _NOTHING * before, 0.0, moved)


def _correction(gram: np.ndarray, P: np.ndarray, kinks: np.ndarray) -> np.ndarray:
    """``G_KK⁻¹ P_K`` for every row, 0 off its kinks, ``(N, m)``; rows with equal K share one inverse."""
    first, order, edges = _equal_rows(kinks)
    right = np.where(kinks, P, 0.0)[order]
    out = np.zeros_like(right)
    for part, places, inverses in _inverses(gram, kinks[first]):
        for group, place, inverse in zip(part, places, inverses, strict=True):
            rows = slice(edges[group], edges[group + 1])
            out[rows, place] = right[rows, place] @ inverse
    back = np.empty_like(out)
    back[order] = out
    return back


def _inverses(
    gram: np.ndarray, held: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Of ``K (g, m)``: which rows, where their K is ``(c, f)`` and ``G_KK⁻¹ (c, f, f)``, c at a time.

    f is the most entries of any of the c; empty places are 0. Memory grows neither with g nor with m.
    """
    counts = held.sum(axis=1)
    left = np.argsort(-counts, kind="stable")
    left = left[counts[left] > 0]
    while len(left):
        most = int(counts[left[0]])
        part, left = np.split(left, [max(1, _CHUNK // most**2)])
        places = np.argsort(~held[part], axis=1, kind="stable")[:, :most]
        used = np.take_along_axis(held[part], places, axis=1)
        square = gram[places[:, :, None], places[:, None, :]]
        square[~(used[:, :, None] & used[:, None, :])] = 0.0
        # For duplicated points the least-norm correction is still unique in the weights.
        yield part, places, np.linalg.pinv(square, hermitian=True)


def _equal_rows(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Booleans ``(N, m)``: one row of each group of equal ones, an order by group, and the edges in it."""
    bits = np.packbits(rows, axis=1)
    key: np.ndarray
    if bits.shape[1] <= 8:  # one integer sorts faster than bytes
        key = np.pad(bits, ((0, 0), (0, 8 - bits.shape[1]))).view(np.uint64)[:, 0]
    else:
        key = bits.view(np.dtype((np.void, bits.shape[1])))[:, 0]
    _, first, member = np.unique(key, return_index=True, return_inverse=True)
    small = member.astype(np.uint16) if len(first) < 2**16 else member  # which sorts in linear time
    order = np.argsort(small, kind="stable")
    return first, order, np.searchsorted(member[order], np.arange(len(first) + 1))
