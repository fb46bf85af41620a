"""How far a data set is from orthogonal, and whether a max-margin problem on it has a solution."""

from typing import cast

import numpy as np

from kkt_unlearning.backends import WORK_ARRAY
from kkt_unlearning.datasets.dataset import Dataset
from kkt_unlearning.errors import SolverError

PAIRS = 2**23
"""Inner products that are looked at for φ, at most: about 0.1 s in 100 dimensions."""

# A margin that no linear program is needed to see: a thousand times the least that one sees, about 1e-9.
_CLEARLY_SEPARABLE = 1e-6
_LEAST_SEEN = 1e-9

# One minus the leverage of a point: 0 where the others do not span it, else 1/(1 + ‖c‖²) for the least
# coefficients c with which they do. Those up to 3e4 count, which leave some 1e-11 to round-off.
_SPANNED = 1e-9


def describe(dataset: Dataset) -> dict[str, np.ndarray]:
    """Geometry of each replicate's training sample.

    Returns:
        Arrays ``(S,)``: ``psi`` and ``phi`` (`near_orthogonality`), ``gram_condition`` and ``rank``
        (`gram_spectrum`), ``explained``, the mean of `explained_parts`, ``sign_agreement``, and
        ``separable`` (`linearly_separable`).

    Raises:
        SolverError: the linear program of `linearly_separable` came to no answer.
    """
    psi, phi = near_orthogonality(dataset.X)
    gram_condition, rank = gram_spectrum(dataset.X)
    separable = np.array(
        [linearly_separable(X, y) for X, y in zip(dataset.X, dataset.y, strict=True)]
    )
    return {
        "psi": psi,
        "phi": phi,
        "gram_condition": gram_condition,
        "rank": rank,
        "explained": np.array([explained_parts(X).mean() for X in dataset.X]),
        "sign_agreement": sign_agreement(dataset.X, dataset.y),
        "separable": separable,
    }


