"""One neuron of the restored network, for every sample that may be forgotten alone, as one batch.

The step that forgets sample r moves the row of a neuron along ``x_r`` alone. So after the projection off its
kinks all pre-activations follow from one row of the kernel ``Z Zᵀ``, Z the samples off the same kinks. The
rows are those of :func:`kkt_unlearning.certificates.restore.into_cell`. ``docs/theory.md``, section 6.6.
"""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.certificates.restore import independent, of_like_counts
from kkt_unlearning.precision import ROUND_OFF

_EPS = float(np.finfo(float).eps)
# Of solutions with a ridge of 1e-12: what is left of eigenvalues above 1e-6 is round-off.
_REFINEMENTS = 2
# One over the share of the dimensions left that may be on the kernel; more is for orthonormal bases.
_SHARE = 2
# Entries that all rows add: from there on a new basis costs less than they in each system.
_COMMON = 16
# Parts of the rows, and rows in each at least: as fast as any for 931 rows.
_PARTS, _LARGE = 3, 300
# 1 − leverage below which a sample on the kinks is no combination of the others.
_INDEPENDENT = 1e-10


@dataclass(frozen=True)
class Samples:
    """The c samples that make a cell, none of them 0, for all of its neurons, in coordinates of their span.

    Pixels that are 0 in all of them, or combinations of others, take no part.

    Attributes:
        basis: of the span, orthonormal, ``(r, k)``.
        lengths: ``(c,)``; units: coordinates of the samples, of length 1, ``(c, r)``.
        gram: ``⟨x_i, x_j⟩`` of those of length 1, ``(c, c)``.
    """

    basis: np.ndarray
    lengths: np.ndarray
    units: np.ndarray
    gram: np.ndarray

    @classmethod
    def of(cls, X: np.ndarray) -> "Samples":
        """From ``X (c, k)``."""
        lengths = np.linalg.norm(X, axis=1)
        units = X / lengths[:, None]
        basis = _spanning(units)[2]
        units = units @ basis.T
        return cls(basis, lengths, units, units @ units.T)


