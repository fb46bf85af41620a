"""The (ε, δ, τ) of weights near an unlearned network, in all of its trained parameters."""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.audit.origin import Origin
from kkt_unlearning.audit.outputs import joint_distance, joint_residual
from kkt_unlearning.certificates.stationarity import least_epsilon
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.problem import smallest_margin
from kkt_unlearning.quadratic.solver import Solver


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

    def least_epsilon(self, W: np.ndarray, kinks: np.ndarray, delta: float) -> tuple[float, float]:
        """Relative ε*(δ) at ``W (n, k)`` with derivatives free on ``kinks``, and the slack that is left.

        For trained output weights an upper bound: the multipliers are those that fit W best.
        """
        point, keep = self.origin.steps.point, self.origin.keep
        problem = point.problem
        gamma = float(smallest_margin(problem, W, problem.margins(W), keep)) if self.joint else 1.0
        found = least_epsilon(
            problem,
            W,
            delta / gamma if gamma > 0 else delta,
            kinks,
            self.solver,
            keep=keep,
            guess=(point.multipliers, point.clarke),
        )
        epsilon, slack = float(found.relative_epsilon), float(found.delta)
        if not self.joint or not np.isfinite(epsilon):
            return epsilon, slack
        return joint_residual(problem, W, epsilon, gamma * found.multipliers), gamma * slack

    def distance(self, W: np.ndarray) -> float:
        """``τ = 1 − cos`` of θ' to ``W (n, k)``."""
        if self.joint:
            return joint_distance(self.W, W, self.origin.steps.point.problem.output_weights)
        return float(cosine_distance(self.W, W))

    def exact(self) -> tuple[float, float, float]:
        """(ε, δ, τ) of the exact KKT point, ``(0, 0, τ*)``; trained output weights have a residual."""
        nearest = self.origin.nearest
        epsilon = 0.0
        if self.joint:
            epsilon = joint_residual(nearest.problem, nearest.W, 0.0, nearest.multipliers)
        return epsilon, 0.0, self.distance(nearest.W)
