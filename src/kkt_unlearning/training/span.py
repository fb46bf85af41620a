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
        X=np.pad(R.T, ((0, 0), (0, 1))),
        W0=np.column_stack([inside, outside]),
        basis=basis,
        remainder=remainder,
    )
