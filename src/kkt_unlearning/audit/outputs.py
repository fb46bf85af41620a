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

from kkt_unlearning.networks import TwoLayer
from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.program import Iterate, Program
from kkt_unlearning.quadratic.solver import Solver


def with_outputs(problem: Problem, u: np.ndarray) -> Problem:
    """The same samples, for a network with output weights ``u (n,)``."""
    return replace(problem, network=TwoLayer(len(u), tuple(u.tolist())))


def output_sum(problem: Problem, W: np.ndarray, multipliers: np.ndarray) -> np.ndarray:
    """``Σ_i λ_i y_i σ(⟨w_j, x_i⟩)``, shape (n,), for ``W (n, k)`` and ``λ (m,)``."""
    return np.maximum(problem.preactivations(W), 0.0) @ (multipliers * problem.y)


def joint_multipliers(
    problem: Problem,
    W: np.ndarray,
    clarke: np.ndarray,
    caps: np.ndarray,
    solver: Solver,
    guess: np.ndarray,
) -> np.ndarray:
    """``argmin ‖(W − Σ λ y g, u − Σ λ y σ)‖`` over ``0 ≤ λ ≤ caps``, shape (m,): least squares in λ alone.

    Args:
        problem: with the output weights u; W: ``(n, k)`` at their own scale.
        clarke: derivatives ``a (n, m)`` in g; caps: ``(m,)``, 0 leaves a sample out.
        guess: ``λ (m,)`` near the answer, from which the solver starts: of several answers the one reached.

    Raises:
        SolverError: the program could not be solved to the solver's tolerance.
    """
    V, P = problem.signs * clarke, problem.preactivations(W)
    lifted = problem.y * np.maximum(P, 0.0)
    ones = (caps > 0).astype(float)[None, None, :]
    program = Program(
        gram=((V.T @ V) * problem.gram + lifted.T @ lifted)[None],
        lower=ones,
        upper=ones,
        reward=ones[0] * ((V * P).sum(axis=0) + problem.output_weights @ lifted),
        target=np.zeros_like(ones),
        cap=caps[None],
    )
    start = np.minimum(guess, caps)[None]
    return np.asarray(solver.optimum(program, Iterate(start, start[:, None, :])).multipliers[0])


def joint_residual(
    problem: Problem, W: np.ndarray, multipliers: np.ndarray, clarke: np.ndarray
) -> float:
    """``‖(W − Σ λ y g, u − Σ λ y σ)‖ / ‖(W, u)‖``; arguments as for :func:`joint_multipliers`."""
    u = problem.output_weights
    left = W - problem.combination(multipliers, clarke), u - output_sum(problem, W, multipliers)
    return float(np.hypot(*map(np.linalg.norm, left)) / np.hypot(*map(np.linalg.norm, (W, u))))


def joint_distance(W: np.ndarray, V: np.ndarray, u: np.ndarray) -> float:
    """``1 − cos`` of ``(W, u)`` and ``(V, u)``."""
    a, b = (np.append(M.ravel(), u) for M in (W, V))
    return float(0.5 * ((a / np.linalg.norm(a) - b / np.linalg.norm(b)) ** 2).sum())
