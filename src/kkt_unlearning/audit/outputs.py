"""Two-layer networks whose output weights are trained as well: homogeneous of degree 2.

``N(θ, x) = Σ_j u_j σ(⟨w_j, x⟩)`` with ``θ = (W, u)`` has the KKT conditions ``W = Σ_i λ_i y_i g_i`` with
``g_i`` as for fixed u, and ``u = Σ_i λ_i y_i σ(P_·i)``. So W is a KKT point for these u held fixed, with
multipliers ``λ/γ`` after scaling W alone to smallest margin 1, where γ is the smallest margin of θ; the
second condition comes on top. Any ``λ ≥ 0`` gives an upper bound on the least residual of both, and those
that fit the first are taken here. ``docs/theory.md``, section 10.
"""

from dataclasses import replace

import numpy as np

from kkt_unlearning.kkt.residuals import KKTResiduals
from kkt_unlearning.networks import TwoLayer
from kkt_unlearning.problem import Problem


def with_outputs(problem: Problem, u: np.ndarray) -> Problem:
    """The same samples, for a network with output weights ``u (n,)``."""
    return replace(problem, network=TwoLayer(len(u), tuple(u.tolist())))


def output_sum(problem: Problem, W: np.ndarray, multipliers: np.ndarray) -> np.ndarray:
    """``Σ_i λ_i y_i σ(⟨w_j, x_i⟩)``, shape (n,), for ``W (n, k)`` and ``λ (m,)``."""
    return np.maximum(problem.preactivations(W), 0.0) @ (multipliers * problem.y)


def joint_residuals(
    problem: Problem, W: np.ndarray, found: KKTResiduals, multipliers: np.ndarray, gamma: float
) -> KKTResiduals:
    """The residuals of ``θ = (W, u)`` from those of ``W/γ`` with multipliers ``λ/γ`` for u held fixed."""
    together = joint_residual(problem, W, found.stationarity, gamma * multipliers)
    return replace(found, stationarity=together)


def joint_residual(
    problem: Problem, W: np.ndarray, relative: float, multipliers: np.ndarray
) -> float:
    """``‖(W − Σ λ y g, u − Σ λ y σ)‖ / ‖(W, u)‖``.

    Args:
        problem: with the output weights u; W: ``(n, k)`` at their own scale.
        relative: ``‖W − Σ_i λ_i y_i g_i‖ / ‖W‖``.
        multipliers: λ of θ.
    """
    u, norm = problem.output_weights, np.linalg.norm(W)
    left = u - output_sum(problem, W, multipliers)
    return float(
        np.hypot(relative * norm, np.linalg.norm(left)) / np.hypot(norm, np.linalg.norm(u))
    )


def joint_distance(W: np.ndarray, V: np.ndarray, u: np.ndarray) -> float:
    """``1 − cos`` of ``(W, u)`` and ``(V, u)``."""
    a, b = (np.append(M.ravel(), u) for M in (W, V))
    return float(0.5 * ((a / np.linalg.norm(a) - b / np.linalg.norm(b)) ** 2).sum())
