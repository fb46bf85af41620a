"""The restored network θ̃: the unlearned one, put back into the closed activation cell it came from.

The step carries pre-activations across the kink: those that lay on it, and small ones beside it whose
sign it turns. Each crossing changes a derivative by a finite amount and so adds a term of size up to
``λ_i |u_j| ‖x_i‖`` to the stationarity residual, however short the way was. ``θ̃`` undoes the crossings at
the price of a small angle τ. ``docs/theory.md``, section 6.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from kkt_unlearning.backends import WORK_ARRAY
from kkt_unlearning.kkt.classes import equal_rows
from kkt_unlearning.precision import ROUND_OFF
from kkt_unlearning.problem import ON_KINK, Problem

_EPS = float(np.finfo(float).eps)
_LARGEST_INVERSE = 1e5  # Cholesky's factor squares it: 1e-10, far from round-off
_PADDED = 16  # entries up to which systems of any sizes are one batch


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
    """``θ̃``: weights ``W (…, n, k)`` moved :func:`into_cell`; those of a linear model as they are.

    Args:
        problem: the problem on the retained samples, or on all of them.
        pattern: activations ``A (n, m)`` of the KKT point before unlearning.
        kinks: its kinks, boolean ``(n, m)``.
        keep: boolean ``(…, m)``, the retained samples; the others are let cross.
    """
    if not problem.network.has_kinks:
        return Restored(W, np.zeros((*W.shape[:-1], problem.samples), bool))
    return into_cell(problem.X, W, pattern, kinks, keep)


def keep_margins(
    problem: Problem,
    before: np.ndarray,
    W: np.ndarray,
    pattern: np.ndarray,
    kinks: np.ndarray,
    keep: np.ndarray,
) -> np.ndarray:
    """``θ°``: ``w° = w' + X_Iᵀ G_I⁻¹ (P° − P')``, ``P° = (q_i/q̂_i) P̂``, shape (…, n, k).

    ``P̂``, of margins ``q̂``, is 0 on T and ``P'`` elsewhere; T are the retained entries that were on a kink
    before the step or crossed theirs. So θ° lies in the closed cell of ``pattern`` and has the retained
    margins from before the step. It is nan where a margin of ``P̂`` is not positive, or where the retained
    samples depend on one another.

    Args:
        before: weights ``(n, k)`` before the step.
        W: weights ``(…, n, k)`` after it.
        pattern: activations ``A (n, m)`` before it; kinks: boolean ``(n, m)``.
        keep: boolean ``(…, m)``, the retained samples.

    ``docs/theory.md``, theorem 6.9.
    """
    P, watched = problem.preactivations(W), keep[..., None, :]
    carried = kinks | ((2.0 * pattern - 1.0) * P < 0)
    held = np.where(carried & problem.network.has_kinks, 0.0, P)
    q, left = problem.margins(before), problem.margins_at(held)
    possible = ((left > 0) | ~keep).all(axis=-1)
    scale = np.divide(q, left, out=np.ones_like(left), where=keep & (left > 0))
    change = np.where(watched, held * scale[..., None, :] - P, 0.0)
    G = np.where(watched & keep[..., None], problem.gram, np.eye(problem.samples))
    possible &= np.linalg.matrix_rank(G, hermitian=True) == problem.samples
    solvable = np.where(possible[..., None, None], G, np.eye(problem.samples))
    moved = W + change @ np.linalg.inv(solvable) @ problem.X
    return np.where(possible[..., None, None], moved, np.nan)


def into_cell(
    X: np.ndarray,
    W: np.ndarray,
    pattern: np.ndarray,
    kinks: np.ndarray,
    keep: np.ndarray | None = None,
) -> Restored:
    """Project ``W (…, n, k)`` onto ``{P_ji = 0 on the kinks}``, with crossed entries made kinks as well.

    For each neuron, ``w ← w − X_Kᵀ G_KK⁻¹ P_K``, of least norm where samples depend on each other. Entries
    that end on 0 or on the wrong side of ``pattern`` join K and the projection is repeated; K only grows,
    so this ends, in the closed cell of ``pattern`` and so with every derivative of ``pattern`` in the
    sub-differential.

    Args:
        X: samples ``(m, k)``, whatever the neurons' output weights and their labels.
        pattern: activations ``A (n, m)``, on either side of 0.
        kinks: boolean ``(n, m)`` or ``(…, n, m)``, where K starts.
        keep: boolean ``(…, m)``; the other samples are let cross.
    """
    shape = (*W.shape[:-1], len(X))
    keep = np.broadcast_to(True if keep is None else keep[..., None, :], shape)
    held = np.broadcast_to(kinks, shape) & keep
    side = np.broadcast_to(2.0 * pattern - 1.0, shape)
    size = np.abs(W @ X.T).max(axis=(-2, -1), keepdims=True)
    inner = np.broadcast_to(ON_KINK * size, (*shape[:-1], 1))
    rows = (values.reshape(-1, values.shape[-1]) for values in (W, held, keep, side, inner))
    moved, held = rows_into_cell(X, *rows)
    return Restored(_cleared(moved.reshape(W.shape), W), held.reshape(shape))


def rows_into_cell(
    X: np.ndarray,
    rows: np.ndarray,
    held: np.ndarray,
    watched: np.ndarray,
    side: np.ndarray,
    inner: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Rows ``(N, k)`` of any neurons projected, and their K ``(N, m)``, which grows from ``held``.

    In the end no ``watched`` entry outside K has ``s P < inner``, s the ``side``.
    """
    held, moved, going = held.copy(), rows.copy(), np.arange(len(rows))
    for _ in range(len(X) + 1):  # each round adds an entry to a row's K, or is its last
        moved[going] = _projected(X, moved[going], held[going])
        P = moved[going] @ X.T
        crossed = (side[going] * P < inner[going]) & ~held[going] & watched[going]
        going, crossed = going[crossed.any(axis=1)], crossed[crossed.any(axis=1)]
        if not len(going):
            return moved, held
        held[going] |= crossed
    raise AssertionError("the kinks of a neuron grew for more rounds than there are samples")


