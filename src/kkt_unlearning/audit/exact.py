"""The exact KKT point that a network leads to, the longest part of every audit, with word of its progress."""

import numpy as np

from kkt_unlearning.audit.subject import Report
from kkt_unlearning.maxmargin.point import KKTPoint, kkt_point
from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.solver import Solver


def exact_point(problem: Problem, W: np.ndarray, solver: Solver | None, report: Report) -> KKTPoint:
    """:func:`kkt_unlearning.kkt_point` from the activations of ``W (n, k)``.

    Raises:
        NotSeparableError, SolverError, NotConvergedError: see there.
    """
    report("exact KKT point")

    def cell(number: int, turned: int) -> None:
        report(f"exact KKT point: cell {number} left, {turned} activations turned")

    return kkt_point(problem, problem.pattern(W), solver, report=cell)
