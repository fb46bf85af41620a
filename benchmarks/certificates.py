"""All m single-point certificates of a network with n = 1000, m = 10 over 41 step sizes.

The time begins at the exact point. It covers the ascent steps, the exact points of the retained problems,
and the certificates. *One at a time* is `certify` for one step after the other, with our solver or with
cvxpy + Clarabel, measured on a few steps spread over all of them. Seconds are per certificate.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from pandas import DataFrame

from benchmarks import figures
from benchmarks.instance import instance
from benchmarks.race import Contestant, Limits, Row, race
from kkt_unlearning.certificates.certificate import Certificate, certify, certify_all
from kkt_unlearning.kkt.point import KKTPoint, kkt_point
from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.training import Descent, train
from kkt_unlearning.training.span import span_coordinates
from kkt_unlearning.unlearning import unlearn, unlearn_all

FRACTIONS = np.linspace(0.0, 2.0, 41)
SAMPLES, DIMENSION, WIDTH, SEEDS = 10, 1000, 1000, 3
FEW = 8  # steps that the slow ways are measured on
AGREEMENT = 1e-6  # of ε, δ, τ to those of cvxpy
MEASURES = ("epsilon_autograd", "epsilon_clarke", "epsilon", "delta", "tau", "tau_star")


class Steps(NamedTuple):
    """An exact point; every sample is forgotten by itself, by every fraction of its step."""

    point: KKTPoint
    fractions: np.ndarray

    @property
    def few(self) -> list[tuple[int, int]]:
        """A few pairs (sample, index of the fraction), spread over all of them."""
        samples, fractions = self.point.problem.samples, len(self.fractions)
        chosen = np.linspace(0, samples * fractions - 1, min(FEW, samples * fractions)).astype(int)
        return [divmod(int(at), fractions) for at in chosen]


def all_at_once(steps: Steps) -> list[Certificate]:
    """One batch; of all of them the few that the others compute."""
    sets = [[r] for r in range(steps.point.problem.samples)]
    found = certify_all(unlearn_all(steps.point, sets, steps.fractions))
    return [found.at(*pair) for pair in steps.few]


def one_at_a_time(steps: Steps, solver: Solver) -> list[Certificate]:
    """Each of the few from scratch."""
    return [
        certify(
            unlearn(steps.point, [r], fraction=float(steps.fractions[a]), allow_idle=True),
            solver=solver,
        )
        for r, a in steps.few
    ]


def measure(quick: bool = False) -> list[Row]:
    """A row for every seed and contestant; ``all_seconds`` is for all certificates."""
    sizes = (4, 60, 12) if quick else (SAMPLES, DIMENSION, WIDTH)
    fractions = FRACTIONS[::20] if quick else FRACTIONS
    by_cvxpy = partial(one_at_a_time, solver=Solver("cvxpy"))
    rows = []
    for seed in range(1 if quick else SEEDS):
        steps = Steps(_point(seed, *sizes), fractions)
        everything, few = len(fractions) * sizes[0], len(steps.few)
        contestants = [
            Contestant("ours", all_at_once, units=everything),
            Contestant("ours, one at a time", partial(one_at_a_time, solver=Solver()), units=few),
            Contestant("cvxpy + Clarabel, one at a time", by_cvxpy, units=few),
        ]
        check = partial(_check, truth=by_cvxpy(steps))
        for row in race(contestants, steps, check, Limits(cap=60.0, budget=10.0)):
            total = row.get("seconds", np.nan) * everything
            rows.append({"certificates": everything, "seed": seed, **row, "all_seconds": total})
    return rows


def _point(seed: int, samples: int, dimension: int, width: int) -> KKTPoint:
    case = instance(seed, samples, dimension, width)
    span = span_coordinates(case.X, case.W0)
    problem = Problem(case.network, span.X, case.y)
    trained = train(problem, span.W0, Descent(steps=2000, minimum_margin=1e-3))
    return kkt_point(problem, problem.pattern(trained.W))


def _check(found: Sequence[Certificate], truth: Sequence[Certificate]) -> tuple[Row, str]:
    """Largest difference in ε, δ and τ to cvxpy's; where a network does not separate both are infinite."""
    values = [
        np.array([[getattr(c, key) for key in MEASURES] for c in cs]) for cs in (found, truth)
    ]
    apart = values[0] != values[1]
    difference = float(np.abs(values[0][apart] - values[1][apart]).max(initial=0.0))
    wrong = f"fails the check: certificates differ by {difference:.1e}"
    return {"difference": difference}, "" if difference < AGREEMENT else wrong


def draw(table: DataFrame) -> Figure:
    """Seconds per certificate."""
    titled = table.assign(panel=[f"{count} certificates" for count in table["certificates"]])
    return figures.bars(titled, "panel", "seconds", "seconds per certificate")
