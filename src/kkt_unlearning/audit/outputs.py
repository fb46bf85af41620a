"""Two-layer networks whose output weights are trained as well: homogeneous of degree 2.

``N(θ, x) = Σ_j u_j σ(⟨w_j, x⟩)`` with ``θ = (W, u)`` has the KKT conditions ``W = Σ_i λ_i y_i g_i`` with
``g_i`` as for fixed u, and ``u = Σ_i λ_i y_i σ(P_·i)``. So W is a KKT point for these u held fixed, with
multipliers ``λ/γ`` after scaling W alone to smallest margin 1, where γ is the smallest margin of θ; the
second condition comes on top. The λ taken here leave the least residual of both, with the derivatives that
fit the first best: where these are 0 or 1 that is the least there is, on kinks a bound. ``docs/theory.md``,
section 10.
"""

from dataclasses import replace

import numpy as np

from kkt_unlearning.kkt.clarke import fit_multipliers
from kkt_unlearning.kkt.multipliers import gradient_matrix
from kkt_unlearning.kkt.point import KKTPoint
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.networks import Linear, TwoLayer
from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.solver import Solver


def with_outputs(problem: Problem, u: np.ndarray) -> Problem:
    """The same samples, for a network with output weights ``u (n,)``."""
    return replace(problem, network=TwoLayer(len(u), tuple(u.tolist())))


def output_sum(problem: Problem, W: np.ndarray, multipliers: np.ndarray) -> np.ndarray:
    """``Σ_i λ_i y_i σ(⟨w_j, x_i⟩)``, shape (n,), for ``W (n, k)`` and ``λ (m,)``."""
    return np.maximum(problem.preactivations(W), 0.0) @ (multipliers * problem.y)


def joint_fit(
    problem: Problem,
    W: np.ndarray,
    clarke: np.ndarray,
    caps: np.ndarray,
    solver: Solver,
    guess: np.ndarray,
) -> tuple[float, np.ndarray]:
    """``min ‖(W − Σ λ y g, u − Σ λ y σ)‖ / ‖(W, u)‖`` over ``0 ≤ λ ≤ caps``, and λ ``(m,)`` that attain it.

    That is the fit of a linear model to the samples ``y_i ∂N(θ, x_i)``, in all weights.

    Args:
        problem: with the output weights u; W: ``(n, k)`` at their own scale.
        clarke: derivatives ``a (n, m)`` in g; caps: ``(m,)``, 0 leaves a sample out.
        guess: ``λ (m,)`` near the answer, from which the solver starts: of several answers the one reached.

    Raises:
        SolverError: the program could not be solved to the solver's tolerance.
    """
    active = np.maximum(problem.preactivations(W), 0.0) * problem.y
    gradients = np.hstack([gradient_matrix(problem, clarke).T, active.T])
    theta, ones = np.append(W.ravel(), problem.output_weights)[None], np.ones((1, problem.samples))
    whole = Problem(Linear(), gradients, ones[0])
    fit = fit_multipliers(whole, theta, ones < 1, caps, solver, (guess, ones))
    return float(fit.residual / np.linalg.norm(theta)), fit.multipliers


def arrived(point: KKTPoint, W: np.ndarray, joint: bool) -> float:
    """``1 − cos`` from W to the exact point that it leads to, or for trained outputs from ``(W, u)`` to
    ``Σ_i λ_i y_i ∂N(θ*, x_i)`` there: 0 for KKT points in all weights and for them alone.
    """
    if not joint:
        return float(cosine_distance(W, point.W))
    u = point.problem.output_weights
    return joint_distance(W, point.W, u, output_sum(point.problem, point.W, point.multipliers))


def joint_distance(
    W: np.ndarray, V: np.ndarray, u: np.ndarray, v: np.ndarray | None = None
) -> float:
    """``1 − cos`` of ``(W, u)`` and ``(V, v)``, where v is by default u."""
    a, b = np.append(W.ravel(), u), np.append(V.ravel(), u if v is None else v)
    return float(0.5 * ((a / np.linalg.norm(a) - b / np.linalg.norm(b)) ** 2).sum())
