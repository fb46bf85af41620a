"""How far a data set is from orthogonal."""

from collections.abc import Callable, Iterator
from typing import cast

import numpy as np

from kkt_unlearning.backends import WORK_ARRAY
from kkt_unlearning.datasets.dataset import Dataset

OPERATIONS = 2e11
"""Multiplications for φ, at most, unless told otherwise: some ten seconds of a core.

All pairs of 20,000 samples in 784 dimensions, or of 58,000 in 100, take about as many. Memory is no limit:
products are made in blocks.
"""

# What a product of two samples costs beside its d multiplications, in these.
_A_PAIR = 16

# One minus the leverage of a point: 0 where the others do not span it, else 1/(1 + ‖c‖²) for the least
# coefficients c with which they do. Those up to 3e4 count, which leave some 1e-11 to round-off.
_SPANNED = 1e-9


def describe(dataset: Dataset) -> dict[str, np.ndarray]:
    """Geometry of each replicate's training sample.

    Returns:
        Arrays ``(S,)``: ``psi`` and ``phi`` (`near_orthogonality`), ``gram_condition`` and ``rank``
        (`gram_spectrum`), ``explained``, the mean of `explained_parts`, and ``sign_agreement``.
    """
    psi, phi = near_orthogonality(dataset.X)
    gram_condition, rank = gram_spectrum(dataset.X)
    return {
        "psi": psi,
        "phi": phi,
        "gram_condition": gram_condition,
        "rank": rank,
        "explained": np.array([explained_parts(X).mean() for X in dataset.X]),
        "sign_agreement": sign_agreement(dataset.X, dataset.y),
    }


