"""The exact point at m = 10: time against accuracy at several tolerances, ours against four QP solvers.

The task is the maximal margin in one activation cell, a convex QP. Its *natural* form has a variable for
each neuron and coordinate, its *condensed* form one for each class of equal neurons (m = 10 leaves few).
"""

from functools import partial

from matplotlib.figure import Figure
from pandas import DataFrame

from benchmarks import cells, figures
from benchmarks.peers.cell import SOLVERS, contestants
from benchmarks.race import Limits, Row, race

TOLERANCES = (1e-3, 1e-6, 1e-9, 1e-12)
SAMPLES, DIMENSION, WIDTHS, SEEDS = 10, 1000, (100, 1000), 3


def measure(quick: bool = False) -> list[Row]:
    """A row for every width, seed, tolerance and contestant."""
    rows, limits = [], {tolerance: Limits(budget=1.0) for tolerance in TOLERANCES}
    for width in (12,) if quick else WIDTHS:
        for seed in range(1 if quick else SEEDS):
            task = cells.task(seed, 4 if quick else SAMPLES, width, 20 if quick else DIMENSION)
            for tolerance, limit in limits.items():
                check = partial(task.check, tolerance=tolerance)
                found = race(contestants(SOLVERS, tolerance), task.cell, check, limit, width)
                setting = {"width": width, "seed": seed, "tolerance": tolerance}
                rows += [setting | row for row in found]
    return rows


def draw(table: DataFrame) -> Figure:
    """Worst KKT residual against seconds, one panel for each width; along a line the tolerance falls."""
    return figures.accuracy(table, "width", "tolerance", "n = {} neurons", "worst KKT residual")
