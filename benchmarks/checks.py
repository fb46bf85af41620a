"""The same checks of correctness for every contestant of a max-margin problem.

All are relative: objective and gap to ½‖W*‖², distances to ‖W*‖, pre-activations to the largest one.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TypeVar

import numpy as np

from benchmarks.peers.cell import Cell, Solution

LEEWAY = 10.0  # solvers divide by norms of their own: so many times the tolerance may be left
EXACT = 1e-9  # of an answer that was asked for no tolerance

STRICT = (1e-12, 1e-11, 1e-10, 1e-9)

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Measures:
    """How good an answer is.

    Attributes:
        objective_error: ``|‖W‖² / ‖W*‖² − 1|``.
        primal_violation: the worst of ``1 − q_i`` and ``−s_ji P_ji / max|P|``.
        distance: ``‖W − W*‖ / ‖W*‖`` to the arbiter's W*.
        gap: ``|½‖W‖² − (Σ_i λ_i − ½‖CX‖²)| / ½‖W‖²``.
        residual: the worst of violation, gap, ``‖W − CX‖ / ‖W‖``, and of the negative part and the
            complementary slackness of the multipliers.
    """

    objective_error: float
    primal_violation: float
    distance: float
    gap: float
    residual: float


def measures(cell: Cell, solution: Solution, arbiter: np.ndarray | None) -> Measures:
    """Of an answer in a cell; ``C_ji = λ_i y_i u_j A_ji + s_ji ν_ji``.

    Args:
        cell: the natural one (every count 1); the linear model is one neuron without signs.
        arbiter: ``W* (n, k)``; None where the problem is too large for one, and what needs it is nan.
    """
    W, multipliers, forces = solution
    judge = np.full_like(W, np.nan) if arbiter is None else arbiter
    P = W @ cell.X.T
    q = (cell.drive * P).sum(axis=0)
    inside = cell.side * P / np.abs(P).max() if cell.has_signs else np.zeros_like(P)
    C = multipliers * cell.drive + cell.side * forces
    primal, dual = 0.5 * (W**2).sum(), multipliers.sum() - 0.5 * ((C @ cell.X) ** 2).sum()
    violation = max(float((1.0 - q).max()), float((-inside).max()), 0.0)
    gap = float(abs(primal - dual) / primal)
    stationarity = float(np.linalg.norm(W - C @ cell.X) / np.linalg.norm(W))
    size = multipliers.max()
    pull = forces / (size * np.abs(cell.u).max())
    signs = max(float(-multipliers.min() / size), float(-pull.min()), 0.0)
    slack = max(
        float(np.abs(multipliers * (q - 1.0)).max() / size), float(np.abs(pull * inside).max())
    )
    return Measures(
        objective_error=float(abs((W**2).sum() / (judge**2).sum() - 1.0)),
        primal_violation=violation,
        distance=float(np.linalg.norm(W - judge) / np.linalg.norm(judge)),
        gap=gap,
        residual=max(violation, gap, stationarity, signs, slack),
    )


def strictest(solve: Callable[[float], Answer]) -> Answer:
    """The arbiter's answer: at the smallest tolerance that the solver reaches on this instance."""
    for tolerance in STRICT[:-1]:
        try:
            return solve(tolerance)
        except Exception:  # each solver has its own way to say that it came no nearer
            continue
    return solve(STRICT[-1])


def verdict(found: Measures, tolerance: float = 0.0) -> str:
    """Empty where the answer has the accuracy asked for, else what fails and by how much.

    For a feasible W strong convexity bounds ``(distance)²`` by the gap. ``residual`` is reported only:
    solvers promise little about complementary slackness.
    """
    accuracy = LEEWAY * max(tolerance, EXACT)
    allowed = dict.fromkeys(("objective_error", "primal_violation", "gap"), accuracy)
    allowed["distance"] = np.sqrt(accuracy)
    values = asdict(found)
    if np.isnan(found.distance):  # no arbiter
        allowed = {key: allowed[key] for key in ("primal_violation", "gap")}
    failed = [f"{key} {values[key]:.1e}" for key, most in allowed.items() if not values[key] < most]
    return f"fails the check: {', '.join(failed)}" if failed else ""
