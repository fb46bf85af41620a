"""The (ε, δ, τ) of weights near an unlearned network, in all of its trained parameters."""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.audit.origin import Origin
from kkt_unlearning.audit.outputs import joint_distance, joint_fit
from kkt_unlearning.certificates.stationarity import least_epsilon, mean_multiplier
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.problem import smallest_margin
from kkt_unlearning.quadratic.solver import SOLVED, Solver


@dataclass(frozen=True)
class RetainedMeasure:
    """How weights are measured against the retained problem.

    Attributes:
        origin: of the unlearned network θ'.
        joint: whether the output weights are trained, so that they count in ε and τ.
    """

    origin: Origin
    solver: Solver
    joint: bool

    @property
    def W(self) -> np.ndarray:  # noqa: N802 - the weights of θ', as everywhere
        """Weights ``(n, k)`` of θ'."""
        return self.origin.steps.W[0, 0]

    def mean_multiplier(self, W: np.ndarray) -> float:
        """``‖W‖²/|I|`` for θ at smallest retained margin 1: the unit of its δ, infinite if it has none."""
        problem, keep = self.origin.steps.point.problem, self.origin.keep
        return self._margin(W) * float(mean_multiplier(problem, W, keep))

    def least_epsilon(
        self, W: np.ndarray, kinks: np.ndarray, delta: float, relative_delta: float = np.inf
    ) -> tuple[float, float, float]:
        """``(ε*(δ), δ, relative δ)`` at ``W (n, k)``, ε relative, with derivatives free on ``kinks``.

        For trained output weights ε is an upper bound where there are kinks: derivatives there are those that
        fit W best, and the multipliers those that then fit all weights best.

        Args:
            delta, relative_delta: both are kept, the first in units of λ.
        """
        point, keep = self.origin.steps.point, self.origin.keep
        problem, gamma = point.problem, self._margin(W)
        unit = self.mean_multiplier(W)
        allowed = min(delta, relative_delta * unit) if np.isfinite(unit) else delta
        found = least_epsilon(
            problem,
            W,
            allowed / gamma,
            kinks,
            self.solver,
            keep=keep,
            guess=(point.multipliers, point.clarke),
        )
        epsilon, slack = float(found.relative_epsilon), float(found.delta)
        if not np.isfinite(epsilon):
            return np.inf, np.inf, np.inf
        if self.joint:
            epsilon, slack = self._joint(W, gamma * found.multipliers, found.clarke, allowed)
        else:
            slack *= gamma
        # The programs hold λ to what is allowed: whatever is beyond it is round-off, which must not decide
        # whether a certificate keeps the limit that it was computed for.
        return epsilon, min(slack, allowed), min(slack / unit, relative_delta)

    def _joint(
        self, W: np.ndarray, guess: np.ndarray, clarke: np.ndarray, allowed: float
    ) -> tuple[float, float]:
        """ε in all weights and the slack, with the multipliers that a slack of ``allowed`` leaves best."""
        point, keep = self.origin.steps.point, self.origin.keep
        problem = point.problem
        excess = problem.margins(W) / self._margin(W) - 1.0
        caps = np.divide(allowed, excess, out=np.full(len(excess), np.inf), where=excess > SOLVED)
        caps, guess = np.where(keep, caps, 0.0), np.where(keep, guess, 0.0)
        epsilon, multipliers = joint_fit(problem, W, clarke, caps, self.solver, guess)
        return epsilon, float(np.where(keep, multipliers * excess, -np.inf).max())

    def distance(self, W: np.ndarray) -> float:
        """``τ = 1 − cos`` of θ' to ``W (n, k)``."""
        if self.joint:
            return joint_distance(self.W, W, self.origin.steps.point.problem.output_weights)
        return float(cosine_distance(self.W, W))

    def _margin(self, W: np.ndarray) -> float:
        """γ for trained output weights, whose multipliers at ``W/γ`` are ``λ/γ``; else, or without one, 1."""
        if not self.joint:
            return 1.0
        problem = self.origin.steps.point.problem
        gamma = float(smallest_margin(problem, W, problem.margins(W), self.origin.keep))
        return gamma if gamma > 0 else 1.0

    def exact(self) -> tuple[float, float, float, float]:
        """(ε, δ, relative δ, τ) of the exact KKT point, ``(0, 0, 0, τ*)``; of trained outputs with an ε."""
        retained = self.origin.retained
        epsilon = 0.0
        if self.joint:
            caps = np.where(retained.problem.margins(retained.W) > 1.0 + SOLVED, 0.0, np.inf)
            epsilon, _ = joint_fit(
                retained.problem,
                retained.W,
                retained.clarke,
                caps,
                self.solver,
                retained.multipliers,
            )
        return epsilon, 0.0, 0.0, self.distance(retained.W)
