"""What each neuron has on its kink: projections on the span of these samples, and coefficients in it.

Of the samples K that a neuron has on its kink, the Gram matrix has the triangle R with ``Rᵀ R = G_KK``, and
``R⁻¹ R⁻ᵀ X_K w`` are the coefficients of the projection of w on their span. Taken out twice they are exact to
round-off where R is well-conditioned (the corrected seminormal equations; Björck, Linear Algebra and its
Applications 88, 1987). Elsewhere an orthonormal basis takes the place of the Gram matrix. Products with
features are of whole matrices, whatever the number of kinks. ``docs/theory.md``, section 5.6.
"""

from collections.abc import Iterator

import numpy as np

# Part of a sample outside the span of others on the same kink, of its length: below it the sample is on the
# kink because the others are.
_DEPENDENT = 1e-9
# The same, above which the triangle of a Gram matrix, which has the square of the condition, is exact enough.
_WELL_CONDITIONED = 1e-3
# Numbers in the largest array of a group of neurons: 32 MiB.
_NUMBERS = 2**22
# A group's neurons have at most so many times the kinks of its first, and some more.
_SPREAD, _MORE = 1.25, 4


class _Group:
    """Neurons with about as many kinks each.

    Attributes:
        neurons: ``(g,)``; places: the samples on their kinks, ``(g, k)``, where ``used``, boolean ``(g, k)``.
        R: triangles ``(g, k, k)`` of these samples, with ones on the diagonal where not used.
    """

    R: np.ndarray

    def __init__(self, neurons: np.ndarray, places: np.ndarray, used: np.ndarray) -> None:
        self.neurons, self.places, self.used = neurons, places, used
        row, place = np.nonzero(used)
        self.entries = neurons[row], places[row, place]

    def among_used(self, blocks: np.ndarray) -> np.ndarray:
        """Blocks ``(g, k, k)``, with those of the identity where not used."""
        used = self.used[:, :, None] & self.used[:, None, :]
        return np.where(used, blocks, np.eye(blocks.shape[1]))

    def heights(self, lengths: np.ndarray) -> np.ndarray:
        """Of the sample of each entry the part outside the span of those before it, of its length."""
        heights = np.abs(np.diagonal(self.R, axis1=1, axis2=2))[self.used]
        return np.asarray(heights / lengths[self.entries[1]])

    def along(self, X: np.ndarray, gram: np.ndarray, free: np.ndarray) -> np.ndarray:
        """Inner products of an orthonormal basis with the samples that are free, ``(g, k, s)``."""
        raise NotImplementedError


class _Triangles(_Group):
    """Those whose triangles come from the Gram matrix."""

    def __init__(
        self, gram: np.ndarray, neurons: np.ndarray, places: np.ndarray, used: np.ndarray
    ) -> None:
        super().__init__(neurons, places, used)
        blocks = gram[places[:, :, None], places[:, None, :]]
        self.R = np.linalg.cholesky(self.among_used(blocks)).swapaxes(1, 2)
        self.inverse = np.linalg.inv(self.R)

    def coefficients(self, P: np.ndarray) -> np.ndarray:
        """Of the projections of rows with inner products ``P (n, r)``, one for each entry."""
        inside = np.where(self.used, P[self.neurons[:, None], self.places], 0.0)[:, :, None]
        found = self.inverse @ (self.inverse.swapaxes(1, 2) @ inside)
        return np.asarray(found[:, :, 0][self.used])

    def along(self, X: np.ndarray, gram: np.ndarray, free: np.ndarray) -> np.ndarray:
        """``R⁻ᵀ X_K Xᵀ``."""
        return self.inverse.swapaxes(1, 2) @ gram[self.places][:, :, free]


class _Bases(_Group):
    """Those that need an orthonormal basis ``Q (g, d, k)``."""

    def __init__(
        self, X: np.ndarray, neurons: np.ndarray, places: np.ndarray, used: np.ndarray
    ) -> None:
        super().__init__(neurons, places, used)
        Q, R = np.linalg.qr(np.where(used[:, :, None], X[places], 0.0).swapaxes(1, 2))
        missing = used.shape[1] - Q.shape[2]  # with more of them than features
        self.Q = np.pad(Q, ((0, 0), (0, 0), (0, missing))) * used[:, None, :]
        self.R = self.among_used(np.pad(R, ((0, 0), (0, missing), (0, 0))))

    def coefficients(self, inside: np.ndarray) -> np.ndarray:
        """Of what is ``Q inside (g, k, 1)``, one for each entry."""
        return np.asarray(np.linalg.solve(self.R, inside)[:, :, 0][self.used])

    def along(self, X: np.ndarray, gram: np.ndarray, free: np.ndarray) -> np.ndarray:
        """``Qᵀ Xᵀ``."""
        return self.Q.swapaxes(1, 2) @ X[free].T


