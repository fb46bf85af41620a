"""Exact Clarke-KKT points: solve the cell of a pattern, and pivot to the next cell while need be.

``docs/theory.md``, section 5.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from kkt_unlearning.errors import NotConvergedError, NotSeparableError, SolverError
from kkt_unlearning.kkt.cell import alike, cell_programs, supporting
from kkt_unlearning.kkt.clarke import MANY, fit_multipliers
from kkt_unlearning.kkt.classes import Classes
from kkt_unlearning.kkt.copies import contradicting, copies_of, may_repeat
from kkt_unlearning.kkt.residuals import KKTResiduals, kkt_residuals
from kkt_unlearning.precision import ROUND_OFF
from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.hard_margin import hard_margin
from kkt_unlearning.quadratic.program import Iterate, Program
from kkt_unlearning.quadratic.solve import ResidualReport
from kkt_unlearning.quadratic.solver import SOLVED, Solver

if TYPE_CHECKING:
    from kkt_unlearning.kkt.duals import DualValues

# Cells that a walk may leave before it counts as lost. Those of the replication leave at most four; a search
# with more samples than features is bounded by its rounds instead.
PIVOTS = 50

Guess = tuple[np.ndarray, np.ndarray]
CellReport = Callable[[int, int], None]

# Least eigenvalue of the cosines between samples below which no program in terms of the Gram matrix is tried.
# Measured on pairs among 16 samples: 1e-4 of their length apart, where it is about 5e-9, such programs take
# 1.5 s and the working set 0.1 s; nearer than 1e-5 they do not reach the tolerance.
_NEARLY_DEPENDENT = 1e-7

# Largest KKT residual or gap of a point: 10,000 times that of its program, for what the condition of the data
# makes of it. Measured: 5e-11 at most at the exact points of the replication.
_WORST_RESIDUAL = 1e-5


@dataclass(frozen=True)
class KKTPoint:
    """A KKT point ``θ = Σ_i λ_i y_i g_i`` of the max-margin problem, ``g_i`` a Clarke derivative.

    Attributes:
        problem: the max-margin problem it solves.
        W: weights ``(n, k)``; the smallest margin is 1.
        multipliers: ``λ (m,)``, non-negative.
        clarke: ``a (n, m)``, the derivative of each neuron at each sample, in [0, 1] on a kink.
        pattern: ``A (n, m)``, the sign of its pre-activations, on a kink the side of the cell it was
            found in.
        kinks: boolean ``(n, m)``: pre-activations that are exactly 0.
        residuals: the KKT residuals, each by itself.
        gap: duality gap ``|‖θ‖² − Σ_i λ_i| / ‖θ‖²``.
        cells: number of cells that were solved.
        flipped: supporting activations of the starting pattern that pivoting changed.
        duals: the dual values of cvxpy that the multipliers were polished from; None where it was not asked.
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
    duals: "DualValues | None" = None

    @property
    def dual_error(self) -> float:
        """``max |λ̂_i − λ_i| / max λ_i`` of cvxpy's dual values λ̂; nan where it was not asked."""
        if self.duals is None:
            return float("nan")
        difference = np.abs(self.duals.multipliers - self.multipliers).max()
        return float(difference / self.multipliers.max())

    @property
    def of_cell(self) -> np.ndarray:
        """The samples whose activations make its cell, boolean ``(m,)``.

        With more samples than features those with a multiplier: the others are on the side that they are on
        (``docs/theory.md``, section 5.6). Otherwise all.
        """
        if self.problem.samples <= self.problem.X.shape[-1]:
            return np.ones(self.problem.samples, bool)
        return self.multipliers > 0

    @classmethod
    def from_arrays(
        cls,
        problem: Problem,
        W: np.ndarray,
        multipliers: np.ndarray,
        clarke: np.ndarray,
        pattern: np.ndarray,
        kinks: np.ndarray,
    ) -> "KKTPoint":
        """A point from its arrays, with its residuals and gap computed again."""
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
        )


