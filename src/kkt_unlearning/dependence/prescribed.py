"""The λ-sized ascent step on correlated samples: when it helps and when it harms the linear model.

If every sample supports the full and the retained max-margin problem, forgetting r changes the distance to
the retained solution by the factor ``‖Πx_r‖ / ‖x_r − Πx_r‖``, Π projecting on the span of the retained
samples. Proof: ``docs/questions/correlation.md``.
"""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.datasets.geometry import explained_parts
from kkt_unlearning.errors import DataError
from kkt_unlearning.kkt.point import kkt_points
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.networks.linear import Linear
from kkt_unlearning.problem import Problem
from kkt_unlearning.unlearning import unlearn


@dataclass(frozen=True)
class StepEffect:
    """What the prescribed step does to the distance from the retained max-margin solution ``w*``.

    Attributes:
        multiplier: ``λ_r`` of the forgotten sample.
        before, after: ``‖w − w*‖`` and ``‖w' − w*‖``.
        cosine_before, cosine_after: ``1 − cos`` of w and w' to ``w*``.
        explained: ``‖Πx_r‖² / ‖x_r‖²``, the part of the forgotten sample within the span of the others.
    """

    multiplier: float
    before: float
    after: float
    cosine_before: float
    cosine_after: float
    explained: float

    @property
    def ratio(self) -> float:
        """``after / before``: above 1 the step does harm."""
        return self.after / self.before

    @property
    def predicted(self) -> float:
        """``√(e/(1 − e))`` with e = `explained`: above 1 as soon as e is above ½."""
        return float(np.sqrt(self.explained / (1 - self.explained)))


def step_effect(X: np.ndarray, y: np.ndarray, forget: int) -> StepEffect:
    """The λ-sized step of the linear model from the exact max-margin solution, against retraining.

    Args:
        X: samples ``(m, d)``; y: labels ``(m,)``; forget: index of the sample to forget.

    Raises:
        DataError: the index is out of range.
        NotSeparableError, SolverError: see :func:`kkt_unlearning.kkt.point.kkt_point`.
    """
    problem = Problem(Linear(), X, y)
    problems = [problem, problem.retain([forget])]
    full, target = kkt_points(problems, [np.ones((1, p.samples)) for p in problems])
    after = unlearn(full, [forget], allow_idle=True).W
    return StepEffect(
        multiplier=float(full.multipliers[forget]),
        before=float(np.linalg.norm(full.W - target.W)),
        after=float(np.linalg.norm(after - target.W)),
        cosine_before=float(cosine_distance(full.W, target.W)),
        cosine_after=float(cosine_distance(after, target.W)),
        explained=float(explained_parts(X)[forget]),
    )


def correlated_group(points: int, correlation: float, others: int = 0) -> np.ndarray:
    """Unit rows, ``points`` of them with inner products ρ, and ``others`` orthogonal to all, ``(m, m)``.

    The group's rows are those of ``((1 − ρ)I + ρ11ᵀ)^(1/2)``.

    Raises:
        DataError: there are fewer than 2 points, or ρ is outside [0, 1).
    """
    if points < 2:
        raise DataError(f"points is {points}, but must be at least 2: raise it.")
    if not 0 <= correlation < 1:
        raise DataError(
            f"correlation is {correlation}, but must be at least 0 and below 1: choose such a value."
        )
    own, shared = np.sqrt(1 - correlation), np.sqrt(1 + (points - 1) * correlation)
    X = np.eye(points + others)
    X[:points, :points] = own * np.eye(points) + (shared - own) / points
    return X


def predicted_ratio(points: int, correlation: float) -> float:
    """``√((m − 1)ρ² / ((1 − ρ)(1 + (m − 1)ρ)))`` for m equicorrelated samples, whatever their labels."""
    m, rho = points, correlation
    return float(np.sqrt((m - 1) * rho**2 / ((1 - rho) * (1 + (m - 1) * rho))))


def harmful_correlation(points: int) -> float:
    """ρ at which `predicted_ratio` reaches 1: ``(m − 2 + √(m² + 4m − 4)) / (4(m − 1))``.

    ``1/√2`` for a pair, falling to ½ as m grows.
    """
    m = points
    return float((m - 2 + np.sqrt(m**2 + 4 * m - 4)) / (4 * (m - 1)))
