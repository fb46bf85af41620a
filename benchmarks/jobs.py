"""Many networks: seconds per network against their number, seeds × leave-one-out, m = 10, d = 500, n = 200.

The tasks are training by 100 steps, from the data in R^d to the weights in R^d, and the exact points of
trained networks, each as one batch and one by one.
"""

from dataclasses import replace
from functools import partial

import numpy as np
from matplotlib.figure import Figure
from pandas import DataFrame

from benchmarks import cells, figures
from benchmarks.instance import instance
from benchmarks.peers import exact
from benchmarks.peers.cell import Cell
from benchmarks.peers.jobs import Jobs, batched, one_by_one, pytorch_batched, pytorch_one_by_one
from benchmarks.race import Contestant, Limits, Row, race
from kkt_unlearning.training import Descent

COUNTS = (1, 10, 30, 100)
SAMPLES, DIMENSION, WIDTH, STEPS, STEP_SIZE, SEEDS = 10, 500, 200, 100, 0.1, 2
AGREEMENT = 1e-11
TRAINING = {
    "ours": batched,
    "ours, one by one": one_by_one,
    "PyTorch autograd": pytorch_batched,
    "PyTorch autograd, one by one": pytorch_one_by_one,
}
EXACT = {
    "ours": exact.batched,
    "ours, one by one": exact.one_by_one,
    "cvxpy + Clarabel": exact.cvxpy_one_by_one,
    "cvxpy + Clarabel, condensed": exact.cvxpy_condensed,
}
NEARNESS = 1e-4  # of exact points, of which cvxpy's have a gap of 1e-9


def measure(quick: bool = False) -> list[Row]:
    """A row for every sweep (``training``, ``exact``), number of networks, seed and contestant."""
    sizes = (4, 12, 6) if quick else (SAMPLES, DIMENSION, WIDTH)
    seeds, rows = range(1 if quick else SEEDS), []
    limits = {"training": Limits(budget=1.5), "exact": Limits(budget=1.5)}
    for count in (1, 4) if quick else COUNTS:
        for seed in seeds:
            jobs = _jobs(seed, count, *sizes)
            setting = {"size": count, "seed": seed}
            check = partial(_check, truth=one_by_one(jobs), allowed=AGREEMENT)
            found = race(_training(count), jobs, check, limits["training"], count)
            rows += [{"sweep": "training"} | setting | row for row in found]
            cells_of = exact.Cells(_cells(jobs))
            check = partial(_check, truth=exact.one_by_one(cells_of), allowed=NEARNESS)
            found = race(_exact(count), cells_of, check, limits["exact"], count)
            rows += [{"sweep": "exact"} | setting | row for row in found]
    return rows


def _training(count: int) -> list[Contestant]:
    return [Contestant(name, run, _weight_bytes, units=count) for name, run in TRAINING.items()]


def _exact(count: int) -> list[Contestant]:
    return [Contestant(name, run, units=count) for name, run in EXACT.items()]


def _cells(jobs: Jobs) -> list[Cell]:
    """The cell that each network ends in without its left-out sample."""
    descent = Descent(steps=1000, minimum_margin=1e-3)
    found = []
    for case, keep in zip(jobs.cases, jobs.mask, strict=True):
        less = replace(case, X=case.X[keep], y=case.y[keep])
        found.append(cells.after(less, descent).cell)
    return found


def _jobs(seed: int, count: int, samples: int, dimension: int, width: int) -> Jobs:
    """Every seed is used m times, each time without another sample."""
    cases = [instance(1000 * seed + b // samples, samples, dimension, width) for b in range(count)]
    return Jobs(cases, np.arange(count) % samples, STEP_SIZE, STEPS)


def _weight_bytes(jobs: Jobs) -> float:
    return 4.0 * 8.0 * len(jobs.cases) * jobs.cases[0].W0.size


def _check(W: np.ndarray, truth: np.ndarray, allowed: float) -> tuple[Row, str]:
    """Largest relative difference of the final weights to ours one by one."""
    difference = float(np.abs(W - truth).max() / np.abs(truth).max())
    wrong = f"fails the check: weights differ by {difference:.1e}"
    return {"difference": difference}, "" if difference < allowed else wrong


def draw(table: DataFrame) -> Figure:
    """Seconds per network against the number of networks; left training, right exact points."""
    labels = {"training": "networks trained", "exact": "exact points solved"}
    return figures.growth(table, labels, "seconds per network")
