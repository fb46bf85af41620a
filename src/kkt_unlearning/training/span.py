"""Span coordinates: the same geometry in at most m + 1 dimensions.

Full-batch gradient descent never leaves ``W(0) + span{x_i}``, and neither do ascent steps, retrained
networks or KKT points. An orthonormal basis of that span, plus one coordinate a neuron for the part of
``W(0)`` outside it, keeps every inner product between weights and between weights and data, so nothing
after this module costs more for ``d = 10⁶`` than for ``d = m``.

``docs/theory.md``, section 2.
"""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.precision import ROUND_OFF


@dataclass(frozen=True)
class Span:
    """Data and initial weights in span coordinates, ``k = min(m, d) + 1``.

    Attributes:
        X: ``(m, k)``, with ``X Xᵀ`` the Gram matrix of the data; the last column is 0.
        W0: ``(n, k)``; the last column is ``‖w_j(0)‖`` outside the span of the data.
        basis: ``(d, k − 1)``, orthonormal columns that contain the span.
        remainder: ``(n, d)``, the part of ``W(0)`` outside the span.
    """

    X: np.ndarray
    W0: np.ndarray
    basis: np.ndarray
    remainder: np.ndarray

    def lift(self, W: np.ndarray) -> np.ndarray:
        """Weights ``(…, n, k)`` back in the coordinates of the data, ``(…, n, d)``."""
        share = np.divide(
            W[..., -1], self.W0[:, -1], out=np.zeros_like(W[..., -1]), where=self.W0[:, -1] > 0
        )
        return W[..., :-1] @ self.basis.T + share[..., None] * self.remainder


def span_coordinates(X: np.ndarray, W0: np.ndarray) -> Span:
    """``Xᵀ = Q R``; then ``X ↦ Rᵀ`` and ``w ↦ (Qᵀw, ‖w − QQᵀw‖)``.

    A QR factorisation of the data does not square their condition number, as one of the Gram matrix
    would, and needs no rank decision: directions outside the true span get weight 0 from the solver.

    Args:
        X: data ``(m, d)``.
        W0: initial weights ``(n, d)``.
    """
    basis, R = np.linalg.qr(X.T)
    inside = W0 @ basis
    remainder = W0 - inside @ basis.T
    norms = np.linalg.norm(remainder, axis=1)
    outside = np.where(norms > ROUND_OFF * np.linalg.norm(W0, axis=1), norms, 0.0)
    return Span(
        X=np.pad(_as_equal(R.T, X), ((0, 0), (0, 1))),
        W0=np.column_stack([inside, outside]),
        basis=basis,
        remainder=remainder,
    )


def _as_equal(rows: np.ndarray, X: np.ndarray) -> np.ndarray:
    """Rows in other coordinates, made equal where those of ``X (m, d)`` are.

    A product may round equal rows differently, and copies of a sample would be none.
    """
    sums = X.sum(axis=1)
    if len(np.unique(sums)) == len(sums):
        return rows
    _, first, member = np.unique(X, axis=0, return_index=True, return_inverse=True)
    return rows[first][member]


@dataclass(frozen=True)
class SharedSpan:
    """``x ↦ (Qᵀx, 0)`` and ``w_j ↦ (Qᵀw_j, ⟨e_j1, w_j⟩, …)``, which keep ``⟨w_j, x_i⟩`` and ``⟨w_j, v_j⟩``.

    A :class:`Span` for p networks that share the data and not their initial weights.

    Attributes:
        basis: Q, ``(d, k)``, orthonormal columns whose span contains the data.
        outside: ``e (p, n, d)``, for each neuron orthonormal directions outside that span (or 0) that hold
            the rest of the p networks.
    """

    basis: np.ndarray
    outside: np.ndarray

    def data(self, X: np.ndarray) -> np.ndarray:
        """``X (m, d)`` as ``(m, k + p)``."""
        inside = _as_equal(X @ self.basis, X)
        return np.pad(inside, ((0, 0), (0, len(self.outside))))

    def weights(self, W: np.ndarray) -> np.ndarray:
        """``W (n, d)`` of one of the networks as ``(n, k + p)``."""
        rest = [(direction * W).sum(axis=1) for direction in self.outside]
        return np.column_stack([W @ self.basis, *rest])

    def lift(self, W: np.ndarray) -> np.ndarray:
        """Weights ``(n, k + p)`` as ``(n, d)``."""
        k = self.basis.shape[1]
        parts = zip(W[:, k:].T, self.outside, strict=True)
        return W[:, :k] @ self.basis.T + sum(share[:, None] * e for share, e in parts)


def shared_span(X: np.ndarray, networks: list[np.ndarray]) -> SharedSpan:
    """Span coordinates for data ``X (m, d)`` and p networks ``W (n, d)``; those of R^d where m + p ≥ d.

    The p directions of a neuron come from its p rows outside the span, one after another (Gram–Schmidt).
    """
    m, d = X.shape
    n = networks[0].shape[0]
    if m + len(networks) >= d:
        return SharedSpan(np.eye(d), np.zeros((0, n, d)))
    basis = np.linalg.qr(X.T)[0]
    outside: list[np.ndarray] = []
    for W in networks:
        rest = W - (W @ basis) @ basis.T
        for direction in outside:
            rest = rest - (direction * rest).sum(axis=1, keepdims=True) * direction
        length = np.linalg.norm(rest, axis=1, keepdims=True)
        real = length > ROUND_OFF * np.linalg.norm(W, axis=1, keepdims=True)
        outside.append(np.where(real, rest / np.where(real, length, 1.0), 0.0))
    return SharedSpan(basis, np.stack(outside))
