"""The hard-margin linear model: time against accuracy, and its growth with the number of samples m.

Times are from the data in R^d to the weights in R^d, against scikit-learn, cvxpy and QP solvers on the dual.
"""

from dataclasses import asdict
from functools import partial

import numpy as np
from matplotlib.figure import Figure
from pandas import DataFrame

from benchmarks import figures
from benchmarks.checks import measures, strictest, verdict
from benchmarks.instance import instance
from benchmarks.peers import svm
from benchmarks.peers.cell import Cell, Solution
from benchmarks.race import Limits, Row, race

TOLERANCES = (1e-3, 1e-6, 1e-9, 1e-12)
SAMPLES, DIMENSION = 100, 200
GROWTH, GROWTH_DIMENSION, GROWTH_TOLERANCE = (10, 30, 100, 300, 1000), 10_000, 1e-6
SEEDS = 3


def measure(quick: bool = False) -> list[Row]:
    """Rows of the two sweeps, ``tolerance`` (m = 100, d = 200) and ``samples`` (d = 10,000)."""
    seeds = 1 if quick else SEEDS
    rows, limits = [], {tolerance: Limits(cap=10.0, budget=1.0) for tolerance in TOLERANCES}
    for seed in range(seeds):
        judged = Judged(seed, *((6, 30) if quick else (SAMPLES, DIMENSION)))
        for tolerance, limit in limits.items():
            rows += judged.race("tolerance", tolerance, tolerance, limit)
    limit = Limits(cap=10.0, budget=1.0)
    for m in (4, 8) if quick else GROWTH:
        for seed in range(seeds):
            judged = Judged(seed, m, 30 if quick else GROWTH_DIMENSION)
            rows += judged.race("samples", m, GROWTH_TOLERANCE, limit)
    return rows


class Judged:
    """An instance, and the arbiter's weights: Clarabel on the dual at its strictest, not timed."""

    def __init__(self, seed: int, samples: int, dimension: int) -> None:
        case = instance(seed, samples, dimension, width=1)
        self.seed, self.data = seed, svm.Data(case.X, case.y)
        one = np.ones(1)
        self.cell = Cell(case.X, case.y, one, np.ones((1, samples)), one, has_signs=False)
        self.arbiter = strictest(partial(svm.arbiter, self.data)).w[None, :]

    def race(self, sweep: str, size: float, tolerance: float, limits: Limits) -> list[Row]:
        check = partial(self.check, tolerance=tolerance)
        at = 1.0 if sweep == "tolerance" else size
        found = race(svm.contestants(tolerance), self.data, check, limits, at)
        setting = {"sweep": sweep, "size": size, "seed": self.seed, "tolerance": tolerance}
        return [setting | row for row in found]

    def check(self, answer: svm.Separator, tolerance: float) -> tuple[Row, str]:
        """As a cell of one neuron, active on every sample, whose sign constraints carry no force."""
        forces = np.zeros((1, len(answer.multipliers)))
        solution = Solution(answer.w[None, :], answer.multipliers, forces)
        found = measures(self.cell, solution, self.arbiter)
        return asdict(found), verdict(found, tolerance)


def draw(table: DataFrame) -> Figure:
    """Left: worst KKT residual against seconds along the tolerances. Right: seconds against m."""
    return figures.accuracy_and_growth(
        table, f"m = {SAMPLES}, d = {DIMENSION}", f"number m of samples (d = {GROWTH_DIMENSION:,})"
    )