def project(problem: Problem, W: np.ndarray, kinks: np.ndarray) -> np.ndarray:
    """The nearest weights to ``W (…, n, k)`` with ``P_ji = 0`` on ``kinks (…, n, m)``; others may cross."""
    shape = np.broadcast_shapes(W.shape[:-1], kinks.shape[:-1])
    rows = np.broadcast_to(W, (*shape, W.shape[-1])).reshape(-1, W.shape[-1])
    held = np.broadcast_to(kinks, (*shape, problem.samples)).reshape(-1, problem.samples)
    moved = _projected(problem.X, rows, held)
    return moved.reshape(*shape, W.shape[-1])


def _cleared(moved: np.ndarray, W: np.ndarray) -> np.ndarray:
    """0 for networks of which only round-off is left: it has no direction."""
    left, before = (np.linalg.norm(V, axis=(-2, -1), keepdims=True) for V in (moved, W))
    return np.where(left <= ROUND_OFF * before, 0.0, moved)


def _projected(X: np.ndarray, rows: np.ndarray, kinks: np.ndarray) -> np.ndarray:
    """``w − w VᵀV``, V an orthonormal basis of the samples on the kinks of the row; rows of equal K share V.

    From the samples and not from their Gram matrix, whose condition is the square of theirs.
    """
    first, order, edges = equal_rows(kinks)
    moved = rows[order]
    for part, bases in _bases(X, kinks[first]):
        for group, V in zip(part, bases, strict=True):
            own = slice(edges[group], edges[group + 1])
            moved[own] -= (moved[own] @ V.T) @ V
    back = np.empty_like(moved)
    back[order] = moved
    return back


def _bases(X: np.ndarray, held: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For sets of kinks ``K (g, m)``: which of them, and their ``V (c, f, k)``, c at a time.

    f is at most the entries of the largest of the c; rows that are not needed are 0. Memory does not grow
    with g.
    """
    lengths = np.linalg.norm(X, axis=1, keepdims=True)
    units = X / np.where(lengths > 0, lengths, 1.0)
    for part, places, used in of_like_counts(held, X.shape[1]):
        points = units[places] * used[:, :, None]
        sure, V, _ = independent(points)
        if sure.any():
            yield part[sure], V[sure]
        if not sure.all():
            _, sizes, V = np.linalg.svd(points[~sure], full_matrices=False)
            # Points in the span of others, duplicates say, add no direction.
            V[sizes <= max(points.shape[1:]) * _EPS * sizes[:, :1]] = 0.0
            yield part[~sure], V


def of_like_counts(
    held: np.ndarray, each: int = 0
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Rows of ``held (g, m)`` that have some, those with the most first: which, and where, ``(c, f)`` twice.

    f is the most that one of the c rows has, none of them less than half of it where it is large, so that
    padding costs little; the last array says which of the f a row has.

    Args:
        each: numbers that are worked with for each of the f; by default f.
    """
    counts = held.sum(axis=1)
    left = np.argsort(-counts, kind="stable")
    left = left[counts[left] > 0]
    while len(left):
        most = int(counts[left[0]])
        size = max(1, WORK_ARRAY // (most * (each or most)))
        if most > _PADDED:
            size = min(size, int((2 * counts[left] >= most).sum()))
        part, left = np.split(left, [size])
        places = np.argsort(~held[part], axis=1, kind="stable")[:, :most]
        yield part, places, np.take_along_axis(held[part], places, axis=1)


def independent(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whether points ``X (c, f, k)`` of length 1 are independent beyond doubt, and what follows if they are.

    That is an orthonormal basis ``V = T X (c, f, k)`` and ``T (c, f, f)``; points that are 0 do not count.
    By the Cholesky factor of the Gram matrix of X, and once more by that of the result, which takes the
    round-off of the first out of V (CholeskyQR2: Yamamoto, Nakatsukasa, Yanagisawa and Fukaya, ETNA 44,
    2015). Products of matrices take a fraction of the time of the singular values that settle a doubt.
    """
    count, f, k = points.shape
    V, triangle = points, np.broadcast_to(np.eye(f), (count, f, f))
    if f > k:
        return np.zeros(count, bool), points, triangle
    unused = np.where(points.any(axis=-1), 0.0, 1.0)[:, :, None] * np.eye(f)
    try:
        for _ in range(2):
            inverse = np.linalg.inv(np.linalg.cholesky(V @ V.swapaxes(-1, -2) + unused))
            V, triangle = inverse @ V, inverse @ triangle
    except np.linalg.LinAlgError:
        return np.zeros(count, bool), points, triangle
    return np.linalg.norm(triangle, axis=(-2, -1)) < _LARGEST_INVERSE, V, triangle
