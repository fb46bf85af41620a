"""Coordinates in which an audit of several networks on the same data costs no more at a large d.

As :mod:`kkt_unlearning.training.span`, for networks that do not share their initial weights.
``docs/theory.md``, section 2.
"""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.precision import ROUND_OFF


@dataclass(frozen=True)
class Coordinates:
    """``x ↦ (Qᵀx, 0)`` and ``w_j ↦ (Qᵀw_j, ⟨e_j1, w_j⟩, …)``, which keep ``⟨w_j, x_i⟩`` and ``⟨w_j, v_j⟩``.

    Attributes:
        basis: Q, ``(d, k)``, orthonormal columns whose span contains the data.
        outside: ``e (p, n, d)``, for each neuron orthonormal directions outside that span (or 0) that hold
            the rest of the p networks.
    """

    basis: np.ndarray
    outside: np.ndarray

    def data(self, X: np.ndarray) -> np.ndarray:
        """``X (m, d)`` as ``(m, k + p)``."""
        return np.pad(X @ self.basis, ((0, 0), (0, len(self.outside))))

    def weights(self, W: np.ndarray) -> np.ndarray:
        """``W (n, d)`` of one of the networks as ``(n, k + p)``."""
        rest = [(direction * W).sum(axis=1) for direction in self.outside]
        return np.column_stack([W @ self.basis, *rest])

    def lift(self, W: np.ndarray) -> np.ndarray:
        """Weights ``(n, k + p)`` as ``(n, d)``."""
        k = self.basis.shape[1]
        parts = zip(W[:, k:].T, self.outside, strict=True)
        return W[:, :k] @ self.basis.T + sum(share[:, None] * e for share, e in parts)


def coordinates(X: np.ndarray, networks: list[np.ndarray]) -> Coordinates:
    """Coordinates for data ``X (m, d)`` and p networks ``W (n, d)``; those of R^d where m + p ≥ d.

    The p directions of a neuron come from its p rows outside the span, one after another (Gram–Schmidt).
    """
    m, d = X.shape
    n = networks[0].shape[0]
    if m + len(networks) >= d:
        return Coordinates(np.eye(d), np.zeros((0, n, d)))
    basis = np.linalg.qr(X.T)[0]
    outside: list[np.ndarray] = []
    for W in networks:
        rest = W - (W @ basis) @ basis.T
        for direction in outside:
            rest = rest - (direction * rest).sum(axis=1, keepdims=True) * direction
        length = np.linalg.norm(rest, axis=1, keepdims=True)
        real = length > ROUND_OFF * np.linalg.norm(W, axis=1, keepdims=True)
        outside.append(np.where(real, rest / np.where(real, length, 1.0), 0.0))
    return Coordinates(basis, np.stack(outside))
