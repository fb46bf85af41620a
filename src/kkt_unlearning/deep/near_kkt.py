"""Trained deep networks as near-KKT points: scaled, with multipliers and the residual that these leave.

``docs/questions/depth.md``, section 3.
"""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.deep.network import Evaluation
from kkt_unlearning.deep.replicates import DeepReplicates, reached_margin
from kkt_unlearning.deep.stationarity import fit_deep
from kkt_unlearning.deep.weights import Layers, scaled
from kkt_unlearning.kkt.point import kkt_points
from kkt_unlearning.networks.two_layer import TwoLayer
from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.training.descent import Descent


@dataclass(frozen=True)
class NearKKT:
    """Networks scaled to smallest margin 1, with the multipliers that fit them best; leading axis S.

    Attributes:
        W: the weights; before: evaluated with the averaged derivatives of training.
        multipliers: ``λ (S, m)``, by non-negative least squares with these derivatives.
        residual: relative stationarity residual with them; autograd: with derivatives 0 or 1, its own fit.
        trained: whether every margin had come up.
    """

    W: Layers
    before: Evaluation
    multipliers: np.ndarray
    residual: np.ndarray
    autograd: np.ndarray
    trained: np.ndarray

    def at(self, s: int) -> tuple[Layers, Evaluation, np.ndarray]:
        """Weights, evaluation and multipliers of replicate s."""
        parts = (
            self.before.outputs,
            self.before.inputs,
            self.before.backward,
            self.before.patterns,
        )
        first, *layers = parts
        before = Evaluation(first[s], *(tuple(layer[s] for layer in part) for part in layers))
        return tuple(layer[s] for layer in self.W), before, self.multipliers[s]


def near_kkt(
    batch: DeepReplicates,
    W: Layers,
    patterns: Layers,
    margins: np.ndarray,
    descent: Descent,
    solver: Solver,
) -> NearKKT:
    """``θ/γ^{1/K}`` and its multipliers, from trained weights with averaged derivatives ``patterns``."""
    network, smallest = batch.network, margins.min(axis=-1)
    done = reached_margin(margins, descent)
    W = scaled(W, np.where(done, smallest, 1.0) ** (-1.0 / network.degree))
    free = np.full(batch.y.shape, np.inf)
    before = network.evaluate(W, batch.X, patterns)
    found = fit_deep(before, W, batch.y, free, solver)
    autograd = fit_deep(network.evaluate(W, batch.X), W, batch.y, free, solver)
    return NearKKT(W, before, found.multipliers, found.residual, autograd.residual, done)


def multiplier_errors(
    batch: DeepReplicates, start: NearKKT, solver: Solver, pivots: int
) -> np.ndarray:
    """``max_i |λ_i − λ*_i| / max λ*`` to the exact multipliers of a network of depth 2, ``(S,)``; else nan.

    Raises:
        NotSeparableError, SolverError, NotConvergedError: see
            :func:`kkt_unlearning.kkt.point.kkt_points`.
    """
    errors = np.full(len(batch.y), np.nan)
    chosen: list[int] = np.flatnonzero(start.trained).tolist() if batch.network.degree == 1 else []
    if len(chosen) == 0:
        return errors
    model = TwoLayer(batch.network.width)
    problems = [Problem(model, batch.X[s], batch.y[s]) for s in chosen]
    patterns = [p.pattern(start.W[0][s]) for p, s in zip(problems, chosen, strict=True)]
    for s, point in zip(chosen, kkt_points(problems, patterns, solver, pivots), strict=True):
        exact = point.multipliers
        errors[s] = np.abs(start.multipliers[s] - exact).max() / exact.max()
    return errors
