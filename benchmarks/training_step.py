"""One step of descent at m = 10, d = n = 1000: span coordinates against plain NumPy and PyTorch autograd.

Both step rules; every contestant has the same iterates to 1e-12 after the same number of steps.
"""

import numpy as np
from matplotlib.figure import Figure
from pandas import DataFrame

from benchmarks import figures
from benchmarks.instance import Instance, instance
from benchmarks.peers.descent import GENERATORS, descend
from benchmarks.race import Contestant, Limits, Row, race

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
            contestants = [
                Contestant(name, descend(name, rule, eta, steps[name]), units=steps[name])
                for name in GENERATORS
            ]
            found = race(contestants, case, lambda W: ({}, ""), limits)
            for row in found:
                rows.append({"rule": rule, "seed": seed, **_agreeing(row, case, rule, truth)})
    return rows


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
