"""From a solver's 9 digits to machine precision: solve the equations of the active set exactly.

Once it is known which margins are 1 (the support) and which pre-activations are 0 (the kinks), the KKT
conditions are linear. With ``W = C X`` and ``B_ji = y_i u_j A_ji`` off the kinks, each neuron's kinks give

    C_jK = −G_KK⁻¹ G_K· (B_j ∘ λ),

so ``C`` is linear in ``λ``, and ``q_i = 1`` on the support is a small square system for ``λ``.
``docs/theory.md``, section 5.
"""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.maxmargin.cell import CellSolution
from kkt_unlearning.problem import Problem

_ROUNDS = 20
_EXACT = 1e-11  # round-off, relative to the largest of its kind
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


@dataclass(frozen=True)
class ActiveSet:
    """Which constraints hold with equality, and the point where they do.

    Attributes:
        multipliers: ``λ (m,)``.
        coefficients: ``C (n, m)`` of ``W = C X``.
        kinks: boolean ``(n, m)``.
    """

    multipliers: np.ndarray
    coefficients: np.ndarray
    kinks: np.ndarray


def finish(problem: Problem, pattern: np.ndarray, solution: CellSolution) -> ActiveSet | None:
    """The active set of ``solution`` solved exactly, and corrected where that shows it to be wrong.

    A kink whose force points outwards is dropped, an entry beyond its side becomes a kink, and likewise
    for the support: the primal-dual active-set method, which near a solution ends after a round or two.

    None where it does not end, or where a system is singular (duplicated points, more samples than
    dimensions): the multipliers are not unique there, and the solver's stand.
    """
    kinks = active_kinks(problem, solution)
    support = solution.multipliers > _SUPPORT * solution.multipliers.max()
    for _ in range(_ROUNDS):
        try:
            found = _solve(problem, pattern, kinks, support)
        except np.linalg.LinAlgError:
            return None
        kinks, support, changed = _corrected(problem, pattern, found, support)
        if not changed:
            return found
    return None


def _solve(
    problem: Problem, pattern: np.ndarray, kinks: np.ndarray, support: np.ndarray
) -> ActiveSet:
    G, B = problem.gram, problem.signs * pattern * ~kinks
    response = _kink_response(G, kinks, B)
    H = np.einsum("ji,jik->ik", B, G @ response)
    multipliers = np.zeros(problem.samples)
    multipliers[support] = np.linalg.solve(H[np.ix_(support, support)], np.ones(support.sum()))
    return ActiveSet(multipliers, response @ multipliers, kinks)


def _corrected(
    problem: Problem, pattern: np.ndarray, found: ActiveSet, support: np.ndarray
) -> tuple[np.ndarray, np.ndarray, bool]:
    """Kinks and support as the point found says, and whether that changes them."""
    side, scale = 2.0 * pattern - 1.0, np.abs(found.multipliers).max()
    P = found.coefficients @ problem.gram
    q = (problem.signs * pattern * P).sum(axis=0)
    force = side * (found.coefficients - found.multipliers * problem.signs * pattern)
    kept = force >= -_EXACT * scale * np.abs(problem.output_weights).max()
    crossed = side * P < -_EXACT * np.abs(P).max()
    kinks = np.where(found.kinks, kept, crossed & problem.network.has_kinks)
    support_now = np.where(support, found.multipliers >= -_EXACT * scale, q < 1.0 - _EXACT)
    changed = (kinks != found.kinks).any() or (support_now != support).any()
    return kinks, support_now, bool(changed)


def _kink_response(G: np.ndarray, kinks: np.ndarray, B: np.ndarray) -> np.ndarray:
    """``dC_j/dλ`` of every neuron, ``(n, m, m)``: B off the kinks, and what keeps P = 0 on them."""
    inside = kinks[:, :, None] & kinks[:, None, :]
    identity = np.eye(G.shape[0])
    left = np.where(inside, G, 0.0) + identity * ~kinks[:, :, None]
    right = np.where(kinks[:, :, None], -G * B[:, None, :], 0.0)
    return np.linalg.solve(left, right) + identity * B[:, :, None]
