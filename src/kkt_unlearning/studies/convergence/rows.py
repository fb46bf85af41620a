"""What a certificate is worth when training has not converged: unlearning from weights on the way.

``docs/questions/convergence.md``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from kkt_unlearning.certificates.certificate import certify_all
from kkt_unlearning.certificates.restore import restore
from kkt_unlearning.certificates.stationarity import least_epsilon
from kkt_unlearning.kkt.multipliers import least_squares_multipliers, loss_gradient_multipliers
from kkt_unlearning.kkt.point import KKTPoint
from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.precision import ROUND_OFF
from kkt_unlearning.problem import Problem, kept
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.studies.case import Case
from kkt_unlearning.studies.tables import Row
from kkt_unlearning.training import Descent
from kkt_unlearning.unlearning.ascent import ascend, unlearn_all

AGENTS = ("clarke", "exact", "slopes", "least_squares", "nothing")


@dataclass(frozen=True)
class Reference:
    """What the certificates along a run are held against, for F forget sets.

    Attributes:
        point: the exact KKT point that the run is heading for.
        targets: weights ``(F, n, k)`` of the exact KKT points of the retained problems.
        delta: δ allowed, ``(F,)``: the budget of the step from ``point``, the same all along the run.
        epsilon, tau, tau_star: the certificate of that step, ``(F,)``.
    """

    point: KKTPoint
    forget_sets: tuple[tuple[int, ...], ...]
    targets: np.ndarray
    delta: np.ndarray
    epsilon: np.ndarray
    tau: np.ndarray
    tau_star: np.ndarray

    @classmethod
    def of(
        cls, point: KKTPoint, forget_sets: Sequence[Sequence[int]], solver: Solver, pivots: int
    ) -> "Reference":
        """The prescribed step from the exact point, with its certificates."""
        retained = retained_kkt_points(point, forget_sets, solver, pivots)
        found = certify_all(unlearn_all(point, forget_sets, [1.0]), retained, solver)
        return cls(
            point=point,
            forget_sets=tuple(tuple(forget) for forget in forget_sets),
            targets=np.stack([point.W for point in retained]),
            delta=found.delta_budget[:, 0],
            epsilon=found.epsilon[:, 0],
            tau=found.tau[:, 0],
            tau_star=found.tau_star[:, 0],
        )


@dataclass(frozen=True)
class Levels:
    """The guarantee holds where θ̃ has at most this relative ε and this τ (and the δ allowed)."""

    epsilon: float
    tau: float


def agents(
    point: KKTPoint, W: np.ndarray, descent: Descent
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Multipliers ``(m,)`` for ``W/γ`` and derivatives ``(n, m)`` that an agent could step with.

    - ``clarke``: multipliers and derivatives of the exact point, more than an agent can know on the way;
    - ``exact``: those multipliers with automatic differentiation's 0/1 derivatives at W;
    - ``slopes``: ``λ_i = p_i ‖θ/γ‖² / Σ_k p_k q_k/γ`` with the slopes ``p_i = −ℓ'(q_i)``, 0/1 derivatives;
    - ``least_squares``: the best non-negative fit with 0/1 derivatives;
    - ``nothing``: no step at all, multipliers 0.

    Args:
        W: weights ``(n, k)`` with positive margins.
    """
    problem, pattern = point.problem, point.problem.pattern(W)
    slopes = descent.slopes(problem.margins(W))
    found = {
        "clarke": (point.multipliers, point.clarke),
        "exact": (point.multipliers, pattern),
        "slopes": (loss_gradient_multipliers(problem, W, slopes / slopes.max()), pattern),
        "least_squares": (least_squares_multipliers(problem, W), pattern),
        "nothing": (np.zeros(problem.samples), pattern),
    }
    return {agent: found[agent] for agent in AGENTS}


def convergence_rows(
    reference: Reference,
    moments: Sequence[int],
    snapshots: Sequence[np.ndarray] | np.ndarray,
    descent: Descent,
    levels: Levels,
    solver: Solver,
    s: int,
) -> Iterator[Row]:
    """One row for every snapshot, agent and forget set of replicate s.

    Args:
        moments: steps of training after which the snapshots ``(n, k)`` were taken.
    """
    for step, W in zip(moments, snapshots, strict=True):
        state = _state(reference.point, W, descent)
        certificates = _certificates(reference, W, descent, levels, solver)
        for agent, columns in certificates.items():
            for f, forget in enumerate(reference.forget_sets):
                yield {
                    "seed": s,
                    "step": int(step),
                    **state,
                    "agent": agent,
                    "forget": "+".join(map(str, forget)),
                    "forget_size": len(forget),
                    **{name: values[f].item() for name, values in columns.items()},
                    "delta_allowed": float(reference.delta[f]),
                    "epsilon_exact": float(reference.epsilon[f]),
                    "tau_exact": float(reference.tau[f]),
                    "tau_star_exact": float(reference.tau_star[f]),
                    "epsilon_level": levels.epsilon,
                    "tau_level": levels.tau,
                }


