"""The (ε, δ, τ) criterion at any weights, whatever the method that they come from.

The bounds of a step are in :mod:`kkt_unlearning.certificates.certificate`.
``docs/theory.md``, section 6.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np

from kkt_unlearning.backends import IN_CACHE
from kkt_unlearning.certificates.bounds import bounds
from kkt_unlearning.certificates.restore import Restored, restore
from kkt_unlearning.certificates.stationarity import ApproximateKKT, least_epsilon
from kkt_unlearning.kkt.point import KKTPoint
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.problem import ON_KINK, Problem, kept
from kkt_unlearning.quadratic.solver import Solver


@dataclass(frozen=True)
class Criterion:
    """How far weights θ' are from the KKT points of the retained problem; arrays of one shape.

    Every ε is relative to the norm of the network scaled to smallest retained margin 1.

    Attributes:
        epsilon_autograd: least ε at θ' itself (τ = 0) with 0/1 derivatives.
        epsilon_clarke, relative_delta_clarke: the same with Clarke derivatives on kinks, and the slack of its
            multipliers.
        epsilon, delta, tau: of the restored network θ̃, with ``τ = 1 − cos(θ', θ̃)``.
        relative_delta: ``delta`` over the mean multiplier ``‖θ̃‖²/|I|`` of θ̃ at smallest retained margin 1.
        tau_star: ``1 − cos(θ', θ*)`` to a given exact KKT point θ*.
        outcome: ``separating``, or ``not separating`` where a retained margin of θ' or θ̃ is not positive.
    """

    epsilon_autograd: np.ndarray
    epsilon_clarke: np.ndarray
    relative_delta_clarke: np.ndarray
    epsilon: np.ndarray
    delta: np.ndarray
    relative_delta: np.ndarray
    tau: np.ndarray
    tau_star: np.ndarray
    outcome: np.ndarray


def criterion(
    point: KKTPoint,
    W: np.ndarray,
    restored: Restored,
    keep: np.ndarray,
    retained: np.ndarray,
    *,
    kinks: np.ndarray,
    delta: np.ndarray,
    budget: np.ndarray,
    solver: Solver,
) -> Criterion:
    """The criterion at weights ``W (…, n, k)``; leading axes are a batch.

    Args:
        point: the exact KKT point on all samples, where the solver starts.
        restored: θ̃, from :func:`kkt_unlearning.certificates.restore.restore`.
        keep: the retained samples, boolean ``(…, m)``.
        retained: weights of an exact KKT point of the retained problem, of a shape that broadcasts with W.
        kinks: boolean ``(…, n, m)``, the pre-activations of θ' whose derivative is free.
        delta, budget: the slack allowed to θ' and to θ̃, ``(…,)``.

    Raises:
        SolverError: a quadratic program could not be solved to the solver's tolerance.
    """
    guess = (point.multipliers, point.clarke)

    def fit(weights: np.ndarray, slack: np.ndarray, free: np.ndarray | None) -> ApproximateKKT:
        return least_epsilon(point.problem, weights, slack, free, solver, keep=keep, guess=guess)

    autograd = fit(W, delta, None)
    clarke = fit(W, delta, kinks) if kinks.any() else autograd
    at_restored = fit(restored.W, budget, restored.kinks)
    separates = np.isfinite(autograd.epsilon) & np.isfinite(at_restored.epsilon)
    return Criterion(
        epsilon_autograd=autograd.relative_epsilon,
        epsilon_clarke=clarke.relative_epsilon,
        relative_delta_clarke=clarke.relative_delta,
        epsilon=at_restored.relative_epsilon,
        delta=at_restored.delta,
        relative_delta=at_restored.relative_delta,
        tau=cosine_distance(W, restored.W),
        tau_star=cosine_distance(W, retained),
        outcome=np.where(separates, "separating", "not separating"),
    )


def criterion_all(
    point: KKTPoint,
    W: np.ndarray,
    forget_sets: Sequence[Sequence[int]],
    retained: Sequence[KKTPoint],
    solver: Solver | None = None,
) -> Criterion:
    """The criterion at any weights ``W (F, A, n, k)``, A of each forget set: fields are ``(F, A)``.

    θ̃ is θ' put back into the activation cell of ``point``; the derivatives of θ' are free on all of
    its own kinks. All are allowed one δ, :func:`prescribed_delta`.

    Args:
        point: the exact KKT point on all samples.
        forget_sets: F sets of indices.
        retained: exact KKT points of the retained problems, one a forget set.

    Raises:
        DataError: a bad forget set.
        SolverError: a quadratic program could not be solved to the solver's tolerance.
    """
    solver, problem = solver or Solver(), point.problem
    keep = kept(problem.samples, forget_sets)
    allowed, parts = prescribed_delta(point, keep), []
    for f, part in _parts(W, problem.samples):
        weights, rows = W[f, part], np.broadcast_to(keep[f], (len(W[f, part]), problem.samples))
        delta = np.full(len(weights), allowed[f])
        parts.append(
            criterion(
                point,
                weights,
                restore(problem, weights, point.pattern, point.kinks, rows & point.of_cell),
                rows,
                retained[f].W,
                kinks=near_kink(problem, weights, rows),
                delta=delta,
                budget=delta,
                solver=solver,
            )
        )
    return Criterion(
        **{
            field.name: np.concatenate([getattr(part, field.name) for part in parts]).reshape(
                W.shape[:2]
            )
            for field in fields(Criterion)
        }
    )


def _parts(W: np.ndarray, samples: int) -> Iterator[tuple[int, slice]]:
    """Forget sets, and slices of their weights that a cache holds."""
    size = max(1, IN_CACHE // (W.shape[-2] * samples))
    for f in range(W.shape[0]):
        for first in range(0, W.shape[1], size):
            yield f, slice(first, first + size)


def prescribed_delta(point: KKTPoint, keep: np.ndarray) -> np.ndarray:
    """The bound on δ of the prescribed step from ``point``, for each retain set ``(F, m)``; shape (F,)."""
    problem, a = point.problem, point.clarke
    return bounds(problem, point.W, point.multipliers, a, keep, 1.0, a).delta


def near_kink(problem: Problem, W: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """Retained pre-activations that are 0 up to round-off, boolean ``(…, n, m)``."""
    kept_ones = keep[..., None, :]
    P = np.abs(problem.preactivations(W))
    size = np.where(kept_ones, P, 0.0).max(axis=(-2, -1), keepdims=True)
    return kept_ones & (ON_KINK * size >= P)
