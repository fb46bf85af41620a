"""The residual of an ascent step with the gradients from before it: least at the prescribed step, always.

``docs/theory.md``, theorem 6.9.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


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
    from scipy.optimize import nnls  # takes longer to load than all else, and is hardly ever needed

    # The triangular factor has the same lengths and angles in m + 1 dimensions.
    R = np.asarray(np.linalg.qr(np.column_stack([gradients, weights]), mode="r"))
    A, b = R[:, :-1], R[:, -1]
    rest = np.setdiff1d(np.arange(A.shape[1]), list(forget))
    multipliers, residual = nnls(A, b)
    removed = A[:, list(forget)] @ multipliers[list(forget)]
    after = [b - alpha * removed for alpha in fractions]
    return Frozen(
        multipliers,
        float(residual),
        float(np.linalg.norm(removed)),
        np.array([np.linalg.norm(part - A[:, rest] @ multipliers[rest]) for part in after]),
        np.array([nnls(A[:, rest], part)[1] for part in after]),
    )