def kkt_point(
    problem: Problem,
    pattern: np.ndarray,
    solver: Solver | None = None,
    pivots: int = PIVOTS,
    report: CellReport | None = None,
) -> KKTPoint:
    """The Clarke-KKT point reached from the activations ``A (n, m)`` of a trained network.

    Only the activations of supporting pairs (``u_j y_i > 0``) matter. The optimum of their cell is a KKT
    point of the non-convex problem iff ``a_ji = C_ji/(λ_i y_i u_j) ∈ [0, 1]`` on these as well. Entries
    that break this are flipped and the neighbouring cell is solved: the present point stays feasible there
    and (for an invertible Gram matrix) is not optimal, so the objective falls and the walk ends.

    With more samples than features or than 64, or samples that nearly depend on others, the point is that of
    :func:`kkt_unlearning.kkt.working_set.search`, which ``pivots`` does not bound.

    Raises:
        NotSeparableError: the cell holds no weights with margin 1 on every sample, or two equal samples have
            opposed labels.
        SolverError: a program could not be solved to the solver's tolerance, or the point's own residuals are
            above 1e-5.
        NotConvergedError: more than ``pivots`` cells were left, or a search did not end.

    ``docs/theory.md``, sections 5.1 and 5.6.
    """
    return kkt_points([problem], [pattern], solver, pivots, report=report)[0]


def kkt_points(
    problems: Sequence[Problem],
    patterns: Sequence[np.ndarray],
    solver: Solver | None = None,
    pivots: int = PIVOTS,
    guesses: Sequence[Guess] | None = None,
    report: CellReport | None = None,
) -> list[KKTPoint]:
    """:func:`kkt_point` of many problems (seeds, forget sets) at once; each round is one batched solve.

    With the solver ``cvxpy`` the walk over the cells is ours all the same. The max-margin problem in the cell
    it ends in is stated in cvxpy, and our active equations polish the dual values to the multipliers.

    Args:
        guesses: multipliers ``λ (m,)`` and derivatives ``a (n, m)`` near those of each answer, where they are
            known: the solver starts there.
        report: is told after each cell how many activations are turned for the next one, over all problems.
    """
    solver, problems = solver or Solver(), [problem.double for problem in problems]
    if solver.name == "cvxpy":
        own = replace(solver, name="active_set")
        walked = kkt_points(problems, patterns, own, pivots, guesses, report)
        return [_by_cvxpy(point, own, pivots) for point in walked]
    near: list[Guess | None] = [None] * len(problems) if guesses is None else list(guesses)
    starts = [np.asarray(pattern, dtype=float) for pattern in patterns]
    points: dict[int, KKTPoint] = {}
    for b, (problem, start) in enumerate(zip(problems, starts, strict=True)):
        alone = _alone(problem, start, near[b], solver, pivots, report)
        if alone is not None:
            points[b] = alone
    A, left = list(starts), [b for b in range(len(starts)) if b not in points]
    if not left:
        return [points[b] for b in range(len(starts))]
    for cell in range(pivots + 1):
        found = cell_optima(
            [problems[b] for b in left], [A[b] for b in left], [near[b] for b in left], solver
        )
        turned = 0
        for b, (point, wrong) in zip(left, found, strict=True):
            A[b], near[b] = np.where(wrong, 1.0 - A[b], A[b]), (point.multipliers, point.clarke)
            turned += int(wrong.sum())
            if not wrong.any():
                _check_solved(point)
                flipped = ((starts[b] != A[b]) & supporting(problems[b])).sum()
                points[b] = replace(point, cells=cell + 1, flipped=int(flipped))
        left = [b for b in left if b not in points]
        if not left:
            return [points[b] for b in range(len(starts))]
        if report is not None:
            report(cell + 1, turned)
    raise NotConvergedError(
        f"pivots = {pivots}: {len(left)} of {len(starts)} networks still break the Clarke condition; "
        "allowed is none, so train for more steps or raise pivots."
    )


def _by_cvxpy(point: KKTPoint, own: Solver, pivots: int) -> KKTPoint:
    """The same point from the dual values that cvxpy finds in its cell."""
    # here: SciPy's sparse arrays take longer to load than all else
    from kkt_unlearning.kkt.duals import dual_values

    problem, pattern = point.problem, point.pattern
    found = dual_values(problem, pattern, point.of_cell, own.tolerance)
    if problem.network.has_kinks:
        guess = (found.multipliers, found.clarke)
        polished = kkt_points([problem], [pattern], own, pivots, [guess])[0]
    else:
        polished = max_margin(problem, own.report, np.flatnonzero(found.support))
    return replace(
        polished,
        cells=point.cells + polished.cells - 1,
        flipped=point.flipped + polished.flipped,
        duals=found,
    )


