"""Exact Clarke-KKT points: solve the cell of a pattern, and pivot to the next cell while need be.

``docs/theory.md``, section 5.
"""

from dataclasses import dataclass, replace

import numpy as np

from kkt_unlearning.clarke import fit_multipliers
from kkt_unlearning.convex import ConvexSolver
from kkt_unlearning.errors import NotConvergedError, SolverError
from kkt_unlearning.kkt import KKTResiduals, kkt_residuals
from kkt_unlearning.maxmargin.cell import CellSolution, coefficients, solve_cell
from kkt_unlearning.maxmargin.finish import active_kinks, finish
from kkt_unlearning.problem import Problem

_EXACT = 1e-9  # residuals of a finished point are far below this or the finish is not used
_SOLVED = 1e-5  # how far an unfinished point's Clarke weights may leave [0, 1]


@dataclass(frozen=True)
class KKTPoint:
    """A KKT point ``θ = Σ_i λ_i y_i g_i`` of the max-margin problem, ``g_i`` a Clarke derivative.

    Attributes:
        problem: the max-margin problem it solves.
        W: weights ``(n, k)``; the smallest margin is 1.
        multipliers: ``λ (m,)``, non-negative.
        clarke: ``a (n, m)``, the derivative of each neuron at each sample, in [0, 1] on a kink.
        pattern: ``A (n, m)``, the cell it was found in.
        kinks: boolean ``(n, m)``: pre-activations that are exactly 0.
        residuals: the KKT residuals, each by itself.
        gap: duality gap ``|‖θ‖² − Σ_i λ_i| / ‖θ‖²``.
        cells: number of cells that were solved.
        flipped: entries of the starting pattern that pivoting changed.
        finished: whether the active-set equations were solved exactly.
    """

    problem: Problem
    W: np.ndarray
    multipliers: np.ndarray
    clarke: np.ndarray
    pattern: np.ndarray
    kinks: np.ndarray
    residuals: KKTResiduals
    gap: float
    cells: int = 1
    flipped: int = 0
    finished: bool = True

    @classmethod
    def from_arrays(
        cls,
        problem: Problem,
        W: np.ndarray,
        multipliers: np.ndarray,
        clarke: np.ndarray,
        pattern: np.ndarray,
        kinks: np.ndarray,
        *,
        finished: bool = True,
    ) -> "KKTPoint":
        """A point from its arrays, with its residuals and gap computed anew."""
        squared = float((W**2).sum())
        return cls(
            problem=problem,
            W=W,
            multipliers=multipliers,
            clarke=clarke,
            pattern=pattern,
            kinks=kinks,
            residuals=kkt_residuals(problem, W, multipliers, clarke, kinks),
            gap=abs(squared - float(multipliers.sum())) / squared,
            finished=finished,
        )


def kkt_point(
    problem: Problem, pattern: np.ndarray, solver: ConvexSolver | None = None, pivots: int = 50
) -> KKTPoint:
    """The Clarke-KKT point reached from the activation pattern ``A (n, m)`` of a trained network.

    A solution of the cell is a KKT point of the non-convex problem iff every ``a_ji = C_ji / (λ_i y_i u_j)``
    lies in [0, 1]. Entries that break this are flipped and the neighbouring cell is solved: the present
    point stays feasible there and (for an invertible Gram matrix) is not optimal, so the objective falls
    and the walk ends. Entries with ``ν_ji > 0`` at a sample of ``λ_i = 0`` are flipped as well.

    Raises:
        NotSeparableError: the cell holds no weights with margin 1 on every sample.
        SolverError: the solver's status is not optimal, or the point's residuals are above 1e-5.
        NotConvergedError: more than ``pivots`` cells were left.
    """
    A = np.asarray(pattern, dtype=float)
    for cell in range(pivots + 1):
        point = _in_cell(problem, A, solve_cell(problem, A, solver))
        wrong = _violations(point)
        if wrong.any() and np.linalg.matrix_rank(problem.X) < problem.samples:
            point = _with_other_multipliers(point, solver or ConvexSolver())
            wrong = _violations(point)
        if not wrong.any():
            _check_solved(point)
            return replace(point, cells=cell + 1, flipped=int((pattern != A).sum()))
        A = np.where(wrong, 1.0 - A, A)
    raise NotConvergedError(
        f"pivots = {pivots}: {int(wrong.sum())} activations still break the Clarke condition; allowed is "
        "0, so train for more steps or raise pivots."
    )


