"""What a certificate allows an attacker: bounds on outputs and on the AUC of a threshold.

``docs/questions/membership.md``.
"""

import numpy as np

from kkt_unlearning.attacks.roc import auc


def reach(X: np.ndarray, x: np.ndarray) -> float:
    """``‖Π x‖``, Π the orthogonal projection onto the span of the rows of ``X (m, k)``; ``x (k,)``."""
    coefficients = np.linalg.lstsq(X.T, x, rcond=None)[0]
    return float(np.linalg.norm(coefficients @ X))


def output_shift(reach: np.ndarray, tau: np.ndarray) -> np.ndarray:
    """``ρ √(2τ)``: how far apart the outputs at x of two networks of norm 1 can be, any shape.

    Args:
        reach: ρ, ``‖x‖``, or ``‖Π x‖`` where all weights lie in the span that Π projects onto.
        tau: ``1 − cos`` between the networks.
    """
    return reach * np.sqrt(2.0 * np.maximum(tau, 0.0))


def auc_interval(
    nearby: np.ndarray, others: np.ndarray, shift: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Bounds on ``AUC(v; others)`` for all ``v (…, n)`` with ``|v − nearby| ≤ shift``, whatever the laws."""
    return auc(nearby - shift, others), auc(nearby + shift, others)


def distance_to_optimum(epsilon: np.ndarray, slack: np.ndarray) -> np.ndarray:
    """``½ (ε + √(ε² + 4s))``: how far an (ε, δ)-approximate KKT point is from the optimum, if (1) is convex.

    Args:
        epsilon: stationarity error ``‖θ − Σ_i λ_i y_i g_i‖``, not relative.
        slack: ``s = Σ_i λ_i (q_i − 1) ≤ m δ``.
    """
    return 0.5 * (epsilon + np.sqrt(epsilon**2 + 4.0 * slack))
