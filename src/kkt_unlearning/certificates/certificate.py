"""The (ε, δ, τ) certificate of an ascent step, all its ends in one place.

The criterion (its name is the paper's, this wording our reading of it): some (ε, δ)-approximate KKT point
θ̃ of the max-margin problem on the retained samples has ``cos(θ', θ̃) ≥ 1 − τ``.
``docs/theory.md``, section 6.
"""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.certificates.bounds import Bounds, bounds
from kkt_unlearning.certificates.restore import restore
from kkt_unlearning.certificates.stationarity import (
    ApproximateKKT,
    least_epsilon,
    smallest_margin,
)
from kkt_unlearning.convex import ConvexSolver
from kkt_unlearning.maxmargin.point import KKTPoint, kkt_point
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.problem import ROUND_OFF, Problem, retained
from kkt_unlearning.unlearning.ascent import Unlearned


@dataclass(frozen=True)
class Certificate:
    """Three certificates of one unlearned network θ', from τ = 0 to ε = δ = 0.

    Every ε is relative to the norm of the network scaled to smallest retained margin 1.

    Attributes:
        epsilon_autograd: least ε at θ' itself (τ = 0) with 0/1 derivatives.
        epsilon_clarke: the same with Clarke derivatives on its kinks; never larger.
        epsilon, delta, tau: the certificate of the restored network θ̃.
        delta_budget: the δ that was allowed to θ̃ (the bound's, or that of the multipliers carried over
            from before the step where it is larger).
        tau_star: ``1 − cos(θ', θ*)`` to an exact KKT point θ* of the retained problem: (0, 0, τ*), where
            θ* is found from the activations before the step (:func:`nearest_kkt_point`).
        epsilon_bound, delta_bound: instance-wise bounds on ``epsilon_clarke`` and its δ.
        restored_bound: bound on ``epsilon``.
        kappa: κ of the bounds.
        flip_term: F of the bounds, relative to ``‖θ'‖`` at the same scale.
        outcome: ``certified``, or ``not separating`` where a retained margin of θ' is not positive.
    """

    epsilon_autograd: float
    epsilon_clarke: float
    epsilon: float
    delta: float
    tau: float
    delta_budget: float
    tau_star: float
    epsilon_bound: float
    delta_bound: float
    restored_bound: float
    kappa: float
    flip_term: float
    outcome: str

    def __str__(self) -> str:
        """The three certificates in a line, to three digits."""
        return (
            f"{self.outcome}: at θ̃ ε = {self.epsilon:.3g} (bound {self.restored_bound:.3g}), "
            f"δ = {self.delta:.3g}, τ = {self.tau:.3g}; at θ' ε = {self.epsilon_clarke:.3g} "
            f"(bound {self.epsilon_bound:.3g}), τ = 0; at an exact KKT point τ* = {self.tau_star:.3g}"
        )


def nearest_kkt_point(
    point: KKTPoint, forget: tuple[int, ...], solver: ConvexSolver | None = None, pivots: int = 50
) -> KKTPoint:
    """An exact KKT point of the retained problem, found from the activation pattern of ``point``.

    The closed cell of that pattern holds the restored network θ̃ whatever the size of the step, so this is
    the KKT point to compare with; a nearer one may exist elsewhere, so τ* is an upper bound.

    Raises:
        NotSeparableError, SolverError, NotConvergedError: see :func:`kkt_point`.
    """
    keep = retained(point.problem.samples, forget)
    return kkt_point(point.problem.retain(forget), point.pattern[:, keep], solver, pivots)