def _alone(
    problem: Problem,
    pattern: np.ndarray,
    near: Guess | None,
    solver: Solver,
    pivots: int,
    report: CellReport | None,
) -> KKTPoint | None:
    """The point of a two-layer network that is not one of a batch; None for all others.

    It has copies among its samples, or more samples than features, or samples that nearly depend on others,
    what a Gram matrix is too ill-conditioned for; or so many samples that one of all of them takes too long.
    """
    if not problem.network.has_kinks:
        return None
    opposed = contradicting(problem) if may_repeat(problem) else []
    if opposed:
        raise NotSeparableError(_infeasible(problem, opposed))
    copies = copies_of(problem)
    if copies is not None:
        kept = Problem(problem.network, problem.X[copies.first], problem.y[copies.first])
        guesses = None if near is None else [copies.merged(*near)]
        point = kkt_points([kept], [pattern[:, copies.first]], solver, pivots, guesses, report)[0]
        shares, pairs = copies.spread(point.multipliers, (point.clarke, point.pattern, point.kinks))
        whole = KKTPoint.from_arrays(problem, point.W, shares, *pairs)
        return replace(whole, cells=point.cells, flipped=point.flipped)
    few = problem.samples <= min(problem.X.shape[-1], MANY)
    if few and not _nearly_dependent(problem):
        return None
    return _from_working_set(problem, pattern, near, solver, report)


def _nearly_dependent(problem: Problem) -> bool:
    """Whether a sample is a combination of others but for a small part, as nearly equal ones are."""
    lengths = np.sqrt((problem.X**2).sum(axis=1))
    units = problem.X / np.where(lengths > 0, lengths, 1.0)[:, None]
    return bool(np.linalg.eigvalsh(units @ units.T)[0] < _NEARLY_DEPENDENT)


def _from_working_set(
    problem: Problem,
    pattern: np.ndarray,
    near: Guess | None,
    solver: Solver,
    report: CellReport | None,
) -> KKTPoint:
    """The point of many samples."""
    # here: SciPy's linear algebra takes longer to load than all else, and few points need it
    from kkt_unlearning.kkt.working_set import search

    told = 1

    def tell(cells: int, turned: int, missing: float) -> None:
        nonlocal told
        if solver.report is not None:
            solver.report(max(missing, 0.0))
        if report is not None and cells > told:
            told = cells
            report(cells - 1, turned)

    found = search(problem, pattern, None if near is None else near[0], tell)
    if not found.met:
        raise NotSeparableError(_infeasible(problem))
    if found.left:
        raise NotConvergedError(
            f"{problem.samples} samples: after {found.rounds} rounds {found.left} activations and "
            "multipliers disagree with one another; allowed is none, so train for more steps, until every "
            "margin is clearly positive."
        )
    point = KKTPoint.from_arrays(
        problem, found.W, found.multipliers, found.clarke, found.pattern, found.kinks
    )
    _check_solved(point)
    counts = supporting(problem) & (found.multipliers > 0)
    flipped = int(((pattern > 0) != (found.pattern > 0))[counts].sum())
    return replace(point, cells=found.cells, flipped=flipped)