def near_orthogonality(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``ψ = max_i |‖x_i‖² - 1|`` and ``φ = max_{i≠j} |⟨x_i, x_j⟩|``.

    Args:
        X: features, ``(..., m, d)``, ``m ≥ 2``.

    Returns:
        ``psi (...)`` and ``phi (...)``; Assumption 2.3 of arXiv 2510.14844 asks for bounded norms and a
        small φ, the window ``1 ± ψ`` is ours.
    """
    rows = max(1, WORK_ARRAY // X[..., 0].size)  # of the Gram matrix at once
    psi, phi = np.zeros(X.shape[:-2]), np.zeros(X.shape[:-2])
    for start in range(0, X.shape[-2], rows):
        products = np.abs(X[..., start : start + rows, :] @ np.swapaxes(X[..., start:, :], -1, -2))
        own = np.arange(products.shape[-2])
        squared_norms = products[..., own, own]
        products[..., own, own] = 0.0
        psi = np.maximum(psi, np.abs(squared_norms - 1).max(axis=-1))
        phi = np.maximum(phi, products.max(axis=(-2, -1)))
    return psi, phi


def near_orthogonality_of_many(X: np.ndarray) -> tuple[float, float, bool]:
    """:func:`near_orthogonality` of ``X (m, d)`` for 8 million pairs at most, in ``O(m d)`` beyond.

    With more samples than 4,096 φ is the largest inner product of the longest samples with all others. It is
    that of all pairs as well if no two of the rest are long enough for a larger one.

    Returns:
        ψ, φ, and whether φ is of all pairs: otherwise that one is no smaller.
    """
    samples = len(X)
    if samples * (samples - 1) // 2 <= PAIRS:
        few = near_orthogonality(X)
        return float(few[0]), float(few[1]), True
    squares = (X**2).sum(axis=1)
    order = np.argsort(-squares, kind="stable")
    rows, phi, longest = max(1, WORK_ARRAY // samples), 0.0, max(1, PAIRS // samples)
    for start in range(0, longest, rows):
        part = order[start : min(start + rows, longest)]
        products = np.abs(X[part] @ X.T)
        products[np.arange(len(part)), part] = 0.0
        phi = max(phi, float(products.max()))
    rest = squares[order[longest]]  # by Cauchy and Schwarz
    return float(np.abs(squares - 1).max()), phi, bool(phi >= rest)


def sign_agreement(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Share of the pairs ``i < j`` with ``sign⟨x_i, x_j⟩ = y_i y_j``.

    On separated clusters the sign of an inner product tells whether two points are of one cluster (arXiv
    2510.14844, section 6); ½ where it tells nothing.

    Args:
        X: features, ``(..., m, d)``; y: labels ±1, ``(..., m)``.
    """
    first, second = np.triu_indices(X.shape[-2], 1)
    products = (X @ np.swapaxes(X, -1, -2))[..., first, second]
    return np.mean(products * y[..., first] * y[..., second] > 0, axis=-1)


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


def linearly_separable(X: np.ndarray, y: np.ndarray) -> bool:
    """Whether some ``w`` has ``y_i ⟨w, x_i⟩ ≥ 1`` for all ``i``.

    The hyperplane goes through the origin: there is no bias term. Clearly independent samples are
    separable whatever their labels. Otherwise a linear program decides, in coordinates of the span
    of the points, ``X = LQᵀ`` with ``QᵀQ = 1``. These are at most ``m``, so that a large ``d`` costs
    no more than the factorisation. Classes that only a margin below about 1e-9 of the points' norm
    separates count as not separable.

    Args:
        X: features of one data set, ``(m, d)``.
        y: labels ±1, ``(m,)``.

    Returns:
        True if the linear max-margin problem is feasible; otherwise the linear model has no KKT
        point.

    Raises:
        SolverError: the linear program came to no answer.
    """
    coordinates = _signed_unit_coordinates(X, y)
    samples, size = coordinates.shape
    if size == samples and _margin_of_independent(coordinates) > _CLEARLY_SEPARABLE:
        return True

    from scipy.optimize import linprog  # slow to load, and nothing else here needs it

    solution = linprog(
        np.zeros(size),
        A_ub=-coordinates,
        b_ub=-np.ones(samples),
        bounds=(None, None),
        method="highs",
    )
    return solution.status == 0 if solution.status in (0, 2) else _margin(coordinates) > _LEAST_SEEN


def _margin(Z: np.ndarray) -> float:
    """``max t ≤ 1`` with ``Zw ≥ t`` for some ``w`` of ``[-1, 1]^k``, ``Z (m, k)`` of length 1, sign included.

    This program has a solution, ``w = 0`` at least, and no large one, so that a solver ends where it comes to
    no answer about margins 1: on samples that a tiny margin separates, or none.

    Raises:
        SolverError: the linear program came to no answer.
    """
    from scipy.optimize import linprog

    samples, size = Z.shape
    solution = linprog(
        np.append(np.zeros(size), -1.0),
        A_ub=np.column_stack([-Z, np.ones(samples)]),
        b_ub=np.zeros(samples),
        bounds=[*[(-1.0, 1.0)] * size, (0.0, 1.0)],
        method="highs",
    )
    if solution.status != 0:
        raise SolverError(
            f"the linear program of separability ended with {solution.message!r}, "
            "neither feasible nor infeasible: check that no feature is many orders of magnitude "
            "larger than the others."
        )
    return float(solution.x[-1])


def _margin_of_independent(Z: np.ndarray) -> float:
    """A margin that linearly independent samples have at least, ``Z (m, m)`` of length 1, sign included.

    Some ``w`` has ``Zw = 1``, and ``‖w‖ ≤ √m / s``, s the smallest singular value of Z.
    """
    return float(np.linalg.svd(Z, compute_uv=False)[-1] / np.sqrt(len(Z)))


def _signed_unit_coordinates(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """``y_i x_i / ‖x_i‖`` in an orthonormal basis of the span, ``(m, min(m, d))``.

    The length of a point does not matter to separability, but the solver takes coefficients below
    1e-9 for 0.
    """
    norms = np.linalg.norm(X, axis=1, keepdims=True)
    units = y[:, None] * X / np.where(norms > 0, norms, 1.0)
    return _triangle(units).T


def _triangle(X: np.ndarray) -> np.ndarray:
    """R of ``Xᵀ = QR``."""
    return cast(np.ndarray, np.linalg.qr(X.T, mode="r"))  # whose hints do not know modes apart
