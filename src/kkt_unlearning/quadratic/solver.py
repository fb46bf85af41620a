"""Which solver is used, and what is asked of its answer."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kkt_unlearning.backends import constant, namespace, to_numpy
from kkt_unlearning.errors import DataError, SolverError
from kkt_unlearning.precision import ROUND_OFF
from kkt_unlearning.quadratic.program import Iterate, Program
from kkt_unlearning.quadratic.solve import ResidualReport, Solution, indices, maximise

SOLVERS = ("active_set", "cvxpy")
SOLVED = 1e-9
"""The residual to which a program counts as solved by default; of its answer, what is 0 over the largest.

Pre-activations, multipliers, Clarke derivatives and excess margins at an optimum are off by the residual
times the condition of the data. Measured: the 1,422 programs of the exact points of the replication end at
6e-12 or less. There pre-activations are below 3e-12 of the largest or above 5e-7, margins within 2e-11 of 1
or more than 2e-4 above it, and multipliers 0 or above 5e-4 of the largest.
"""


@dataclass(frozen=True)
class Solver:
    """How the quadratic programs of KKT points and certificates are solved.

    Attributes:
        name: ``active_set`` (our own: coordinate ascent and active-set Newton steps) or ``cvxpy`` (the
            reference, an interior-point method, whose answer the same Newton steps then sharpen). For a KKT
            point cvxpy gets the max-margin problem itself (:func:`kkt_unlearning.kkt.duals.dual_values`).
        tolerance: the largest relative residual that counts as solved; also cvxpy's gap.
        report: is told the largest residual so far before each Newton step.

    Raises:
        DataError: an unknown name, or a tolerance below 1e-12.
    """

    name: str = "active_set"
    tolerance: float = SOLVED
    report: ResidualReport | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.name not in SOLVERS:
            raise DataError(
                f"solver = {self.name!r}: allowed are {', '.join(SOLVERS)}; choose one of them."
            )
        if not self.tolerance >= ROUND_OFF:
            raise DataError(
                f"tolerance = {self.tolerance}: allowed are numbers >= {ROUND_OFF}, what float64 can hold; "
                "raise it."
            )

    def solve(self, program: Program, start: Iterate | None = None) -> Solution:
        """The optima of a batch of programs, from ``start`` if a point near them is known.

        What our own solver leaves unsolved, in degenerate programs, goes to the reference where that is
        installed.

        Raises:
            DataError: the reference is asked for and not installed.
            SolverError: neither came within the tolerance.
        """
        own = maximise(program, start, self.report) if self.name == "active_set" else None
        if own is not None and not (self._unsolved(own)).any():
            return own
        solution = self._by_reference(program, own)
        left = self._unsolved(solution)
        if left.any():
            from kkt_unlearning.quadratic.reference import EXTRA, installed

            worst = solution.residual[left].max()
            raise SolverError(
                f"solver = {self.name}, tolerance = {self.tolerance}: residual {worst:.1e} in "
                f"{int(left.sum())} of {left.size} programs; make samples that nearly coincide equal, "
                "as numpy.round(X, 6) does, or loosen the tolerance"
                + (
                    "."
                    if installed()
                    else f"; cvxpy, which is not installed, is tried as well: {EXTRA}."
                )
            )
        return solution

    def optimum(self, program: Program, start: Iterate | None = None) -> Solution:
        """:meth:`solve` for programs that have an optimum.

        Raises:
            SolverError: a program could not be solved, or the reference calls one unbounded.
        """
        solution = self.solve(program, start)
        if not solution.bounded.all():
            raise SolverError(
                f"solver = {self.name}, tolerance = {self.tolerance}: {int((~solution.bounded).sum())} of "
                f"{solution.bounded.size} least-squares programs came out unbounded; the data are too "
                "ill-conditioned, so make samples that nearly coincide equal, as numpy.round(X, 6) does."
            )
        return solution

    def _unsolved(self, solution: Solution) -> np.ndarray:
        return solution.bounded & ~(solution.residual <= self.tolerance)

    def _by_reference(self, program: Program, own: Solution | None) -> Solution:
        """The reference's answers for what is unsolved, taken to machine precision from there."""
        # here, because SciPy is slow to import
        from kkt_unlearning.quadratic.reference import installed, solve_by_cvxpy

        if own is not None and not installed():
            return own
        on_host, solution = _on_host(program), own or _nothing(program)
        for index in np.flatnonzero(self._unsolved(solution)).tolist():
            found = solve_by_cvxpy(on_host, index, self.tolerance)
            if found is None:
                solution.bounded[index] = False
                continue
            chosen = np.array([index])
            start = Iterate(
                *(constant(part, program.gram) for part in (found.multipliers, found.coefficients))
            )
            solution.put(index, maximise(program.take(indices(chosen, program.gram)), start))
        return solution


def _on_host(program: Program) -> Program:
    names = ("gram", "lower", "upper", "reward", "target", "cap")
    parts: dict[str, Any] = {name: to_numpy(getattr(program, name)) for name in names}
    return Program(**parts)


def _nothing(program: Program) -> Solution:
    """No answer yet."""
    xp = namespace(program.gram)
    batch = program.reward.shape[0]
    return Solution(
        xp.zeros_like(program.reward),
        xp.zeros_like(program.target),
        np.full(batch, np.inf),
        np.ones(batch, bool),
    )