def near_orthogonality(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``ψ = max_i |‖x_i‖² - 1|`` and ``φ = max_{i≠j} |⟨x_i, x_j⟩|``.

    Args:
        X: features, ``(..., m, d)``, ``m ≥ 2``.

    Returns:
        ``psi (...)`` and ``phi (...)``; Assumption 2.3 of arXiv 2510.14844 asks for bounded norms and a
        small φ, the window ``1 ± ψ`` is ours.
    """
    phi = np.zeros(X.shape[:-2])
    for _, products in _pairs(X):
        phi = np.maximum(phi, np.abs(products).max(axis=(-2, -1)))
    return np.abs((X**2).sum(axis=-1) - 1).max(axis=-1), phi


def _pairs(X: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """``⟨x_i, x_j⟩`` for ``i < j``, 0 for other j, of some rows i at a time, ``(..., rows, m - first)``.

    Each block begins at its first row i, in j as well.
    """
    rows = max(1, WORK_ARRAY // X[..., 0].size)
    for first in range(0, X.shape[-2], rows):
        products = X[..., first : first + rows, :] @ np.swapaxes(X[..., first:, :], -1, -2)
        later = np.arange(products.shape[-1]) > np.arange(products.shape[-2])[:, None]
        yield first, np.where(later, products, 0.0)


def near_orthogonality_of_many(
    X: np.ndarray, operations: float | None = None, report: Callable[[float], None] | None = None
) -> tuple[float, float, bool]:
    """:func:`near_orthogonality` of ``X (m, d)``, the longest samples first, until no pair can be larger.

    The inner product of two samples is at most that of their lengths (Cauchy and Schwarz), so that shorter
    ones need not be looked at once φ is no less. If ``operations`` do not suffice, φ is the largest inner
    product of the longest samples with all others.

    Args:
        operations: multiplications, at most, of which all pairs take ``m² d/2``; by default OPERATIONS.
        report: is told after each block which share of the pairs has been looked at.

    Returns:
        ψ, φ, and whether φ is of all pairs: otherwise that one is no smaller.
    """
    left = OPERATIONS if operations is None else operations
    squares, samples = (X**2).sum(axis=1), len(X)
    order = np.argsort(-squares, kind="stable")
    Z, lengths = X[order], np.sqrt(squares[order])
    first, phi = 0, 0.0
    while first < samples - 1 and phi < lengths[first] * lengths[first + 1]:
        columns = samples - first
        affordable = left / (columns * (X.shape[1] + _A_PAIR))
        if first and affordable < 1:
            return _psi(squares), phi, False
        rows = max(1, int(min(affordable, WORK_ARRAY // columns)))
        products = Z[first : first + rows] @ Z[first:].T
        np.fill_diagonal(products, 0.0)
        phi = max(phi, float(products.max()), -float(products.min()))
        left -= rows * columns * (X.shape[1] + _A_PAIR)
        first += rows
        if report is not None:
            report(1.0 - ((samples - first) / samples) ** 2)
    return _psi(squares), phi, True


def _psi(squares: np.ndarray) -> float:
    return float(np.abs(squares - 1).max())


def sign_agreement(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Share of the pairs ``i < j`` with ``sign⟨x_i, x_j⟩ = y_i y_j``.

    On separated clusters the sign of an inner product tells whether two points are of one cluster (arXiv
    2510.14844, section 6); ½ where it tells nothing.

    Args:
        X: features, ``(..., m, d)``; y: labels ±1, ``(..., m)``.
    """
    m, agreeing = X.shape[-2], np.zeros(X.shape[:-2])
    for first, products in _pairs(X):
        signs = y[..., first : first + products.shape[-2], None] * y[..., None, first:]
        agreeing += (products * signs > 0).sum(axis=(-2, -1))
    return agreeing / (m * (m - 1) // 2)


def explained_parts(X: np.ndarray) -> np.ndarray:
    """``‖Π_i x_i‖² / ‖x_i‖²`` of each point, Π_i projecting on the span of the other points, ``(m,)``.

    0 for orthogonal points, 1 for a point in the span of the others. On equicorrelated points it is about
    ``(m − 1)ρ² / (1 + (m − 2)ρ)`` (docs/questions/correlation.md). Outside that span the squared distance is
    ``1/‖X⁺e_i‖²``, X⁺ the pseudoinverse.

    Args:
        X: features of one data set, ``(m, d)``, no row zero.
    """
    left, singular, _ = np.linalg.svd(_triangle(X).T, full_matrices=False)
    kept = singular > singular.max(initial=0.0) * max(X.shape) * np.finfo(X.dtype).eps
    left, singular = left[:, kept], singular[kept]
    outside = 1.0 - np.sum(left**2, axis=1) < _SPANNED
    squared_distance = 1.0 / np.sum((left / singular) ** 2, axis=1)
    return np.where(outside, 1.0 - squared_distance / np.sum(X**2, axis=1), 1.0)


def gram_spectrum(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``cond₂(XXᵀ) = (s_1/s_m)²`` and ``rank(XXᵀ)``, from the singular values ``s`` of ``X``.

    The singular values of ``X`` keep the digits that forming ``XXᵀ`` squares away: a rank read off
    them is right up to a condition number of about 1e30 instead of 1e15.

    Args:
        X: features, ``(..., m, d)``.

    Returns:
        ``gram_condition (...)``, infinite where the rank is below ``m``, and ``rank (...)``, the
        number of ``s > max(m, d) · eps · s_1``.
    """
    singular = np.linalg.svd(X, compute_uv=False)
    threshold = singular[..., :1] * max(X.shape[-2:]) * np.finfo(X.dtype).eps
    rank = np.sum(singular > threshold, axis=-1)
    full = rank == X.shape[-2]
    smallest = np.where(full, singular[..., -1], 1.0)
    return np.where(full, (singular[..., 0] / smallest) ** 2, np.inf), rank


def _triangle(X: np.ndarray) -> np.ndarray:
    """R of ``Xᵀ = QR``."""
    return cast(np.ndarray, np.linalg.qr(X.T, mode="r"))  # whose hints do not know modes apart
