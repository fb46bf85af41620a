"""One neuron of the restored network, for every sample that may be forgotten alone, as one batch.

The step that forgets sample r moves the row of a neuron along ``x_r`` alone. So after the projection off its
kinks all pre-activations follow from one row of the kernel ``Z Zᵀ``, Z the samples off the same kinks. The
rows are those of :func:`kkt_unlearning.certificates.restore.into_cell`. ``docs/theory.md``, section 6.6.
"""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.backends import WORK_ARRAY
from kkt_unlearning.certificates.restore import rows_into_cell
from kkt_unlearning.precision import ROUND_OFF

_EPS = float(np.finfo(float).eps)
_REFINEMENTS = (
    2  # of solutions with a ridge of 1e-12: what is left of eigenvalues above 1e-6 is round-off
)
_SHARE = 2  # of the dimensions may be on the kernel; more is for orthonormal bases
_INDEPENDENT = (
    1e-10  # 1 − leverage below which a sample on the kinks is no combination of the others
)


@dataclass(frozen=True)
class Off:
    """Samples and a row off the kinks of one neuron.

    Attributes:
        row: ``w − w VᵀV``, V an orthonormal basis of the samples on its kinks, ``(k,)``.
        Z: the samples, of length 1 before, ``(c, k)``.
        freed: for each forgotten sample the direction, of length 1 or 0, that is free once that sample is not
            on the kinks any more, ``(s, k)``.
    """

    row: np.ndarray
    Z: np.ndarray
    freed: np.ndarray


def restored_rows(
    X: np.ndarray,
    row: np.ndarray,
    steps: np.ndarray,
    forgotten: np.ndarray,
    pattern: np.ndarray,
    kinks: np.ndarray,
    inner: float,
) -> np.ndarray:
    """``w − c_r x_r`` moved into the cell of the neuron on all samples but r, for s samples r, ``(s, k)``.

    Cost: ``O(c k (c + s))`` for c samples, and ``O(c k)`` again for each row that crosses, and each time.

    Args:
        X: the samples that make the cell, ``(c, k)``, none of them 0.
        row: w before the steps, ``(k,)``; steps: ``c_r``, ``(s,)``.
        forgotten: r, rows of X, ``(s,)``.
        pattern: activations ``(c,)`` of the neuron; kinks: boolean ``(c,)``, which it has on the kink.
        inner: entries with ``s P`` below that are held on the kink.
    """
    lengths = np.linalg.norm(X, axis=1)
    units = X / lengths[:, None]
    off = _off_kinks(units, row, kinks, forgotten)
    into = off.Z[forgotten] + _along(units[forgotten], off.freed)
    rows = off.row + _along(np.broadcast_to(row, off.freed.shape), off.freed)
    rows = rows - (steps * lengths[forgotten])[:, None] * into
    side, retained = 2.0 * pattern - 1.0, np.ones((len(rows), len(X)), bool)
    retained[np.arange(len(rows)), forgotten] = False
    many = _add_few(units, off, rows, retained & ~kinks, side, inner / lengths)
    if len(many):
        moved = row - (steps[:, None] * X[forgotten])[many]
        held, sides = retained[many] & kinks, np.broadcast_to(side, retained[many].shape)
        edge = np.full((len(many), 1), inner)
        rows[many], _ = rows_into_cell(X, moved, held, retained[many], sides, edge)
    return rows


