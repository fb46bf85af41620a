"""From a solver's 9 digits to machine precision: solve the equations of the active set exactly.

Once it is known which margins are 1 (the support) and which pre-activations are 0 (the kinks), the KKT
conditions are linear. With ``W = C X`` and ``B_ji = y_i u_j A_ji`` off the kinks, each neuron's kinks give

    C_jK = −G_KK⁻¹ G_K· (B_j ∘ λ),

so ``C`` is linear in ``λ``, and ``q_i = 1`` on the support is a small square system for ``λ``.
``docs/theory.md``, section 5.
"""

import numpy as np

from kkt_unlearning.maxmargin.cell import CellSolution
from kkt_unlearning.problem import Problem

_SUPPORT = 1e-7  # a multiplier below this share of the largest one is a zero of the solver's


def active_kinks(problem: Problem, solution: CellSolution) -> np.ndarray:
    """Entries held on the kink, ``(n, m)``: the dual of the sign constraint exceeds the primal slack.

    Both are divided by their natural size first; at an exact optimum one of the two is 0.
    """
    if not problem.network.has_kinks:
        return np.zeros(solution.sign_multipliers.shape, bool)
    P = np.abs(problem.preactivations(solution.W))
    force = solution.sign_multipliers / (
        problem.output_weights[:, None] * solution.multipliers.max()
    )
    return np.abs(force) > P / P.max()


def solve_active_set(
    problem: Problem, pattern: np.ndarray, solution: CellSolution, kinks: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """Exact ``(λ (m,), C (n, m))`` for the support of ``solution`` and the given ``kinks``.

    None where the linear system is singular (duplicated points, more samples than dimensions): the
    multipliers are not unique there, and the solver's stand.
    """
    G, off = problem.gram, ~kinks
    B = problem.signs * pattern * off
    try:
        response = _kink_response(G, kinks, B)
        H = np.einsum("ji,jik->ik", B, G @ response)
        support = np.flatnonzero(solution.multipliers > _SUPPORT * solution.multipliers.max())
        multipliers = np.zeros(problem.samples)
        multipliers[support] = np.linalg.solve(H[np.ix_(support, support)], np.ones(len(support)))
    except np.linalg.LinAlgError:
        return None
    return multipliers, response @ multipliers


def _kink_response(G: np.ndarray, kinks: np.ndarray, B: np.ndarray) -> np.ndarray:
    """``dC_j/dλ`` of every neuron, ``(n, m, m)``: B off the kinks, and what keeps P = 0 on them."""
    inside = kinks[:, :, None] & kinks[:, None, :]
    identity = np.eye(G.shape[0])
    left = np.where(inside, G, 0.0) + identity * ~kinks[:, :, None]
    right = np.where(kinks[:, :, None], -G * B[:, None, :], 0.0)
    return np.linalg.solve(left, right) + identity * B[:, :, None]
