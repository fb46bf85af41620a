"""One step of descent at m = 10, d = n = 1000: span coordinates against plain NumPy and PyTorch autograd.

For the constant and the normalised step every contestant has the same iterates to 1e-12 after the same
number of steps. Ours is timed after the passage to span coordinates, which is done once (``seconds_once``),
as is the way back.

The last rows are bare steps at larger sizes, most of them with more samples than dimensions, where ours
move the weights. They stand beside plain NumPy's and the two matrix products that a step in R^d cannot do
without.
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
from kkt_unlearning.training.step import System, advance
from kkt_unlearning.training.weights import weights_of

STEP_SIZE = {"constant": 0.1, "normalised": 1.0}
STEPS = {"ours": 4000, "plain NumPy": 100, "PyTorch autograd": 40}
SEEDS, ROUNDS = 3, 6
AGREEMENT_STEPS, AGREEMENT = 40, 1e-12
LARGE = [(900, 1000, 1000), (1797, 64, 100), (5000, 784, 100), (20_000, 100, 100)]  # m, d, n
LARGE_QUICK = [(250, 3, 4)]
FLOPS = 1e9  # of the products in a timing, about


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
                rows.append(first | _agreeing(row, case, rule, truth, AGREEMENT_STEPS))
    for sizes in LARGE_QUICK if quick else LARGE:
        rows += _large(*sizes, limits)
    return rows


def _large(samples: int, dimension: int, width: int, limits: Limits) -> list[Row]:
    """A row for bare normalised steps of ours, plain NumPy's, and two products of their shapes.

    Bare: without the checkpoints of a training, which are fewer than a hundred whatever its length.
    """
    rule, case = "normalised", instance(0, samples, dimension, width)
    eta, few = STEP_SIZE[rule], 5
    steps = max(few, int(FLOPS / (4 * samples * dimension * width)))
    begun = time.perf_counter()
    coordinates = span_coordinates(case.X, case.W0)
    once = time.perf_counter() - begun
    problem = Problem(case.network, coordinates.X, case.y)
    system = System.of(problem, Descent(step=rule, step_size=eta), (), None)
    weights = weights_of(problem, coordinates.W0, ())
    P, slopes = weights.start(()), np.zeros(samples)
    contestants = [
        Contestant("ours", lambda _: advance(system, P, slopes, steps, weights.W), units=steps),
        Contestant("plain NumPy", descend("plain NumPy", rule, eta, steps), units=steps),
        Contestant("matrix products", lambda case: _products(case, steps), units=steps),
    ]
    first = {"rule": f"{rule}, m = {samples}, d = {dimension}, n = {width}", "seed": 0}
    truth = descend("plain NumPy", rule, eta, few)(case)
    return [
        first | {"seconds_once": once} | _agreeing(row, case, rule, truth, few)
        for row in race(contestants, case, lambda answer: ({}, ""), limits)
    ]


def _products(case: Instance, times: int) -> np.ndarray:
    P, moved = np.empty((len(case.W0), len(case.X))), np.empty_like(case.W0)
    for _ in range(times):
        np.matmul(case.W0, case.X.T, out=P)
        np.matmul(P, case.X, out=moved)
    return moved


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


def _agreeing(row: Row, case: Instance, rule: str, truth: np.ndarray, steps: int) -> Row:
    """The row with the largest relative difference of the iterates to plain NumPy's after as many steps."""
    if row["outcome"] != "ok" or row["contestant"] not in GENERATORS:
        return row
    W = descend(row["contestant"], rule, STEP_SIZE[rule], steps)(case)
    difference = float(np.abs(W - truth).max() / np.abs(truth).max())
    wrong = f"fails the check: iterates differ by {difference:.1e}"
    return row | {"difference": difference, "outcome": "ok" if difference < AGREEMENT else wrong}


def draw(table: DataFrame) -> Figure:
    """Time of a step at m = 10, d = n = 1000, one panel for each step rule."""
    small = table[table["rule"].isin(list(STEP_SIZE))]
    return figures.bars(small, "rule", "seconds", "seconds per step")