def _check_solved(point: KKTPoint) -> None:
    """An optimal status is the solver's word; the residuals are what counts."""
    error = max(point.residuals.worst, point.gap)
    if not error < _SOLVED:
        raise SolverError(
            f"worst KKT residual or gap = {error:.1e}: below {_SOLVED:.0e} is required of a KKT point, so "
            "lower the tolerance of the solver or train for more steps."
        )


def _in_cell(problem: Problem, A: np.ndarray, solution: CellSolution) -> KKTPoint:
    exact = finish(problem, A, solution)
    if exact is not None:
        finished = _assemble(
            problem, A, exact.kinks, exact.multipliers, exact.coefficients, finished=True
        )
        if _cell_violation(finished) < _EXACT:
            return finished
    kinks = active_kinks(problem, solution)
    C = coefficients(problem, A, solution.multipliers, solution.sign_multipliers)
    return _assemble(problem, A, kinks, solution.multipliers, C, finished=False)


def _with_other_multipliers(point: KKTPoint, solver: ConvexSolver) -> KKTPoint:
    """The same weights with admissible multipliers, if there are any, else the point as it is.

    For a singular Gram matrix the multipliers of the cell are not unique, and that the solver's break
    the Clarke condition does not show that all do.
    """
    problem = point.problem
    slack = problem.margins(point.W) > 1.0 + _SOLVED
    bounds = np.where(slack, 0.0, np.inf)
    fit = fit_multipliers(problem, point.W, point.kinks, bounds, solver)
    W = problem.combination(fit.multipliers, fit.clarke)
    other = KKTPoint.from_arrays(
        problem, W, fit.multipliers, fit.clarke, point.pattern, point.kinks, finished=False
    )
    return other if other.residuals.worst < _SOLVED else point


def _assemble(
    problem: Problem,
    A: np.ndarray,
    kinks: np.ndarray,
    multipliers: np.ndarray,
    C: np.ndarray,
    finished: bool,
) -> KKTPoint:
    W = C @ problem.X
    P = np.abs(problem.preactivations(W))
    if problem.network.has_kinks:  # dead neurons sit on every kink with no force to show for it
        kinks = kinks | ((_EXACT if finished else _SOLVED) * P.max() >= P)
    clarke = _clarke_weights(problem, A, kinks, multipliers, C)
    return KKTPoint.from_arrays(problem, W, multipliers, clarke, A, kinks, finished=finished)


def _clarke_weights(
    problem: Problem, A: np.ndarray, kinks: np.ndarray, multipliers: np.ndarray, C: np.ndarray
) -> np.ndarray:
    """``a = C / (λ y u)`` on the kinks, A off them. Where ``λ_i = 0`` but ``C_ji ≠ 0`` no a would do:
    a value outside [0, 1] marks the entry for the pivot."""
    scale = multipliers * problem.signs
    size = np.abs(problem.output_weights).max() * multipliers.max()
    used = np.abs(scale) > 1e-12 * size
    ratio = np.divide(C, scale, out=np.where(np.abs(C) > _SOLVED * size, -1.0, A), where=used)
    return np.where(kinks, ratio, A)


def _cell_violation(point: KKTPoint) -> float:
    """How far a finished point is from an optimum of its own cell, relative to the sizes in it."""
    P = point.problem.preactivations(point.W)
    outside = np.maximum((1.0 - 2.0 * point.pattern) * P, 0.0).max() / np.abs(P).max()
    return max(
        point.residuals.primal_feasibility,
        point.residuals.dual_feasibility,
        point.residuals.complementary_slackness,
        float(outside) if point.problem.network.has_kinks else 0.0,
        _wrong_force(point),
    )


def _wrong_force(point: KKTPoint) -> float:
    """The most negative ``ν_ji / (λ_max |u_j|)``: a kink that would rather be left, so is no kink."""
    if not point.kinks.any():
        return 0.0
    inward = (2.0 * point.pattern - 1.0) * (point.clarke - point.pattern) * point.problem.signs
    force = inward * point.multipliers / np.abs(point.problem.output_weights)[:, None]
    return float(np.maximum(-force[point.kinks], 0.0).max() / point.multipliers.max())


def _violations(point: KKTPoint) -> np.ndarray:
    slack = _EXACT if point.finished else _SOLVED
    return point.kinks & ((point.clarke < -slack) | (point.clarke > 1.0 + slack))
