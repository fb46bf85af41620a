"""The max-margin problem in one activation cell, as a user of each solver would state it.

    min ½ Σ_j c_j ‖w_j‖²   s.t.   y_i Σ_j c_j u_j A_ji ⟨w_j, x_i⟩ ≥ 1   (dual λ_i)
                                  s_ji ⟨w_j, x_i⟩ ≥ 0,  s = 2A − 1       (dual ν_ji)

*Natural*: one variable for each neuron and coordinate, ``c_j = 1``. *Condensed*: neurons of equal ``u_j`` and
``A_j·`` have equal weights at the optimum, so a class of c_j of them is one neuron that counts c_j times.
Every contestant but ours gets the data in an orthonormal basis of their span already (k = m instead
of d coordinates), and sparse matrices where it takes them. ``docs/theory.md``, section 5.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from benchmarks.race import Contestant
from kkt_unlearning.kkt.point import kkt_point
from kkt_unlearning.networks import TwoLayer
from kkt_unlearning.problem import Problem


@dataclass(frozen=True)
class Cell:
    """Data ``X (m, k)``, ``y (m,)``, neurons ``u (n,)`` with pattern ``A (n, m)`` and counts ``c (n,)``.

    ``has_signs`` is false for the linear model, whose neuron may have any pre-activations.
    """

    X: np.ndarray
    y: np.ndarray
    u: np.ndarray
    A: np.ndarray
    counts: np.ndarray
    has_signs: bool = True

    @property
    def side(self) -> np.ndarray:
        """``s = 2A − 1``, (n, m)."""
        return 2.0 * self.A - 1.0

    @property
    def drive(self) -> np.ndarray:
        """``c_j u_j y_i A_ji``, (n, m): the margins are its sums against the pre-activations."""
        return (self.counts * self.u)[:, None] * self.y * self.A

    def condensed(self) -> tuple["Cell", np.ndarray]:
        """The cell of the classes, and the class of each neuron."""
        keys = np.column_stack([self.u, self.A])
        rows, members, counts = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
        return Cell(self.X, self.y, rows[:, 0], rows[:, 1:], counts.astype(float)), members.ravel()


class Solution(NamedTuple):
    """``W (n, k)``, ``λ (m,)``, ``ν (n, m)``."""

    W: np.ndarray
    multipliers: np.ndarray
    forces: np.ndarray


class Program(NamedTuple):
    """``min ½ wᵀ H w  s.t.  −R w ≤ −r`` for ``w = vec W``; the margins come first."""

    H: sp.csc_matrix
    R: sp.csc_matrix
    r: np.ndarray


def program(cell: Cell) -> Program:
    """The sparse matrices: ``(n k, n k)`` diagonal, ``(m + n m, n k)``."""
    n, (m, k) = len(cell.u), cell.X.shape
    margins = cell.drive.T[:, :, None] * cell.X[:, None, :]
    signs = sp.diags_array(cell.side.ravel()) @ sp.kron(sp.eye_array(n), cell.X, format="csr")
    rows = sp.vstack([sp.csr_array(margins.reshape(m, n * k)), signs])
    right = np.concatenate([np.ones(m), np.zeros(n * m)])
    return Program(sp.diags(np.repeat(cell.counts, k), format="csc"), sp.csc_matrix(rows), right)


def ours(cell: Cell) -> Solution:
    """This library's exact point from the pattern; ``ν = s (C − λ y u A)`` read off its Clarke weights."""
    problem = Problem(TwoLayer(len(cell.u)), cell.X, cell.y)
    point = kkt_point(problem, cell.A)
    pull = point.multipliers * problem.signs
    return Solution(point.W, point.multipliers, cell.side * pull * (point.clarke - cell.A))


def cvxpy_clarabel(cell: Cell, tolerance: float) -> Solution:
    """The problem in cvxpy's words, solved by Clarabel."""
    import cvxpy as cp

    W = cp.Variable((len(cell.u), cell.X.shape[1]))
    P = W @ cell.X.T
    margins = cp.sum(cp.multiply(cell.drive, P), axis=0) >= 1
    signs = cp.multiply(cell.side, P) >= 0
    weighted = cp.multiply(np.sqrt(cell.counts)[:, None], W)
    task = cp.Problem(cp.Minimize(0.5 * cp.sum_squares(weighted)), [margins, signs])
    names = ("tol_gap_abs", "tol_gap_rel", "tol_feas")
    task.solve(solver=cp.CLARABEL, **dict.fromkeys(names, tolerance))
    if task.status != "optimal":
        raise RuntimeError(f"status {task.status}")
    return Solution(W.value, margins.dual_value, signs.dual_value.reshape(cell.A.shape))


def through_qpsolvers(
    cell: Cell, tolerance: float, solver: str, options: tuple[str, ...], dense: bool
) -> Solution:
    """``qpsolvers.solve_problem`` with the matrices of :func:`program`, dense where the solver wants them."""
    import qpsolvers

    H, R, r = program(cell)
    if dense:
        H, R = H.toarray(), R.toarray()
    task = qpsolvers.Problem(H, np.zeros(H.shape[0]), -R, -r)
    found = qpsolvers.solve_problem(task, solver, **dict.fromkeys(options, tolerance))
    if not found.found:
        raise RuntimeError("no solution found")
    m = len(cell.y)
    W = found.x.reshape(-1, cell.X.shape[1])
    return Solution(W, found.z[:m], found.z[m:].reshape(cell.A.shape))


SOLVERS: Mapping[str, Callable[..., Solution]] = {
    "cvxpy + Clarabel": cvxpy_clarabel,
    "Clarabel": partial(
        through_qpsolvers,
        solver="clarabel",
        options=("tol_gap_abs", "tol_gap_rel", "tol_feas"),
        dense=False,
    ),
    "PIQP": partial(
        through_qpsolvers,
        solver="piqp",
        options=("eps_abs", "eps_rel", "eps_duality_gap_abs", "eps_duality_gap_rel"),
        dense=False,
    ),
    "DAQP": partial(
        through_qpsolvers, solver="daqp", options=("primal_tol", "dual_tol"), dense=True
    ),
    "quadprog": partial(through_qpsolvers, solver="quadprog", options=(), dense=True),
}
"""Every peer, a function of the cell and the tolerance. quadprog has no tolerance to set."""

DENSE = ("DAQP", "quadprog")
NATURAL, CONDENSED = "natural", "condensed"


def contestants(names: Mapping[str, Callable], tolerance: float) -> list[Contestant]:
    """Ours, and each of these solvers in both forms."""
    found = [Contestant("ours", ours)]
    for form in (NATURAL, CONDENSED):
        for name, solve in names.items():
            run = partial(in_form, solve=solve, form=form, tolerance=tolerance)
            limits = {"memory": partial(_dense_bytes, form=form), "power": 3.0}
            found.append(Contestant(f"{name}, {form}", run, **limits if name in DENSE else {}))
    return found


def in_form(cell: Cell, solve: Callable, form: str, tolerance: float) -> Solution:
    if form == NATURAL:
        return solve(cell, tolerance)
    classes, members = cell.condensed()
    W, multipliers, forces = solve(classes, tolerance)
    return Solution(W[members], multipliers, (forces / classes.counts[:, None])[members])


def _dense_bytes(cell: Cell, form: str) -> float:
    """Of H, R and the copies that a solver and its interface make of both."""
    n = len(cell.u) if form == NATURAL else len(cell.condensed()[0].u)
    m, k = cell.X.shape
    return 2.0 * 8.0 * (n * k) * (n * k + n * m + m)