class Kinks:
    """All of them: ``X (r, d)`` with Gram matrix ``gram (r, r)``, ``on_kink`` boolean ``(n, r)``.

    Attributes:
        entries: the neuron and the sample of each, two arrays ``(K,)``.
        dependent: those on their kink because others are; this object is of use only if there are none.
    """

    def __init__(self, X: np.ndarray, gram: np.ndarray, on_kink: np.ndarray) -> None:
        self.X, self.gram, self.shape = X, gram, on_kink.shape
        self.entries = np.nonzero(on_kink)
        self.triangles: list[_Triangles] = []
        self.bases: list[_Bases] = []
        lengths = np.sqrt(np.diagonal(gram))
        dependent = np.zeros(self.shape, bool)
        for neurons, places, used in _alike(on_kink):
            clear = self._triangles(neurons, places, used, lengths)
            if clear.all():
                continue
            bases = _Bases(X, neurons[~clear], places[~clear], used[~clear])
            dependent[bases.entries] = bases.heights(lengths) < _DEPENDENT
            self.bases.append(bases)
        self.dependent = np.nonzero(dependent)

    def _triangles(
        self, neurons: np.ndarray, places: np.ndarray, used: np.ndarray, lengths: np.ndarray
    ) -> np.ndarray:
        """Take those neurons whose triangles are well-conditioned; which these are."""
        clear = np.zeros(len(neurons), bool)
        try:
            group = _Triangles(self.gram, neurons, places, used)
        except np.linalg.LinAlgError:
            return clear
        low = group.heights(lengths) < _WELL_CONDITIONED
        clear = ~np.isin(neurons, group.entries[0][low])
        if not clear.all():
            group = _Triangles(self.gram, neurons[clear], places[clear], used[clear])
        self.triangles.append(group)
        return clear

    def take_out(self, sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """``D_j = (I − Π_j) sums_j`` of ``sums (n, d)``, and the coefficients in ``D − sums``, ``(K,)``."""
        D, found = sums.copy(), np.zeros(self.shape)
        for _ in range(2):  # twice is enough
            step = np.zeros(self.shape)
            if self.triangles:
                P = D @ self.X.T
                for group in self.triangles:
                    step[group.entries] = group.coefficients(P)
                D -= step @ self.X
            for bases in self.bases:
                inside = bases.Q.swapaxes(1, 2) @ D[bases.neurons, :, None]
                D[bases.neurons] -= (bases.Q @ inside)[:, :, 0]
                step[bases.entries] = bases.coefficients(inside)
            found += step
        return D, -found[self.entries]

    def inner_products(self, on: np.ndarray, free: np.ndarray) -> np.ndarray:
        """``Σ_j diag(on_j) X Π_j Xᵀ diag(on_j)`` among the samples free, ``(s,)``; ``on`` is ``(n, s)``."""
        products = np.zeros((len(free), len(free)))
        for group in [*self.triangles, *self.bases]:
            along = group.along(self.X, self.gram, free) * on[group.neurons, None, :]
            rows = along[group.used]
            products += rows.T @ rows
        return products


def _alike(on_kink: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Neurons, their kinks ``(g, k)`` and which of these are used, of groups with about as many each."""
    counts = on_kink.sum(axis=1)
    order = np.argsort(counts, kind="stable")
    order = order[counts[order] > 0]
    while len(order):
        first = int(counts[order[0]])
        alike = int((counts[order] <= _SPREAD * first + _MORE).sum())
        most = int(counts[order[alike - 1]])
        size = min(alike, max(1, _NUMBERS // (most * on_kink.shape[1])))
        neurons, order = order[:size], order[size:]
        most = int(counts[neurons[-1]])
        places = np.argsort(~on_kink[neurons], axis=1, kind="stable")[:, :most]
        yield neurons, places, np.arange(most) < counts[neurons, None]