def _state(point: KKTPoint, W: np.ndarray, descent: Descent) -> Row:
    q, norm = point.problem.margins(W), float(np.linalg.norm(W))
    return {
        "minus_log_loss": -float(descent.log_loss(q)[0]),
        "norm": norm,
        "smallest_margin": float(q.min()),
        "normalised_margin": float(q.min()) / norm,
        "distance_exact": float(cosine_distance(W, point.W)),
    }


def _certificates(
    reference: Reference, W: np.ndarray, descent: Descent, levels: Levels, solver: Solver
) -> dict[str, dict[str, np.ndarray]]:
    """Columns ``(F,)`` of every agent; without a certificate where the data are not fitted."""
    point, sets = reference.point, reference.forget_sets
    gamma = float(point.problem.margins(W).min())
    if not gamma > 0:
        return dict.fromkeys(AGENTS, _unfitted(len(sets)))
    steps = agents(point, W, descent)
    after = np.stack(
        [
            [ascend(point.problem, W / gamma, multipliers, forget, clarke=a) for forget in sets]
            for multipliers, a in steps.values()
        ]
    )
    columns = _certify(reference, after, solver)
    errors = [_relative_error(multipliers, point.multipliers) for multipliers, _ in steps.values()]
    columns["multiplier_error"] = np.tile(np.array(errors)[:, None], len(sets))
    columns["holds"] = (columns["epsilon"] <= levels.epsilon) & (columns["tau"] <= levels.tau)
    return {
        agent: {name: values[a] for name, values in columns.items()}
        for a, agent in enumerate(steps)
    }


def _certify(reference: Reference, W: np.ndarray, solver: Solver) -> dict[str, np.ndarray]:
    """The certificates ``(A, F)`` of unlearned weights ``(A, F, n, k)``, all with the δ of the exact step."""
    point, problem = reference.point, reference.point.problem
    keep = np.broadcast_to(
        kept(problem.samples, reference.forget_sets), (*W.shape[:2], problem.samples)
    )
    delta = np.broadcast_to(reference.delta, W.shape[:2])
    guess = (point.multipliers, point.clarke)
    autograd = least_epsilon(problem, W, delta, None, solver, keep=keep, guess=guess)
    restored = restore(problem, W, point.pattern, point.kinks, keep)
    fit = least_epsilon(problem, restored.W, delta, restored.kinks, solver, keep=keep, guess=guess)
    separates = np.isfinite(autograd.epsilon) & np.isfinite(fit.epsilon)
    return {
        "epsilon_autograd": autograd.relative_epsilon,
        "epsilon": fit.relative_epsilon,
        "outside": _outside(problem, restored.W, keep),
        "delta": fit.delta,
        "relative_delta": fit.relative_delta,
        "tau": cosine_distance(W, restored.W),
        "tau_star": cosine_distance(W, reference.targets[None]),
        "outcome": np.where(separates, "separating", "not separating"),
    }


def _unfitted(sets: int) -> dict[str, np.ndarray]:
    none = np.full(sets, np.inf)
    names = ("epsilon_autograd", "epsilon", "outside", "delta", "relative_delta", "tau", "tau_star")
    return dict.fromkeys(names, none) | {
        "outcome": np.full(sets, "not fitted"),
        "multiplier_error": none,
        "holds": np.zeros(sets, bool),
    }


def _outside(problem: Problem, W: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """``‖θ(I − Π)‖/‖θ‖``, Π the projection on the span of the retained samples: no relative ε is below it."""
    found = np.empty(W.shape[:-2])
    for index in np.ndindex(*found.shape):
        basis = np.linalg.svd(problem.X[keep[index]], full_matrices=False)
        spanning = basis.Vh[ROUND_OFF * basis.S[0] < basis.S]
        rest = W[index] - W[index] @ spanning.T @ spanning
        found[index] = np.linalg.norm(rest) / np.linalg.norm(W[index])
    return found


def _relative_error(estimated: np.ndarray, exact: np.ndarray) -> float:
    return float(np.abs(estimated - exact).max() / exact.max())


def convergence(case: Case) -> Iterator[Row]:
    """Measure ``convergence`` of one replicate."""
    reference = Reference.of(case.point, case.forget_sets, case.solver, case.pivots)
    levels = Levels(**case.options["levels"])
    snapshots = case.arrays["snapshots"]
    return convergence_rows(
        reference, case.moments, snapshots, case.descent, levels, case.solver, case.s
    )