def certify(
    unlearned: Unlearned, nearest: KKTPoint | None = None, solver: ConvexSolver | None = None
) -> Certificate:
    """Measure the (ε, δ, τ) certificate of ``unlearned`` and compute the bounds beside it.

    Args:
        unlearned: the step, from :func:`kkt_unlearning.unlearning.unlearn`.
        nearest: exact KKT point of the retained problem, where it is known already.
        solver: for the quadratic programs.

    Raises:
        SolverError: a quadratic program did not end optimal.
    """
    point, forget = unlearned.point, unlearned.forget
    keep = retained(point.problem.samples, forget)
    problem = point.problem.retain(forget)
    nearest = nearest or nearest_kkt_point(point, forget, solver)
    kinks = point.kinks[:, keep]
    on_kink = kinks & _near_kink(problem, unlearned.W)
    limit = _bounds(unlearned, on_kink, keep)
    norm = _scaled_norm(problem, unlearned.W)
    autograd = least_epsilon(problem, unlearned.W, limit.delta, None, solver)
    clarke = least_epsilon(problem, unlearned.W, limit.delta, on_kink, solver)
    restored = restore(problem, unlearned.W, point.pattern[:, keep], kinks)
    carried_epsilon, carried_delta = _carried(problem, unlearned, restored.W, keep)
    budget = max(limit.delta, carried_delta)
    at_restored = least_epsilon(problem, restored.W, budget, restored.kinks, solver)
    return Certificate(
        epsilon_autograd=autograd.relative_epsilon,
        epsilon_clarke=clarke.relative_epsilon,
        epsilon=at_restored.relative_epsilon,
        delta=at_restored.delta,
        tau=float(cosine_distance(unlearned.W, restored.W)),
        delta_budget=budget,
        tau_star=float(cosine_distance(unlearned.W, nearest.W)),
        epsilon_bound=_relative(limit.epsilon, norm),
        delta_bound=limit.delta,
        restored_bound=_relative(carried_epsilon, _scaled_norm(problem, restored.W)),
        kappa=limit.kappa,
        flip_term=limit.flip_term / float(np.linalg.norm(unlearned.W)),
        outcome=_outcome(autograd, at_restored),
    )


def _outcome(*ends: ApproximateKKT) -> str:
    return "certified" if all(np.isfinite(end.epsilon) for end in ends) else "not separating"


def _near_kink(problem: Problem, W: np.ndarray) -> np.ndarray:
    P = np.abs(problem.preactivations(W))
    return ROUND_OFF * P.max() >= P


def _bounds(unlearned: Unlearned, on_kink: np.ndarray, keep: np.ndarray) -> Bounds:
    """The bounds, with derivatives after the step that keep their Clarke weight where the kink is kept."""
    problem = unlearned.point.problem
    after = problem.pattern(unlearned.W)
    after[:, keep] = np.where(on_kink, unlearned.clarke[:, keep], after[:, keep])
    return bounds(
        problem,
        unlearned.start,
        unlearned.point.multipliers,
        unlearned.clarke,
        unlearned.forget,
        unlearned.fraction,
        after,
    )


def _scaled_norm(problem: Problem, W: np.ndarray) -> float:
    """``‖θ‖ / min_i q_i``; infinite where a margin is not positive."""
    gamma = smallest_margin(problem.margins(W))
    return float(np.linalg.norm(W)) / gamma if gamma else np.inf


def _relative(epsilon: float, norm: float) -> float:
    """``ε / ‖θ/γ‖``; infinite where the network does not separate, whatever the bound says."""
    return epsilon / norm if np.isfinite(norm) else np.inf


def _carried(
    problem: Problem, unlearned: Unlearned, W: np.ndarray, keep: np.ndarray
) -> tuple[float, float]:
    """ε and δ of the restored weights with the multipliers and derivatives from before the step."""
    q = problem.margins(W)
    gamma = smallest_margin(q)
    if not gamma:
        return np.inf, np.inf
    point = unlearned.point
    multipliers = point.multipliers[keep]
    residual = W - problem.combination(multipliers, point.clarke[:, keep])
    return float(np.linalg.norm(residual)) / gamma, float(
        (multipliers * (q / gamma - 1.0)).max()
    ) / gamma
