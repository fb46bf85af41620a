"""One step of descent at m = 10, d = n = 1000: span coordinates against plain NumPy and PyTorch autograd.

Both step rules; every contestant has the same iterates to 1e-12 after the same number of steps. Ours is timed
after the passage to span coordinates, which is done once (``seconds_once``), as is the way back.
"""

import time
from collections.abc import Callable

import numpy as np
from matplotlib.figure import Figure
from pandas import DataFrame

from benchmarks import figures
from benchmarks.instance import Instance, instance
from benchmarks.peers.descent import GENERATORS, descend
from benchmarks.race import Contestant, Limits, Row, race
from kkt_unlearning.problem import Problem
from kkt_unlearning.training import Descent, train
from kkt_unlearning.training.span import span_coordinates

STEP_SIZE = {"constant": 0.1, "normalised": 1.0}
STEPS = {"ours": 4000, "plain NumPy": 100, "PyTorch autograd": 40}
SEEDS, ROUNDS = 3, 6
AGREEMENT_STEPS, AGREEMENT = 40, 1e-12


def measure(quick: bool = False) -> list[Row]:
    """A row for every step rule, contestant and seed; seconds are per step."""
    sizes = {"samples": 4, "dimension": 20, "width": 12} if quick else {}
    steps = dict.fromkeys(STEPS, 5) if quick else STEPS
    limits = Limits(rounds=2 if quick else ROUNDS, budget=np.inf)
    rows = []
    for rule, eta in STEP_SIZE.items():
        for seed in range(1 if quick else SEEDS):
            case = instance(seed, **sizes)
            truth = descend("plain NumPy", rule, eta, AGREEMENT_STEPS)(case)
            once, ours = _ours(case, rule, eta, steps["ours"])
            runs = {name: descend(name, rule, eta, steps[name]) for name in GENERATORS}
            contestants = [
                Contestant(name, run, units=steps[name])
                for name, run in (runs | {"ours": ours}).items()
            ]
            for row in race(contestants, case, lambda W: ({}, ""), limits):
                first = {"rule": rule, "seed": seed, "seconds_once": once}
                rows.append(first | _agreeing(row, case, rule, truth))
    return rows


def _ours(
    case: Instance, rule: str, eta: float, steps: int
) -> tuple[float, Callable[[Instance], np.ndarray]]:
    """Seconds of the passage to span coordinates and back, and the training between them."""
    begun = time.perf_counter()
    coordinates = span_coordinates(case.X, case.W0)
    coordinates.lift(coordinates.W0)
    once = time.perf_counter() - begun
    problem = Problem(case.network, coordinates.X, case.y)
    descent = Descent(step=rule, step_size=eta, steps=steps, minimum_margin=-np.inf)
    return once, lambda case: train(problem, coordinates.W0, descent).W


def _agreeing(row: Row, case: Instance, rule: str, truth: np.ndarray) -> Row:
    """The row with the largest relative difference of the iterates to plain NumPy's after as many steps."""
    if row["outcome"] != "ok":
        return row
    W = descend(row["contestant"], rule, STEP_SIZE[rule], AGREEMENT_STEPS)(case)
    difference = float(np.abs(W - truth).max() / np.abs(truth).max())
    wrong = f"fails the check: iterates differ by {difference:.1e}"
    return row | {"difference": difference, "outcome": "ok" if difference < AGREEMENT else wrong}


def draw(table: DataFrame) -> Figure:
    """Time of a step, one panel a step rule."""
    return figures.bars(table, "rule", "seconds", "seconds per step")
