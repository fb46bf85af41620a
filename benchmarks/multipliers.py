"""Multipliers from trained weights by non-negative least squares: growth with the width n and with m.

The weights are those of 1,000 normalised steps; derivatives are 0 or 1.
"""

import numpy as np
from matplotlib.figure import Figure
from pandas import DataFrame

from benchmarks import figures
from benchmarks.instance import instance
from benchmarks.peers.multipliers import CONTESTANTS, Trained, gradients, scaled
from benchmarks.race import Limits, Row, race
from kkt_unlearning.problem import Problem
from kkt_unlearning.training import Descent, train
from kkt_unlearning.training.span import span_coordinates

STEPS, DIMENSION, SEEDS = 1000, 500, 3
WIDTHS, SAMPLES_OF_WIDTHS = (30, 100, 300, 1000, 3000), 10
SAMPLES, WIDTH_OF_SAMPLES = (5, 10, 20, 40, 80), 100
EXACT = 1e-9


def measure(quick: bool = False) -> list[Row]:
    """A row for every size, seed and contestant; ``sweep`` says which of n and m grows."""
    if quick:
        return [*_grow("width", [(8, 3), (12, 3)], 1, 20), *_grow("samples", [(8, 4)], 1, 20)]
    wide = [(n, SAMPLES_OF_WIDTHS) for n in WIDTHS]
    many = [(WIDTH_OF_SAMPLES, m) for m in SAMPLES]
    return [*_grow("width", wide, SEEDS, DIMENSION), *_grow("samples", many, SEEDS, DIMENSION)]


def _grow(sweep: str, sizes: list[tuple[int, int]], seeds: int, dimension: int) -> list[Row]:
    rows, limits = [], Limits(budget=1.0)
    for width, samples in sizes:
        size = width if sweep == "width" else samples
        for seed in range(seeds):
            trained = _trained(seed, samples, dimension, width)
            found = race(CONTESTANTS, trained, Judge(trained).check, limits, size)
            rows += [{"sweep": sweep, "size": size, "seed": seed} | row for row in found]
    return rows


def _trained(seed: int, samples: int, dimension: int, width: int) -> Trained:
    case = instance(seed, samples, dimension, width)
    span = span_coordinates(case.X, case.W0)
    problem = Problem(case.network, span.X, case.y)
    W = train(problem, span.W0, Descent(steps=STEPS, minimum_margin=1e-3)).W
    return Trained(case, span.lift(W), problem, W)


class Judge:
    """Optimality of ``min ½‖Mλ − t‖²`` over ``λ ≥ 0``: ``λ ≥ 0``, ``g = Mᵀ(Mλ − t) ≥ 0``, ``λ g = 0``."""

    def __init__(self, trained: Trained) -> None:
        arguments = (trained.problem.X, trained.problem.y, trained.case.u, trained.W_span)
        self.M, self.target = gradients(*arguments), scaled(*arguments)

    def check(self, multipliers: np.ndarray) -> tuple[Row, str]:
        """The worst violation, relative to the largest multiplier and to ``max |Mᵀ t|``."""
        slope = (
            self.M.T @ (self.M @ multipliers - self.target) / np.abs(self.M.T @ self.target).max()
        )
        share = multipliers / np.abs(multipliers).max()
        residual = max(float(-share.min()), float(-slope.min()), float(np.abs(share * slope).max()))
        residual = max(residual, 0.0)
        wrong = f"fails the check: optimality {residual:.1e}"
        return {"residual": residual}, "" if residual < EXACT else wrong


def draw(table: DataFrame) -> Figure:
    """Seconds against n (m = 10) and m (n = 100)."""
    labels = {
        "width": f"number n of neurons (m = {SAMPLES_OF_WIDTHS})",
        "samples": f"number m of samples (n = {WIDTH_OF_SAMPLES})",
    }
    return figures.growth(table, labels, "seconds")
