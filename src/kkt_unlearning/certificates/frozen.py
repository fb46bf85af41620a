"""The residual of an ascent step with the gradients from before it: least at the prescribed step, always.

``docs/theory.md``, theorem 6.18.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kkt_unlearning.quadratic.pivoting import nonnegative


@dataclass(frozen=True)
class Frozen:
    """``θ − αΔ``, ``Δ = Σ_r λ_r y_r g_r``, against the retained gradients as they were at θ.

    Attributes:
        multipliers: ``λ = argmin_{λ ≥ 0} ‖θ − Σ_i λ_i y_i g_i‖`` over all samples, ``(m,)``.
        residual: that minimum, ``‖ρ‖``.
        removed: ``‖Δ‖``.
        kept: ``‖θ − αΔ − Σ_{i∈I} λ_i y_i g_i‖`` for each α, ``(A,)``.
        refit: ``min_{μ ≥ 0} ‖θ − αΔ − Σ_{i∈I} μ_i y_i g_i‖``, ``(A,)``.
    """

    multipliers: np.ndarray
    residual: float
    removed: float
    kept: np.ndarray
    refit: np.ndarray


def frozen(
    gradients: np.ndarray, weights: np.ndarray, forget: Sequence[int], fractions: Sequence[float]
) -> Frozen:
    """The residuals after steps of any network, from its weights and gradients alone.

    Args:
        gradients: columns ``y_i g_i`` at the weights, ``(p, m)``.
        weights: θ, ``(p,)``.
        forget: indices R; fractions: α of each step, A of them.
    """
    # The triangular factor has the same lengths and angles in m + 1 dimensions.
    R = np.asarray(np.linalg.qr(np.column_stack([gradients, weights]), mode="r"))
    A, b = R[:, :-1], R[:, -1]
    rest = np.setdiff1d(np.arange(A.shape[1]), list(forget))
    multipliers = _fit(A, b)
    removed = A[:, list(forget)] @ multipliers[list(forget)]
    after = [b - alpha * removed for alpha in fractions]
    return Frozen(
        multipliers,
        float(np.linalg.norm(b - A @ multipliers)),
        float(np.linalg.norm(removed)),
        np.array([np.linalg.norm(part - A[:, rest] @ multipliers[rest]) for part in after]),
        np.array([np.linalg.norm(part - A[:, rest] @ _fit(A[:, rest], part)) for part in after]),
    )


def _fit(A: np.ndarray, b: np.ndarray) -> np.ndarray:
    """``argmin ‖b − A λ‖`` over ``λ ≥ 0``; one of them where columns depend on one another."""
    fitted = nonnegative(A.T @ A, A.T @ b)
    if fitted is not None:
        return fitted
    from scipy.optimize import nnls  # takes longer to load than all else, and is hardly ever needed

    return np.asarray(nnls(A, b)[0])
