"""Cells to solve: the activations of trained networks' exact KKT points, and the arbiter's weights."""

from dataclasses import asdict, dataclass
from functools import cached_property, partial

import numpy as np

from benchmarks.checks import measures, strictest, verdict
from benchmarks.instance import Instance, instance
from benchmarks.peers.cell import Cell, Solution, cvxpy_clarabel
from benchmarks.race import Row
from kkt_unlearning.kkt.point import KKTPoint, kkt_point
from kkt_unlearning.problem import Problem
from kkt_unlearning.training import Descent, train
from kkt_unlearning.training.span import span_coordinates

LARGE, QUICKEST = 5000, 1e-9  # from so many variables on the arbiter is asked for no more than 1e-9


@dataclass(frozen=True)
class Task:
    """A cell, with its judge."""

    cell: Cell
    judged: bool = True

    @cached_property
    def arbiter(self) -> np.ndarray:
        """``W* (n, k)`` by cvxpy and Clarabel at their strictest, in the condensed form; not timed."""
        classes, members = self.cell.condensed()
        solve = partial(cvxpy_clarabel, classes)
        many = classes.u.size * classes.X.shape[1] > LARGE
        return (solve(QUICKEST) if many else strictest(solve)).W[members]

    def check(self, solution: Solution, tolerance: float) -> tuple[Row, str]:
        """Measures, and a complaint where they are worse than an answer at this tolerance may be."""
        found = measures(self.cell, solution, self.arbiter if self.judged else None)
        return asdict(found), verdict(found, tolerance)


def task(
    seed: int, samples: int, width: int, dimension: int, correlation: float = 0.0, steps: int = 2000
) -> Task:
    """The cell that a network trained on such an instance ends in."""
    case = instance(seed, samples, dimension, width, correlation)
    return after(case, Descent(steps=steps, minimum_margin=1e-3))


def after(case: Instance, descent: Descent) -> Task:
    """The cell that holds the exact KKT point of a trained network, so that nobody has to pivot."""
    span = span_coordinates(case.X, case.W0)
    problem = Problem(case.network, span.X, case.y)
    pattern = problem.pattern(train(problem, span.W0, descent).W)
    A = _corrected(pattern, kkt_point(problem, pattern))
    return Task(Cell(span.X[:, :-1], case.y, case.u, A, np.ones(len(A))))


def _corrected(pattern: np.ndarray, point: KKTPoint) -> np.ndarray:
    """The trained network's activations, corrected where they are not those of a cell that holds the point.

    Kinks of neurons that speak against the label stay as training left them, on either side: the point
    is the optimum of all those cells (corollary 5.4). On other kinks the derivative is 0 or 1 and says
    the side.
    """
    on_kink = np.where(point.problem.signs > 0, point.clarke.round(), pattern)
    return np.where(point.kinks, on_kink, point.problem.pattern(point.W))