class _Off:
    """Samples and a row off what one neuron holds on the kink, in products with the samples.

    Attributes:
        V: an orthonormal basis of the samples held, ``(f, r)``.
        left: the dimensions of the span that it leaves; spanning: whether none are left.
        freed: for each forgotten sample the direction, of length 1 or 0, that is free once that sample is not
            held any more, ``(s, r)``; f: its products with the samples, ``(s, c)``.
    """

    def __init__(
        self, samples: Samples, row: np.ndarray, held: np.ndarray, forgotten: np.ndarray
    ) -> None:
        self.samples, self.row, self.held = samples, row, held
        self.V, self.duals = _basis(samples.units[held])
        self.within = samples.units @ self.V.T  # (c, f)
        self.left = samples.units.shape[1] - len(self.V)
        self.spanning = bool(((self.within**2).sum(axis=1) >= 1.0 - ROUND_OFF).all())
        self.free(forgotten)

    def free(self, forgotten: np.ndarray) -> None:
        """Set ``freed`` and ``f`` for some forgotten samples ``(s,)``."""
        count, k = self.samples.units.shape
        self.freed, self.f = np.zeros((len(forgotten), k)), np.zeros((len(forgotten), count))
        mine = np.flatnonzero(self.held[forgotten])
        free = self.duals[(np.cumsum(self.held) - 1)[forgotten[mine]]]
        lengths = np.linalg.norm(free, axis=1, keepdims=True)
        free = np.divide(free, lengths, out=np.zeros_like(free), where=lengths > 0)
        self.freed[mine], self.f[mine] = free, free @ self.samples.units.T

    def kernel(self, rows: np.ndarray) -> np.ndarray:
        """``⟨z_i, z_j⟩``, z the samples off the kinks, for some i, ``(…, c)``."""
        found = self.samples.gram[rows] - self.within[rows] @ self.within.T
        found[:, self.held] = 0.0
        found[self.held[rows]] = 0.0
        return found

    def stepped(self, sizes: np.ndarray, forgotten: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """``w − c_r x_r`` off the kinks ``(s, r)`` and its products with the samples ``(s, c)``.

        ``sizes`` are those of steps along samples of length 1.
        """
        row = self.row - (self.row @ self.V.T) @ self.V
        units = self.samples.units
        into = units[forgotten] - self.within[forgotten] @ self.V
        into[self.held[forgotten]] = 0.0
        beside = self.freed @ self.row - sizes * _dot(units[forgotten], self.freed)
        rows = row - sizes[:, None] * into + beside[:, None] * self.freed
        P = units @ row - sizes[:, None] * self.kernel(forgotten) + beside[:, None] * self.f
        return rows, P


def restored_rows(
    samples: Samples,
    row: np.ndarray,
    steps: np.ndarray,
    forgotten: np.ndarray,
    pattern: np.ndarray,
    kinks: np.ndarray,
    inner: float,
) -> np.ndarray:
    """``w − c_r x_r`` moved into the cell of the neuron on all samples but r, for s samples r, ``(s, k)``.

    What w has outside the span of the samples stays as it is. Cost: ``O(s k r)``, r the dimensions of that
    span, ``O((c + s) r f + s c f)`` for c samples, f of them on the kink or crossed by all rows, and
    ``O(s e (c + r + e²))`` each time that rows cross, at e samples of which not all rows cross.

    Args:
        samples: the c that make the cell.
        row: w before the steps, ``(k,)``; steps: ``c_r``, ``(s,)``.
        forgotten: r, rows of X, ``(s,)``.
        pattern: activations ``(c,)`` of the neuron; kinks: boolean ``(c,)``, which it has on the kink.
        inner: entries with ``s P`` below that are held on the kink.
    """
    side, retained = 2.0 * pattern - 1.0, np.ones((len(steps), len(pattern)), bool)
    retained[np.arange(len(steps)), forgotten] = False
    sizes = steps * samples.lengths[forgotten]
    inside = samples.basis @ row
    rows = np.empty((len(steps), len(inside)))
    off, parts = _Off(samples, inside, kinks, forgotten), _alike(steps)
    while parts:
        part = parts.pop()
        cell = retained[part], side, inner / samples.lengths
        rows[part], many = _add_few(off, sizes[part], forgotten[part], cell)
        if len(many):  # by themselves they have more in common, one alone everything
            parts += [part[many]] if len(many) < len(part) else np.array_split(part, 2)
    return (row - inside @ samples.basis) + rows @ samples.basis


def _alike(steps: np.ndarray) -> list[np.ndarray]:
    """Rows of like steps: they cross at like samples."""
    parts = max(1, min(_PARTS, len(steps) // _LARGE))
    return np.array_split(np.argsort(steps, kind="stable"), parts)


def _basis(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """An orthonormal basis ``(f, r)``, and of each of the points ``(p, r)`` what is orthogonal to the others.

    That is of any length, and 0 if the point is a combination of the others.
    """
    if not len(points):
        return points, points
    sure, V, triangle = independent(points[None])
    if sure[0]:
        return V[0], triangle[0].T @ V[0]
    U, sizes, V = _spanning(points)
    alone = (U**2).sum(axis=1) > 1.0 - _INDEPENDENT
    return V, np.where(alone[:, None], (U / sizes) @ V, 0.0)


def _spanning(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The singular vectors and values of points ``(p, k)`` that are not round-off."""
    U, sizes, V = np.linalg.svd(points, full_matrices=False)
    spanning = sizes > max(points.shape) * _EPS * sizes[:1]
    return U[:, spanning], sizes[spanning], V[spanning]


def _add_few(
    off: _Off,
    sizes: np.ndarray,
    forgotten: np.ndarray,
    cell: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """The rows ``(s, r)`` off the kinks and off whatever else ends on the wrong side, until nothing does.

    What all rows add becomes part of the kinks, of which there is one basis; what only some add is solved for
    row by row, with the kernel. One row by itself has everything in common.

    Returned beside them: which rows are unfinished, since their entries nearly span what is left of the
    space, too ill-conditioned for the kernel.

    Args:
        off: what is off the kinks.
        cell: the retained samples of each row, boolean ``(s, c)``; the side of each sample and how near to
            the kink it may come, ``(c,)``.
    """
    retained, side, inner = cell
    samples, row = off.samples, off.row
    off.free(forgotten)
    first, start = off.stepped(sizes, forgotten)
    rows, P, freed, f = first.copy(), start, off.freed, off.f
    going, many, added = np.arange(len(rows)), [np.zeros(0, int)], np.zeros(retained.shape, bool)
    while True:  # each round adds an entry to a row's K, or is its last
        crossed = (side * P < inner) & retained[going] & ~off.held & ~added
        some = crossed.any(axis=1)
        if not some.any():
            return rows, np.concatenate(many)
        going, added = going[some], (added | crossed)[some]
        common = (added | ~retained[going]).all(axis=0) & added.any(axis=0)
        if common.sum() >= (_COMMON if len(going) > 1 else 1):
            off, added = _Off(samples, row, off.held | common, forgotten[going]), added & ~common
            first, start = off.stepped(sizes[going], forgotten[going])
            freed, f = off.freed, off.f
        else:
            first, start, freed, f = first[some], start[some], freed[some], f[some]
        few = added.sum(axis=1) <= off.left // _SHARE
        through = off.spanning & ~freed.any(axis=1)  # whatever is left crosses by round-off alone
        rows[going[through]] = first[through]
        few &= ~through
        many.append(going[~few & ~through])
        going, added, first, start, freed, f = (
            values[few] for values in (going, added, first, start, freed, f)
        )
        at = np.flatnonzero(added.any(axis=0))
        kernel = off.kernel(at)
        pulls = _pulls(kernel[:, at], f[:, at], added[:, at], start[:, at])
        along = _dot(pulls, f[:, at])[:, None]
        pulled = pulls @ samples.units[at]
        rows[going] = first - pulled + (pulled @ off.V.T) @ off.V - along * freed
        P = start - pulls @ kernel - along * f


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """``⟨a, b⟩`` for each pair of rows."""
    return np.einsum("sk,sk->s", a, b)


def _pulls(kernel: np.ndarray, freed: np.ndarray, added: np.ndarray, P: np.ndarray) -> np.ndarray:
    """μ ``(s, e)``, 0 where nothing is ``added``, with ``(Γ + f fᵀ) μ = P`` on what is, Γ the kernel.

    A ridge takes the place of a cutoff for samples that depend on others; refinement takes it out again
    wherever they do not.
    """
    e = len(kernel)  # where a 0 stands for what a row has less than others
    kernel = np.pad(kernel, (0, 1))
    freed, P = (np.pad(values, ((0, 0), (0, 1))) for values in (freed, P))
    pulls = np.zeros(P.shape)
    for part, places, used in of_like_counts(added):
        places = np.where(used, places, e)
        system = kernel[places[:, :, None], places[:, None, :]]
        f, wanted = (
            np.take_along_axis(values[part], places, axis=1)[:, :, None] for values in (freed, P)
        )
        if f.any():
            system += f * f.swapaxes(1, 2)
        ridge = np.where(used, ROUND_OFF, 1.0)[:, :, None]
        np.einsum("sii->si", system)[...] += ridge[:, :, 0]
        inverse = np.linalg.inv(system)
        found = inverse @ wanted
        for _ in range(_REFINEMENTS):
            found += inverse @ (wanted - system @ found + ridge * found)
        pulls[part[:, None], places] = found[:, :, 0]
    return pulls[:, :e]
