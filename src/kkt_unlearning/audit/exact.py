"""The longest parts of an audit, with reports of progress: the exact KKT point, all pairs of samples."""

from collections.abc import Callable
from dataclasses import replace
from time import monotonic

import numpy as np

from kkt_unlearning.audit.subject import Report
from kkt_unlearning.datasets.geometry import near_orthogonality_of_many
from kkt_unlearning.kkt.point import KKTPoint, kkt_point
from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.solver import Solver

_SECONDS = 2.0  # between two lines on the same computation


def telling(solver: Solver | None, report: Report) -> Solver:
    """The solver given, or else the default one, made to report the progress of long programs."""
    due = now_and_then()

    def tell(residual: float) -> None:
        if due():
            report(f"quadratic program: residual {residual:.1e}")

    return replace(solver or Solver(), report=tell)


def now_and_then() -> Callable[[], bool]:
    """A function that is true at most once in two seconds, and not in the first two."""
    told = monotonic()

    def due() -> bool:
        nonlocal told
        if monotonic() - told < _SECONDS:
            return False
        told = monotonic()
        return True

    return due


def exact_point(problem: Problem, W: np.ndarray, solver: Solver, report: Report) -> KKTPoint:
    """:func:`kkt_unlearning.kkt_point` from the activations of ``W (n, k)``.

    Raises:
        NotSeparableError, SolverError, NotConvergedError: see there.
    """
    report("exact KKT point")

    def cell(number: int, turned: int) -> None:
        report(f"exact KKT point: cell {number} left, {turned} activations turned")

    return kkt_point(problem, problem.pattern(W), solver, report=cell)


def near_orthogonality(
    X: np.ndarray, report: Report, operations: float | None = None
) -> tuple[float, float, bool]:
    """:func:`kkt_unlearning.datasets.geometry.near_orthogonality_of_many`, with reports of progress."""
    due = now_and_then()

    def tell(share: float) -> None:
        if due():
            report(f"inner products of all pairs of samples: {share:.0%}")

    return near_orthogonality_of_many(X, operations, tell)
