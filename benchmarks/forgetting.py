"""Ways to forget one sample of a trained network: seconds until they are as near to an exact KKT point.

*Near* is 1 − cosine to an exact KKT point of the retained problem. The mark to reach is that of the
prescribed step from trained weights, τ*. Fine-tuning and retraining make as many normalised steps as they
need to be as near (``steps``, found on a grid beforehand); retraining is measured by its own exact point.
The downdate is exact. All are ours, in span coordinates, with d = 1000 and n = 200, against the number m of
samples.
"""

from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from pandas import DataFrame

from benchmarks import figures
from benchmarks.instance import instance
from benchmarks.race import Contestant, Limits, Row, race
from kkt_unlearning.kkt.point import KKTPoint, kkt_point
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.training import Descent, train
from kkt_unlearning.training.span import span_coordinates
from kkt_unlearning.unlearning import unlearn_all
from kkt_unlearning.unlearning.downdate import downdate
from kkt_unlearning.unlearning.fine_tuning import fine_tuning

SAMPLES, DIMENSION, WIDTH, SEEDS = (10, 20, 40), 1000, 200, 3
TRAINING, MOST = 10_000, 30_000  # steps
TRAINING_QUICK, MOST_QUICK = 300, 3000
FORGET, PIVOTS = [[0]], 50
DESCENT = Descent(minimum_margin=1e-3)
ROUND_OFF = 1e-9  # relative, of a distance that is computed twice


class Trained(NamedTuple):
    """A trained network, where it came from, and exact points of its own and of the retained samples."""

    problem: Problem
    W0: np.ndarray
    W: np.ndarray
    point: KKTPoint
    target: KKTPoint

    @property
    def near(self) -> float:
        """τ* of the prescribed step from the trained weights."""
        return float(cosine_distance(step(self), self.target.W))


def step(case: Trained) -> np.ndarray:
    """The multipliers are there."""
    return unlearn_all(case.point, FORGET, [1.0], trained=case.W).W[0, 0]


def step_and_multipliers(case: Trained) -> np.ndarray:
    point = kkt_point(case.problem, case.problem.pattern(case.W))
    return step(case._replace(point=point))


def exactly(case: Trained) -> np.ndarray:
    """The step with its multipliers, and the exact point of the retained problem from there."""
    point = kkt_point(case.problem, case.problem.pattern(case.W))
    after = step(case._replace(point=point))
    return downdate(point, after[None], FORGET, Solver(), PIVOTS)[0].W


def descended(case: Trained, start: np.ndarray, steps: int) -> np.ndarray:
    return fine_tuning(case.problem, start, FORGET, DESCENT, [steps])[0, 0]


def enough(case: Trained, start: np.ndarray, target: np.ndarray, most: int) -> int:
    """The least number of steps of a grid after which descent is as near as the step; 0 if it never is."""
    steps = np.unique(np.geomspace(1, most, 60).astype(int)).tolist()
    along = fine_tuning(case.problem, start, FORGET, DESCENT, steps)[0]
    near = cosine_distance(along, target) <= case.near
    return steps[int(np.argmax(near))] if near.any() else 0


def measure(quick: bool = False) -> list[Row]:
    """A row for every number of samples, seed and contestant."""
    rows, most = [], MOST_QUICK if quick else MOST
    size = (60, 12, TRAINING_QUICK) if quick else (DIMENSION, WIDTH, TRAINING)
    for samples in (4,) if quick else SAMPLES:
        for seed in range(1 if quick else SEEDS):
            case = _trained(seed, samples, *size)
            own = _own_point(case, descended(case, case.W0, most))
            counts = {
                "fine-tuning": enough(case, case.W, case.target.W, most),
                "retraining": enough(case, case.W0, own, most),
            }
            starts = {"fine-tuning": case.W, "retraining": case.W0}
            contestants = [
                Contestant("ours, step and multipliers", step_and_multipliers),
                Contestant("ours, step, multipliers known", step),
                Contestant("ours, exact downdate", exactly),
                *(
                    Contestant(name, partial(descended, start=starts[name], steps=count))
                    for name, count in counts.items()
                    if count
                ),
            ]
            check = partial(_check, case=case, retrained=own)
            found = race(contestants, case, check, Limits(budget=2.0), samples)
            found += [
                {"contestant": name, "outcome": f"not as near after {most} steps"}
                for name, count in counts.items()
                if not count
            ]
            known = {"sweep": "samples", "size": samples, "seed": seed}
            rows += [known | row | {"steps": counts.get(row["contestant"], 0)} for row in found]
    return rows


def _trained(seed: int, samples: int, dimension: int, width: int, steps: int) -> Trained:
    case = instance(seed, samples, dimension, width)
    span = span_coordinates(case.X, case.W0)
    problem = Problem(case.network, span.X, case.y)
    W = train(problem, span.W0, replace(DESCENT, steps=steps)).W
    point = kkt_point(problem, problem.pattern(W))
    (target,) = downdate(point, point.W[None], FORGET, Solver(), PIVOTS)
    return Trained(problem, span.W0, W, point, target)


def _own_point(case: Trained, W: np.ndarray) -> np.ndarray:
    """The exact point of the retained problem from the activations of the weights."""
    retained = case.problem.retain(FORGET[0])
    return kkt_point(retained, retained.pattern(W)).W


def _check(W: np.ndarray, case: Trained, retrained: np.ndarray) -> tuple[Row, str]:
    """As near as the step, to its exact point, that of retraining or that of the own activations."""
    points = (case.target.W, retrained, _own_point(case, W))
    distance = float(min(cosine_distance(W, point) for point in points))
    right = distance <= case.near * (1 + ROUND_OFF)
    return {"distance": distance}, "" if right else f"fails the check: 1 - cos is {distance:.1e}"


def draw(table: DataFrame) -> Figure:
    """Seconds to forget one sample, d = 1000, n = 200, as near to an exact KKT point as the step."""
    return figures.growth(table, {"samples": "samples m"}, "seconds")
