"""The exact point of a two-layer network on images of digits: growth with m, n and d.

The data are the 1,797 images of scikit-learn, even digits against odd ones, pixels from 0 to 1, with more
samples than features throughout. Fewer features are coordinates along the main axes of the images. *All
samples* is our engine for few samples, with programs of all of them, where it is affordable. All answers
are held to the same KKT residuals of the whole problem and the same gap. ``systems`` counts the systems of
equations that were solved, ``cosine`` is that of the point and the trained weights, and ``exponent`` the
slope of log seconds over log size. How many kinks there are is not chosen, so ``kinks_exponent`` is the
slope of log seconds per system over log kinks, of all neurons together, through all rows of ours.
"""

from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from matplotlib.figure import Figure
from pandas import DataFrame

from benchmarks import figures
from benchmarks.race import Contestant, Limits, Row, race
from kkt_unlearning.errors import NotConvergedError
from kkt_unlearning.kkt.point import PIVOTS, KKTPoint, cell_optima, kkt_point
from kkt_unlearning.networks import TwoLayer
from kkt_unlearning.networks.initial import gaussian_weights
from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.training import Descent, train

TOLERANCE = 1e-9
SAMPLES, WIDTHS, DIMENSIONS = (300, 600, 1200, 1797), (50, 100, 200), (16, 32, 64)
MIDDLE = {"samples": 600, "width": 100, "dimension": 64}
SEEDS = 2
# Steps, and the step over that of the quadratic loss, 1/L: large ones to separate, small ones to settle.
LEGS, LEGS_QUICK = ((6000, 10.0), (4000, 2.0)), ((1500, 10.0), (500, 2.0))


@dataclass(frozen=True)
class Trained:
    """A problem and the weights that training ends in."""

    problem: Problem
    W: np.ndarray

    @property
    def pattern(self) -> np.ndarray:
        return self.problem.pattern(self.W)


def measure(quick: bool = False) -> list[Row]:
    """A row for every size, seed and contestant; ``sweep`` says which of m, n and d grows."""
    sweeps = {"samples": SAMPLES, "width": WIDTHS, "dimension": DIMENSIONS}
    middle, legs = MIDDLE, LEGS
    if quick:
        sweeps = {"samples": (90, 120), "width": (20, 30), "dimension": (16, 32)}
        middle, legs = {"samples": 90, "width": 30, "dimension": 64}, LEGS_QUICK
    rows = []
    for sweep, sizes in sweeps.items():
        limits = Limits(cap=120.0, budget=2.0)
        found = []
        for size in sizes:
            for seed in range(1 if quick else SEEDS):
                case = trained(seed, **middle | {sweep: size}, legs=legs)
                few = (sweep, size) == ("samples", min(SAMPLES[0], *sizes))
                times = race(contestants(few), case, partial(check, case), limits, size)
                found += [{"sweep": sweep, "size": size, "seed": seed} | row for row in times]
        rows += _with_exponents(found)
    return _with_kinks_exponent(rows)


@cache
def trained(
    seed: int, samples: int, width: int, dimension: int, legs: tuple[tuple[int, float], ...]
) -> Trained:
    """A network of this width on the first so many images, in so many coordinates."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    X, y = digits.data[:samples] / 16.0, np.where(digits.target[:samples] % 2 == 0, 1.0, -1.0)
    if dimension < X.shape[1]:
        X = X @ np.linalg.svd(X, full_matrices=False)[2][:dimension].T
    problem = Problem(TwoLayer(width), X, y)
    W = gaussian_weights(np.random.default_rng(seed), width, X.shape[1], 1.0)
    unit = samples / np.linalg.norm(X, 2) ** 2
    for steps, rate in legs:
        descent = Descent(steps=steps, step_size=rate * unit, minimum_margin=-np.inf)
        W = train(problem, W, descent).W
    return Trained(problem, W)


def contestants(few: bool) -> list[Contestant]:
    """Ours, and the engine for few samples where there are few."""
    others = [Contestant("ours, all samples", all_samples)] if few else []
    return [Contestant("ours", working_set), *others]


def working_set(case: Trained) -> KKTPoint:
    return kkt_point(case.problem, case.pattern)


def all_samples(case: Trained) -> KKTPoint:
    """The walk of the engine for few samples: the optimum of a cell of all samples, then of the next."""
    pattern, near, solver = case.pattern, None, Solver()
    for _ in range(PIVOTS):
        ((point, wrong),) = cell_optima([case.problem], [pattern], [near], solver)
        if not wrong.any():
            return point
        pattern, near = np.where(wrong, 1.0 - pattern, pattern), (point.multipliers, point.clarke)
    raise NotConvergedError(f"more than {PIVOTS} cells.")


def check(case: Trained, point: KKTPoint) -> tuple[Row, str]:
    """The KKT conditions of the whole problem, which prove a point by themselves."""
    errors = {"residual": point.residuals.worst, "gap": point.gap}
    wrong = [f"{name} {value:.1e}" for name, value in errors.items() if not value <= TOLERANCE]
    held = point.multipliers > 0
    lengths = np.linalg.norm(point.W) * np.linalg.norm(case.W)
    systems: list[float] = []
    again = kkt_point(case.problem, case.pattern, Solver(report=systems.append))
    facts = {
        "support": int(held.sum()),
        "kinks": int(point.kinks[:, held].sum()),
        "cosine": float((point.W * case.W).sum() / lengths),
    }
    if np.array_equal(again.W, point.W):  # the other engine has no such count
        facts |= {"cells": point.cells, "systems": len(systems)}
    return errors | facts, f"fails the check: {', '.join(wrong)}" if wrong else ""


def _with_exponents(rows: list[Row]) -> list[Row]:
    """The rows of a sweep, each with the power of the size that its contestant's seconds grow with."""
    for name in {row["contestant"] for row in rows}:
        own = [row for row in rows if row["contestant"] == name and "seconds" in row]
        if len({row["size"] for row in own}) > 1:
            sizes, seconds = (np.log([row[key] for row in own]) for key in ("size", "seconds"))
            slope = float(np.polyfit(sizes, seconds, 1)[0])
            for row in own:
                row["exponent"] = slope
    return rows


def _with_kinks_exponent(rows: list[Row]) -> list[Row]:
    """All rows, ours with the power of the number of kinks that the seconds of a system grow with."""
    own = [row for row in rows if row.get("systems")]
    kinks = np.log([row["kinks"] for row in own])
    seconds = np.log([row["seconds"] / row["systems"] for row in own])
    for row in own:
        row["kinks_exponent"] = float(np.polyfit(kinks, seconds, 1)[0])
    return rows


def draw(table: DataFrame) -> Figure:
    """Seconds against m (n = 100, d = 64), n and d (m = 600 both)."""
    labels = {
        "samples": "number m of samples\n(n = 100, d = 64)",
        "width": "number n of neurons\n(m = 600, d = 64)",
        "dimension": "number d of features\n(m = 600, n = 100)",
    }
    return figures.growth(table, labels, "seconds to the exact point")
