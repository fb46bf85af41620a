"""The (ε, δ, τ) certificate of an ascent step, all its ends in one place.

The criterion (its name is the paper's, this wording our reading of it): some (ε, δ)-approximate KKT point
ϑ of the max-margin problem on the retained samples has ``cos(θ', ϑ) ≥ 1 − τ``.
``docs/theory.md``, section 6.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from kkt_unlearning.certificates.bounds import Bounds, bounds
from kkt_unlearning.certificates.condense import condensed_steps, in_cache
from kkt_unlearning.certificates.criterion import criterion, near_kink
from kkt_unlearning.certificates.restore import restore
from kkt_unlearning.kkt.point import KKTPoint
from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.problem import kept, smallest_margin
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.unlearning.ascent import Steps, Unlearned

FROM_CRITERION = (
    "epsilon_autograd",
    "epsilon_clarke",
    "epsilon",
    "delta",
    "relative_delta",
    "tau",
    "tau_star",
    "outcome",
)
"""Fields of a :class:`Certificate` that are those of a :class:`Criterion`; the others are promised."""

Measured = Any
"""A number of one step, or for a batch an array ``(F, A)`` of one number (or outcome) a step."""


@dataclass(frozen=True)
class Certificate:
    """Three certificates of an unlearned network θ', from τ = 0 to ε = δ = 0, or of a batch of them.

    Every field is a number, or for :func:`certify_all` an array ``(F, A)`` of one number a step. Every ε
    is relative to the norm of the network scaled to smallest retained margin 1.

    Attributes:
        epsilon_autograd: least ε at θ' itself (τ = 0) with 0/1 derivatives.
        epsilon_clarke: the same with Clarke derivatives on its kinks; never larger.
        epsilon, delta, tau: the certificate of the restored network θ̃; δ is in units of λ.
        relative_delta: ``delta`` over the mean multiplier ``‖θ̃‖²/|I|`` of θ̃ at smallest retained margin 1,
            without units (:func:`kkt_unlearning.certificates.stationarity.mean_multiplier`).
        delta_budget: the δ that was allowed to θ̃ (the bound's, or that of the multipliers carried over
            from before the step where it is larger).
        tau_star: ``1 − cos(θ', θ*)`` to an exact KKT point θ* of the retained problem: (0, 0, τ*), where
            θ* is found from the activations before the step (:mod:`kkt_unlearning.kkt.retained`).
        epsilon_bound, delta_bound: instance-wise bounds on ``epsilon_clarke`` and its δ.
        restored_bound: bound on ``epsilon``.
        kappa: κ of the bounds.
        flip_term: F of the bounds, relative to ``‖θ'‖`` at the same scale.
        outcome: ``separating``, or ``not separating`` where a retained margin of θ' or of θ̃ is not positive.
            The first says that the numbers exist, not that they are small.
    """

    epsilon_autograd: Measured
    epsilon_clarke: Measured
    epsilon: Measured
    delta: Measured
    relative_delta: Measured
    tau: Measured
    delta_budget: Measured
    tau_star: Measured
    epsilon_bound: Measured
    delta_bound: Measured
    restored_bound: Measured
    kappa: Measured
    flip_term: Measured
    outcome: Measured

    def _summary(self) -> str:
        shape = " × ".join(map(str, np.shape(self.epsilon)))
        separates = self.outcome == "separating"
        text = f"{shape} certificates, {int(separates.sum())} separating"
        if separates.any():
            names = ("epsilon", "relative_delta", "tau", "tau_star")
            medians = [float(np.median(getattr(self, name)[separates])) for name in names]
            text += (
                " (medians: at θ̃ ε = {:.3g}, relative δ = {:.3g}, τ = {:.3g}; τ* = {:.3g})".format(
                    *medians
                )
            )
        return f"{text}; .at(f, a) is one of them"

    def at(self, *index: int) -> "Certificate":
        """The certificate of one step of a batch."""
        values = {field.name: getattr(self, field.name)[index].item() for field in fields(self)}
        return Certificate(**values)

    def __str__(self) -> str:
        """The three certificates in a line, to three digits; for a batch, how many, and medians."""
        if np.ndim(self.epsilon):
            return self._summary()
        return (
            f"{self.outcome}: at θ̃ ε = {self.epsilon:.3g} (bound {self.restored_bound:.3g}), "
            f"relative δ = {self.relative_delta:.3g} (δ = {self.delta:.3g}), τ = {self.tau:.3g}; "
            f"at θ' ε = {self.epsilon_clarke:.3g} (bound {self.epsilon_bound:.3g}), τ = 0; "
            f"at an exact KKT point τ* = {self.tau_star:.3g}"
        )


def certify(
    unlearned: Unlearned, retained: KKTPoint | None = None, solver: Solver | None = None
) -> Certificate:
    """Measure the (ε, δ, τ) certificate of ``unlearned`` and compute the bounds beside it.

    Args:
        unlearned: the step, from :func:`kkt_unlearning.unlearning.unlearn`.
        retained: exact KKT point of the retained problem, where it is known already.
        solver: for the quadratic programs.

    Raises:
        SolverError: a quadratic program could not be solved to the solver's tolerance.
    """
    known = None if retained is None else [retained]
    return certify_all(unlearned.steps, known, solver).at(0, 0)


def certify_all(
    steps: Steps, retained: Sequence[KKTPoint] | None = None, solver: Solver | None = None
) -> Certificate:
    """:func:`certify` for every step of a batch: the fields are arrays ``(F, A)``.

    All quadratic programs of a kind are one batch. From an exact KKT point, whose neurons come in few classes
    of equal weights, the cost hardly grows with the width.

    Args:
        steps: from :func:`kkt_unlearning.unlearning.unlearn_all`.
        retained: exact KKT points of the retained problems, one a forget set, where they are known already.
        solver: for the quadratic programs.

    Raises:
        SolverError: a quadratic program could not be solved to the solver's tolerance.
    """
    solver = solver or Solver()
    retained = retained or retained_kkt_points(steps.point, steps.forget_sets, solver)
    small, targets = condensed_steps(steps, np.stack([point.W for point in retained]))
    found = [_certificate(some, targets[part], solver) for part, some in in_cache(small)]
    return Certificate(
        **{
            field.name: np.concatenate([getattr(part, field.name) for part in found])
            for field in fields(Certificate)
        }
    )


def _certificate(steps: Steps, retained: np.ndarray, solver: Solver) -> Certificate:
    """What the steps promise, and what is measured within it."""
    point, W = steps.point, steps.W
    problem = point.problem
    keep = np.broadcast_to(
        kept(problem.samples, steps.forget_sets)[:, None, :], (*W.shape[:2], problem.samples)
    )
    on_kink = point.kinks & near_kink(problem, W, keep)
    restored = restore(problem, W, point.pattern, point.kinks, keep & point.of_cell)
    promises = promised(steps, restored.W, on_kink, keep)
    found = criterion(
        point,
        W,
        restored,
        keep,
        retained[:, None],
        kinks=on_kink,
        delta=promises["delta_bound"],
        budget=promises["delta_budget"],
        solver=solver,
    )
    measured = {name: getattr(found, name) for name in FROM_CRITERION}
    return Certificate(**measured, **promises)


def promised(
    steps: Steps, restored: np.ndarray, on_kink: np.ndarray, keep: np.ndarray
) -> dict[str, np.ndarray]:
    """κ, F, the bounds, and the δ allowed to θ̃: the fields of a :class:`Certificate` that need no program.

    Args:
        steps: F forget sets and A fractions.
        restored: weights ``(F, A, n, k)`` of θ̃.
        on_kink: boolean ``(F, A, n, m)``, the kinks that θ' has kept.
        keep: boolean ``(F, A, m)``, the retained samples.

    Returns:
        Arrays ``(F, A)`` by name: all but those in ``FROM_CRITERION``.
    """
    W, limit = steps.W, _bounds(steps, on_kink, keep)
    epsilon, delta = _carried(steps, restored, keep)
    norm = np.linalg.norm(W, axis=(-2, -1))
    return {
        "delta_budget": np.maximum(limit.delta, delta),
        "epsilon_bound": _relative(limit.epsilon, _scaled_norm(steps, W, keep)),
        "delta_bound": limit.delta,
        "restored_bound": _relative(epsilon, _scaled_norm(steps, restored, keep)),
        "kappa": np.broadcast_to(limit.kappa, W.shape[:2]),
        "flip_term": limit.flip_term / np.where(norm > 0, norm, 1.0),
    }


def _bounds(steps: Steps, on_kink: np.ndarray, keep: np.ndarray) -> Bounds:
    """The bounds, with derivatives after the step that keep their Clarke weight where the kink is kept."""
    problem = steps.point.problem
    after = np.where(on_kink, steps.clarke, problem.pattern(steps.W))
    return bounds(
        problem,
        steps.start,
        steps.point.multipliers,
        steps.clarke,
        keep,
        steps.fractions,
        after,
    )


def _scaled_norm(steps: Steps, W: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """``‖θ‖ / min_i q_i``; infinite where a margin is not positive."""
    problem = steps.point.problem
    gamma = smallest_margin(problem, W, problem.margins(W), keep)
    norm = np.linalg.norm(W, axis=(-2, -1))
    return np.divide(norm, gamma, out=np.full_like(norm, np.inf), where=gamma > 0)


def _relative(epsilon: np.ndarray, norm: np.ndarray) -> np.ndarray:
    """``ε / ‖θ/γ‖``; infinite where the network does not separate, whatever the bound says."""
    finite = np.isfinite(norm)
    return np.divide(epsilon, norm, out=np.full_like(norm, np.inf), where=finite)


def _carried(steps: Steps, W: np.ndarray, keep: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """ε and δ of the restored weights with the multipliers and derivatives from before the step."""
    point = steps.point
    q = point.problem.margins(W)
    gamma = smallest_margin(point.problem, W, q, keep)
    safe = np.where(gamma > 0, gamma, 1.0)
    multipliers = np.where(keep, point.multipliers, 0.0)
    residual = W - point.problem.combination(multipliers, point.clarke)
    epsilon = np.linalg.norm(residual, axis=(-2, -1)) / safe
    slack = np.where(keep, multipliers * (q / safe[..., None] - 1.0), -np.inf).max(axis=-1) / safe
    return np.where(gamma > 0, epsilon, np.inf), np.where(gamma > 0, slack, np.inf)
