"""The least ε of the restored network for a δ given beforehand, beside that of doing nothing.

The δ of a certificate is whatever the step leaves, so a larger one may hide behind a smaller ε. At one δ for
all, steps can be compared with one another and with none. ``docs/theory.md``, section 6.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kkt_unlearning.certificates.condense import condensed_steps, in_cache
from kkt_unlearning.certificates.restore import restore
from kkt_unlearning.certificates.stationarity import least_epsilon, mean_multiplier
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.problem import kept
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.unlearning.ascent import Steps


@dataclass(frozen=True)
class GivenDelta:
    """The restored networks θ̃ of F forget sets and A steps, and the untouched network in their place.

    Attributes:
        epsilon: relative ε*(δ) at θ̃ for D values of δ, ``(F, A, D)``; infinite where θ̃ does not separate.
        tau: ``1 − cos(θ', θ̃)``, ``(F, A)``.
        nothing_epsilon, nothing_tau: the same for α = 0 from the same start, ``(F, D)`` and ``(F,)``.
    """

    epsilon: np.ndarray
    tau: np.ndarray
    nothing_epsilon: np.ndarray
    nothing_tau: np.ndarray


def given_delta(
    steps: Steps, relative_deltas: Sequence[float], solver: Solver | None = None
) -> GivenDelta:
    """``ε*(δ)`` at θ̃ with ``δ = relative_delta · ‖θ̃‖²/|I|``, θ̃ at smallest retained margin 1.

    Args:
        steps: from :func:`kkt_unlearning.unlearning.unlearn_all`.
        relative_deltas: D numbers ≥ 0 or infinity, in units of the mean multiplier of θ̃.

    Raises:
        DataError: a negative δ.
        SolverError: a quadratic program could not be solved to the solver's tolerance.
    """
    untouched = np.broadcast_to(steps.start, (len(steps.forget_sets), 1, *steps.start.shape))
    both = replace(
        steps,
        fractions=np.append(steps.fractions, 0.0),
        W=np.concatenate([steps.W, untouched], axis=1),
    )
    small, _ = condensed_steps(both, both.W[:, 0])
    found = [_fitted(some, relative_deltas, solver) for _, some in in_cache(small)]
    epsilon, tau = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return GivenDelta(epsilon[:, :-1], tau[:, :-1], epsilon[:, -1], tau[:, -1])


def _fitted(
    steps: Steps, relative_deltas: Sequence[float], solver: Solver | None
) -> tuple[np.ndarray, np.ndarray]:
    """Relative ε ``(F, A, D)`` and τ ``(F, A)`` of the restored networks."""
    point, problem, W = steps.point, steps.point.problem, steps.W
    keep = kept(problem.samples, steps.forget_sets)[:, None, :]
    keep = np.broadcast_to(keep, (*W.shape[:2], problem.samples))
    restored = restore(problem, W, point.pattern, point.kinks, keep & point.of_cell)
    unit = mean_multiplier(problem, restored.W, keep)
    unit = np.where(np.isfinite(unit), unit, 1.0)  # not separating: ε is infinite for every δ
    guess = (point.multipliers, point.clarke)

    def fitted(share: float) -> np.ndarray:
        slack, kinks = share * unit, restored.kinks
        fit = least_epsilon(problem, restored.W, slack, kinks, solver, keep=keep, guess=guess)
        return fit.relative_epsilon

    epsilon = np.stack([fitted(share) for share in relative_deltas], axis=-1)
    return epsilon, cosine_distance(W, restored.W)