def _along(vectors: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """``⟨v, h⟩ h`` for each pair of rows."""
    return _dot(vectors, directions)[:, None] * directions


def _off_kinks(units: np.ndarray, row: np.ndarray, kinks: np.ndarray, forgotten: np.ndarray) -> Off:
    freed = np.zeros((len(forgotten), units.shape[1]))
    if not kinks.any():
        return Off(row, units, freed)
    U, sizes, V = np.linalg.svd(units[kinks], full_matrices=False)
    spanning = sizes > max(int(kinks.sum()), units.shape[1]) * _EPS * sizes[0]
    U, sizes, V = U[:, spanning], sizes[spanning], V[spanning]
    Z = units - (units @ V.T) @ V
    Z[kinks] = 0.0
    place = np.cumsum(kinks) - 1  # of a sample among those on the kinks
    mine = np.flatnonzero(kinks[forgotten])
    leverage = (U**2).sum(axis=1)
    mine = mine[leverage[place[forgotten[mine]]] > 1.0 - _INDEPENDENT]
    dual = (U[place[forgotten[mine]]] / sizes) @ V  # orthogonal to all others on the kinks
    freed[mine] = dual / np.linalg.norm(dual, axis=1, keepdims=True)
    return Off(row - (row @ V.T) @ V, Z, freed)


def _add_few(
    units: np.ndarray,
    off: Off,
    rows: np.ndarray,
    watched: np.ndarray,
    side: np.ndarray,
    inner: np.ndarray,
) -> np.ndarray:
    """Project rows ``(s, k)``, in place, and add entries on the wrong side to their K until there are none.

    Returns those rows, unfinished, whose K nearly spans the space: too ill-conditioned for the kernel.
    """
    P, added = rows @ units.T, np.zeros(watched.shape, bool)
    start, first, kernel = P.copy(), rows.copy(), None
    most, going = rows.shape[1] // _SHARE, np.arange(len(rows))
    many: list[np.ndarray] = []
    while len(going):  # each round adds an entry to a row's K, or is its last
        crossed = (side * P[going] < inner) & watched[going] & ~added[going]
        some = crossed.any(axis=1)
        going, crossed = going[some], crossed[some]
        added[going] |= crossed
        counts = added[going].sum(axis=1)
        many.append(going[counts > most])
        going = going[counts <= most]
        if not len(going):
            break
        kernel = off.Z @ off.Z.T if kernel is None else kernel
        free = off.freed[going]
        f = free @ units.T
        pulls = _pulls(kernel, f, added[going], start[going])
        rows[going] = first[going] - pulls @ off.Z - _dot(pulls, f)[:, None] * free
        P[going] = rows[going] @ units.T
    return np.concatenate([*many, going])


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """``⟨a, b⟩`` for each pair of rows."""
    return np.einsum("sk,sk->s", a, b)


def _pulls(kernel: np.ndarray, freed: np.ndarray, added: np.ndarray, P: np.ndarray) -> np.ndarray:
    """μ ``(s, c)``, 0 where nothing is ``added``, with ``(Γ + f fᵀ) μ = P`` on what is, Γ the kernel.

    A ridge takes the place of a cutoff for samples that depend on others; refinement takes it out again
    wherever they do not.
    """
    counts, pulls = added.sum(axis=1), np.zeros(P.shape)
    left = np.argsort(-counts, kind="stable")
    while len(left):
        most = int(counts[left[0]])
        part, left = np.split(left, [max(1, WORK_ARRAY // most**2)])
        places = np.argsort(~added[part], axis=1, kind="stable")[:, :most]
        used = np.take_along_axis(added[part], places, axis=1)
        f = np.where(used, np.take_along_axis(freed[part], places, axis=1), 0.0)
        system = np.where(
            used[:, :, None] & used[:, None, :],
            kernel[places[:, :, None], places[:, None, :]] + f[:, :, None] * f[:, None, :],
            0.0,
        )
        ridged = system + np.where(used, ROUND_OFF, 1.0)[:, :, None] * np.eye(most)
        wanted = np.where(used, np.take_along_axis(P[part], places, axis=1), 0.0)[:, :, None]
        inverse = np.linalg.inv(ridged)
        found = inverse @ wanted
        for _ in range(_REFINEMENTS):
            found += inverse @ (wanted - system @ found)
        values = np.zeros((len(part), P.shape[1]))
        np.put_along_axis(values, places, np.where(used, found[:, :, 0], 0.0), axis=1)
        pulls[part] = values
    return pulls
