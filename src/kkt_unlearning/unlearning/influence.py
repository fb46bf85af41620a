"""The influence-function step: one Newton step towards the minimiser without the forgotten samples."""

from collections.abc import Sequence

import numpy as np

from kkt_unlearning.datasets.memory import check_memory
from kkt_unlearning.errors import DataError
from kkt_unlearning.kkt.multipliers import gradient_gram
from kkt_unlearning.problem import Problem, retained
from kkt_unlearning.training.losses import LOSSES

_EPS = float(np.finfo(float).eps)


def influence_step(
    problem: Problem,
    W: np.ndarray,
    forget: Sequence[int],
    *,
    loss: str = "exponential",
    damping: float = 1.0,
) -> np.ndarray:
    """``θ' = θ − (μ I + Σ_{i∉R} ℓ''(q_i) g_i g_iᵀ)⁻¹ Σ_{r∈R} (−ℓ'(q_r)) y_r g_r``.

    The ridge ``μ = c Σ_i (−ℓ'(q_i)) q_i / ‖θ‖²`` with ``c = 1`` is the one whose regularised loss
    ``Σ ℓ(q_i) + ½ μ ‖θ‖²`` has θ for a stationary point, if it has one for any. The Hessian has rank
    at most m, and with ``V = (y_i g_i)_i``, ``K = VᵀV``, ``D = diag(ℓ'')`` and ``h = −ℓ'``

        ``θ' = θ − μ⁻¹ (V_R h_R − V_I D_I^½ (μ I + D_I^½ K_II D_I^½)⁻¹ D_I^½ K_IR h_R)``:

    the prescribed step with ``λ_R = h_R/μ``, and a correction that undoes what it does to the margins
    of the retain set I (``docs/questions/recovery.md``). The system is one of the samples whose curvature is
    not round-off beside the ridge, which of many samples are few.

    Args:
        problem: network and all samples.
        W: weights ``(n, k)`` with positive margins, at the scale that training left them at.
        forget: indices R of the samples to forget.
        loss: ``exponential`` or ``logistic``.
        damping: c > 0.

    Returns:
        Weights ``(n, k)`` at the same scale.

    Raises:
        DataError: a bad forget set, ``damping <= 0``, or margins of which the weighted sum is not positive;
            or this machine's memory would not do.

    Reference: Koh and Liang, *Understanding Black-box Predictions via Influence Functions*, ICML 2017.
    """
    keep = retained(problem.samples, forget)
    h, curvature, mu = newton_terms(problem, W, loss, damping)
    pattern, R = problem.pattern(W), np.setdiff1d(np.arange(problem.samples), keep)
    squares = (problem.signs * pattern) ** 2
    bending = curvature * squares.sum(axis=0) * (problem.X**2).sum(axis=1)
    keep = keep[bending[keep] > _EPS * mu]  # of others the Hessian is round-off beside the ridge
    check_memory(
        8 * 4 * len(keep) ** 2,
        f"the influence step: {len(keep)} samples bend the loss",
        "use fewer samples or train for longer, until fewer are near the margin",
    )
    root = np.sqrt(curvature[keep])
    system = (
        mu * np.eye(len(keep)) + root[:, None] * gradient_gram(problem, pattern, keep, keep) * root
    )
    pull = root * (gradient_gram(problem, pattern, keep, R) @ h[R])
    coefficients = np.zeros(problem.samples)
    coefficients[R] = h[R] / mu
    coefficients[keep] = -root * np.linalg.solve(system, pull) / mu
    return W - problem.combination(coefficients, pattern)


def newton_terms(
    problem: Problem, W: np.ndarray, loss: str, damping: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """``h = −ℓ'(q)`` and ``ℓ''(q)``, both over the largest of h, (m,), and the ridge μ that goes with them.

    Raises:
        DataError: ``damping <= 0``, or margins of which the weighted sum is not positive.
    """
    if not 0 < damping < np.inf:
        raise DataError(f"damping = {damping}: allowed are numbers > 0; 1 is the natural one.")
    q = problem.margins(W)
    h, curvature = _slopes_and_curvatures(q, loss)
    if not h @ q > 0:
        raise DataError(
            f"smallest margin of the trained weights = {q.min():.3g}: it must be positive; train for longer."
        )
    return h, curvature, damping * float(h @ q) / float((W**2).sum())


def _slopes_and_curvatures(q: np.ndarray, loss: str) -> tuple[np.ndarray, np.ndarray]:
    """``−ℓ'(q_i)`` and ``ℓ''(q_i)`` over the largest slope: a common factor leaves the step as it is."""
    log_slopes = LOSSES[loss].log_slope(q)
    top = log_slopes.max()
    return np.exp(log_slopes - top), np.exp(LOSSES[loss].log_curvature(q) - top)