def cell_optima(
    problems: Sequence[Problem],
    patterns: Sequence[np.ndarray],
    guesses: Sequence[Guess | None],
    solver: Solver,
) -> list[tuple[KKTPoint, np.ndarray]]:
    """The max-margin point of each cell, and the entries ``(n, m)`` on which it breaks the Clarke condition.

    Of all multipliers of its weights they are some that break it nowhere, if there are any: then it is a KKT
    point, else these entries lead to the next cell. All cells are one batched solve; a linear model has one
    cell, and a solver of its own (:func:`max_margin`).

    Args:
        patterns: activations ``A (n, m)`` of each cell, as floats.
        guesses: as :func:`kkt_points` takes them, None where nothing is known; used if all are there.

    Raises:
        NotSeparableError, SolverError: see :func:`kkt_point`.
    """
    if not any(problem.network.has_kinks for problem in problems):
        nowhere = [np.zeros((1, problem.samples), bool) for problem in problems]
        points = [max_margin(problem, solver.report) for problem in problems]
        return list(zip(points, nowhere, strict=True))
    groups = [alike(*pair) for pair in zip(problems, patterns, strict=True)]
    program = cell_programs(problems, patterns, groups)
    solution = solver.solve(program, _start(program, problems, groups, guesses))
    found = []
    for b, (problem, pattern, group) in enumerate(zip(problems, patterns, groups, strict=True)):
        if not solution.bounded[b]:
            raise NotSeparableError(_infeasible(problem))
        coefficients = solution.coefficients[b, : len(group.first), : problem.samples]
        multipliers = solution.multipliers[b, : problem.samples]
        point = _assemble(problem, pattern, group, multipliers, coefficients)
        found.append(_with_other_multipliers(point, _violations(point), solver))
    return found


def max_margin(
    problem: Problem, report: ResidualReport | None = None, start: np.ndarray | None = None
) -> KKTPoint:
    """The KKT point of a linear model, of which there is one: ``min ½‖w‖²`` s.t. ``y_i⟨w, x_i⟩ ≥ 1``.

    Equal samples have equal multipliers, whatever their order.

    Args:
        report: is told after each look at all samples by how much the smallest margin misses 1.
        start: indices of samples that are likely to be those with a multiplier.

    Raises:
        NotSeparableError: no weights have margin 1 on every sample.
    """

    def tell(rounds: int, held: int, smallest: float) -> None:
        if report is not None:
            report(1.0 - smallest)

    found = hard_margin(problem.X, problem.y, tell, start)
    if not found.separable:
        raise NotSeparableError(_infeasible(problem, np.flatnonzero(found.multipliers).tolist()))
    W, ones = found.w[None], np.ones((1, problem.samples))
    multipliers = _evenly(problem, problem.margins(W), found.multipliers)
    combination = problem.combination(multipliers, ones)
    if problem.margins(combination).min() >= 1.0 - ROUND_OFF:  # unless large terms cancel in it
        W = combination  # so that a step which takes out all terms leaves nothing
    return KKTPoint.from_arrays(
        problem, W, multipliers, ones, ones, np.zeros((1, problem.samples), bool)
    )


def _evenly(problem: Problem, q: np.ndarray, multipliers: np.ndarray) -> np.ndarray:
    """The multipliers ``(m,)`` with those of equal samples replaced by their mean, at margins ``q (m,)``."""
    touched = np.flatnonzero(q <= 1.0 + SOLVED)  # others have multiplier 0, as their copies
    copies = copies_of(Problem(problem.network, problem.X[touched], problem.y[touched]))
    if copies is None:
        return multipliers
    shared = np.zeros_like(multipliers)
    shared[touched], _ = copies.spread(np.bincount(copies.member, multipliers[touched]), ())
    return shared


def _start(
    program: Program,
    problems: Sequence[Problem],
    groups: list[Classes],
    guesses: Sequence[Guess | None],
) -> Iterate | None:
    """The guesses as a point of the program; None unless there is one for every problem."""
    known = [guess for guess in guesses if guess is not None]
    if len(known) < len(guesses):
        return None
    multipliers, coefficients = np.zeros_like(program.reward), np.zeros_like(program.target)
    for b, (problem, group, guess) in enumerate(zip(problems, groups, known, strict=True)):
        multipliers[b, : problem.samples] = guess[0]
        rows = group.condensed(guess[0] * problem.signs * guess[1])
        coefficients[b, : len(rows), : problem.samples] = rows
    return Iterate(multipliers, coefficients)


