"""How cvxpy's solvers are called: tolerances in their own names, and only an optimal status counts."""

import warnings
from dataclasses import dataclass
from typing import Any

from kkt_unlearning.errors import SolverError


@dataclass(frozen=True)
class ConvexSolver:
    """Which solver cvxpy calls, and how exactly.

    Attributes:
        solver: a conic solver that cvxpy knows by this name.
        tolerance: absolute and relative gap and feasibility asked of it.
    """

    solver: str = "CLARABEL"
    tolerance: float = 1e-9

    def options(self) -> dict[str, float]:
        """The solver's own names for the tolerances."""
        if self.solver != "CLARABEL":
            return {}
        names = ("tol_gap_abs", "tol_gap_rel", "tol_feas")
        return dict.fromkeys(names, self.tolerance)

    def solve(self, program: Any) -> bool:
        """Solve a ``cvxpy.Problem`` in place; whether it is feasible.

        Raises:
            SolverError: the solver failed, or returned any status but optimal or infeasible.
        """
        import cvxpy as cp  # a second of import that only a solve should pay

        try:
            with warnings.catch_warnings():
                warnings.simplefilter(
                    "ignore", UserWarning
                )  # an inaccurate status is an error below
                program.solve(solver=self.solver, **self.options())
        except cp.error.SolverError as error:
            raise SolverError(
                f"solver = {self.solver}: it failed ({error}); try another one."
            ) from error
        if program.status in ("infeasible", "infeasible_inaccurate"):
            return False
        if program.status != "optimal":
            raise SolverError(
                f"solver = {self.solver}, tolerance = {self.tolerance}: status {program.status!r} where only "
                "'optimal' is accepted; loosen the tolerance or choose another solver."
            )
        return True
