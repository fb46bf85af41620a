"""The hard-margin linear model with many samples: growth with their number m at d = 100.

The data are Gaussian samples on both sides of a random hyperplane, none nearer to it than a tenth of a
standard deviation. All answers are held to the same duality gap and the same margins; the largest sizes are
too large for an arbiter.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial

import numpy as np
from matplotlib.figure import Figure
from pandas import DataFrame

from benchmarks import figures
from benchmarks.checks import measures, verdict
from benchmarks.peers import svm
from benchmarks.peers.cell import Cell, Solution
from benchmarks.race import Contestant, Limits, Row, race

TOLERANCE = 1e-6
SAMPLES, DIMENSION, SEEDS = (100, 300, 1000, 3000, 10_000, 100_000), 100, 3
DISTANCE = 0.1

# Bytes a pair of samples: of the Gram matrix, of that with mirror images, of one and its factor.
SQUARED: Mapping[str, int] = {
    "SVC, precomputed kernel": 32,
    "PIQP": 24,
    "DAQP": 16,
    "quadprog": 24,
}


def measure(quick: bool = False) -> list[Row]:
    """A row for every size, seed and contestant."""
    rows, limits = [], Limits(cap=10.0, budget=1.0)
    for m in (60, 120) if quick else SAMPLES:
        for seed in range(1 if quick else SEEDS):
            data = separable(seed, m, 10 if quick else DIMENSION)
            found = race(contestants(), data, partial(check, data), limits, m)
            rows += [{"sweep": "samples", "size": m, "seed": seed} | row for row in found]
    return rows


def separable(seed: int, m: int, d: int) -> svm.Data:
    """``x_i = g_i + 0.1 y_i v``, ``y_i = sign⟨g_i, v⟩``, ``g_i ~ N(0, I_d)``, v a random unit vector."""
    rng = np.random.default_rng(seed)
    v = rng.normal(size=d)
    v /= np.linalg.norm(v)
    X = rng.normal(size=(m, d))
    y = np.where(X @ v >= 0, 1.0, -1.0)
    return svm.Data(X + DISTANCE * y[:, None] * v, y)


def contestants() -> list[Contestant]:
    """Ours and the peers, with the memory that those take that hold a matrix of all pairs of samples."""
    return [
        replace(peer, memory=partial(_memory, SQUARED.get(peer.name, 0)))
        for peer in svm.contestants(TOLERANCE)
    ]


def _memory(bytes_a_pair: int, data: svm.Data) -> float:
    return float(bytes_a_pair) * len(data.y) ** 2


def check(data: svm.Data, answer: svm.Separator) -> tuple[Row, str]:
    """Margins and duality gap, which prove an answer by themselves."""
    one = np.ones(1)
    cell = Cell(data.X, data.y, one, np.ones((1, len(data.y))), one, has_signs=False)
    forces = np.zeros((1, len(answer.multipliers)))
    found = measures(cell, Solution(answer.w[None, :], answer.multipliers, forces), None)
    return asdict(found), verdict(found, TOLERANCE)


def draw(table: DataFrame) -> Figure:
    """Seconds against the number m of samples, d = 100, all to the same duality gap."""
    return figures.growth(
        table, {"samples": f"number m of samples (d = {DIMENSION})"}, "seconds to the weights"
    )