def _assemble(
    problem: Problem,
    pattern: np.ndarray,
    group: Classes,
    multipliers: np.ndarray,
    coefficients: np.ndarray,
) -> KKTPoint:
    """The point from the condensed coefficients; equal weights in a class to the last bit."""
    rows = coefficients @ problem.X
    P = rows @ problem.X.T
    signs = group.condensed(problem.signs)
    kinks = np.zeros(P.shape, bool)
    if problem.network.has_kinks:
        heights = np.abs(P) / np.sqrt(group.size)[:, None]
        kinks = heights <= SOLVED * heights.max()
    clarke = _clarke_weights(problem, P > 0, kinks, multipliers * signs, coefficients)
    sides = np.where(kinks, (pattern[group.first] > 0) & (signs > 0), P > 0)
    if not problem.network.has_kinks:
        sides = np.ones_like(sides)
    return KKTPoint.from_arrays(
        problem,
        group.spread(rows),
        multipliers,
        clarke[group.member],
        sides[group.member].astype(float),
        kinks[group.member],
    )


def _clarke_weights(
    problem: Problem,
    active: np.ndarray,
    kinks: np.ndarray,
    scale: np.ndarray,
    coefficients: np.ndarray,
) -> np.ndarray:
    """``a = C/(λ y u)`` on the kinks, the derivative off them. Where ``λ_i = 0`` but ``C_ji ≠ 0`` no a
    would do: a value outside [0, 1] marks the entry for the pivot."""
    size = np.abs(coefficients).max()
    used = np.abs(scale) > ROUND_OFF * size
    unused = np.where(np.abs(coefficients) > SOLVED * size, -1.0, 0.0)
    ratio = np.divide(coefficients, scale, out=unused, where=used)
    if not problem.network.has_kinks:
        return np.ones_like(ratio)
    return np.where(kinks, _rounded(ratio), active)


def _rounded(share: np.ndarray) -> np.ndarray:
    """Round-off beyond 0 and 1 taken away."""
    inside = np.clip(share, 0.0, 1.0)
    return np.where(np.abs(share - inside) <= SOLVED, inside, share)


def _violations(point: KKTPoint) -> np.ndarray:
    return point.kinks & ((point.clarke < 0.0) | (point.clarke > 1.0))


def _with_other_multipliers(
    point: KKTPoint, wrong: np.ndarray, solver: Solver
) -> tuple[KKTPoint, np.ndarray]:
    """The same weights with admissible multipliers, if there are any, else the point as it is.

    For a singular Gram matrix the multipliers of the cell are not unique, and that the solver's break
    the Clarke condition does not show that all do.
    """
    problem = point.problem
    if not wrong.any() or np.linalg.matrix_rank(problem.X) == problem.samples:
        return point, wrong
    caps = np.where(problem.margins(point.W) > 1.0 + SOLVED, 0.0, np.inf)
    fit = fit_multipliers(problem, point.W, point.kinks, caps, solver)
    if fit.residual > SOLVED * np.linalg.norm(point.W):
        return point, wrong
    other = KKTPoint.from_arrays(
        problem, point.W, fit.multipliers, fit.clarke, point.pattern, point.kinks
    )
    return other, np.zeros_like(wrong)


def _check_solved(point: KKTPoint) -> None:
    """The program's residual is relative to terms that may cancel; the KKT residuals are what counts."""
    error = max(point.residuals.worst, point.gap)
    if not error < _WORST_RESIDUAL:
        raise SolverError(
            f"worst KKT residual or gap = {error:.1e}: below {_WORST_RESIDUAL:.0e} is required of a KKT "
            "point; the data are too ill-conditioned, so make samples that nearly coincide equal, as "
            "numpy.round(X, 6) does, or bring features of very different units to one."
        )


def _infeasible(problem: Problem, contradicting: Sequence[int] = ()) -> str:
    """Why there is no point; ``contradicting`` are samples that no weights classify together, where known."""
    data = f"{problem.samples} samples, {problem.network.width} neuron(s): no weights of reasonable size"
    remedy = "use data that this network can separate (fewer samples, more dimensions or neurons)."
    if len(contradicting) == 2:
        a, b = contradicting
        return (
            f"samples {a} and {b} (from 0) contradict one another: no weights through the origin give both a "
            "positive margin, so there is no KKT point; correct a label or take one of them out."
        )
    if problem.network.has_kinks:  # says nothing about other cells, where no training has led
        return (
            f"{data} with these activations reach margin 1 on every sample, so the cell holds no KKT point; "
            f"start from a network that classifies all samples, or {remedy}"
        )
    return f"{data} reach margin 1 on every sample, so there is no KKT point; {remedy}"
