"""From scratch to an accuracy at m = 10, d = n = 1000: seconds against 1 − cosine to the exact KKT point.

Contestants are descent by PyTorch and by us, at a constant and at the normalised step, and our descent with
an exact solve behind it. The constant step is the best of four, found in span coordinates, where the
iterates are the same. Each cosine is to the KKT point that the activations of that rule's last iterate lead
to.
"""

import time
from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.figure import Figure
from pandas import DataFrame
from scipy.optimize import nnls

from benchmarks import cells, figures
from benchmarks.checks import measures, verdict
from benchmarks.instance import Instance, instance
from benchmarks.peers import load
from benchmarks.peers.cell import Solution
from benchmarks.peers.descent import pytorch, span
from benchmarks.peers.multipliers import gradients
from benchmarks.race import Row
from kkt_unlearning.kkt.point import kkt_point
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.problem import Problem
from kkt_unlearning.training import Descent, train
from kkt_unlearning.training.span import span_coordinates

SEEDS = 3
MARKS = (10, 30, 100, 300, 1000, 4000)
LONG = (10_000, 40_000)  # marks that only ours goes on to
STEP_SIZES = (0.01, 0.1, 1.0, 5.0)
SOLVED_AFTER = 4000  # steps before the exact solve: the default


def measure(quick: bool = False) -> list[Row]:
    """A row for every seed, contestant and mark."""
    missing = load()
    sizes = {"samples": 4, "dimension": 20, "width": 12} if quick else {}
    marks, longer = ((5, 60), (200,)) if quick else (MARKS, LONG)
    rows = []
    for seed in range(1 if quick else SEEDS):
        case = instance(seed, **sizes)
        for rule, eta in _rules(case, marks[-1]):
            judge = Judge(case, rule, eta, (marks + longer)[-1])
            setting = {"seed": seed, "rule": rule, "step_size": eta}
            ours = _fresh(case, rule, eta, marks + longer)
            curves = {"ours": ours}
            if "torch" not in missing:
                curves["PyTorch autograd"] = _timed(pytorch(case, rule, eta, marks), marks)
            for name, curve in curves.items():
                named = setting | {"contestant": f"{name}, {rule} step"}
                rows += [named | row | judge.descent(W) for row, W in curve]
            if rule == "normalised":
                rows.append(setting | _exact(case, judge))
    return rows


def _rules(case: Instance, steps: int) -> list[tuple[str, float]]:
    """Both step rules; the constant step at the size that comes nearest to an exact point."""
    judge = Judge(case, "normalised", 1.0, steps)
    last = {eta: next(span(case, "constant", eta, [steps])) for eta in STEP_SIZES}
    best = min(last, key=lambda eta: np.nan_to_num(judge.distance(last[eta]), nan=np.inf))
    return [("constant", best), ("normalised", 1.0)]


def _timed(descent: Iterator[np.ndarray], marks: Sequence[int]) -> Iterator[tuple[Row, np.ndarray]]:
    """One descent, its clock stopped at the marks."""
    seconds, begun = 0.0, time.perf_counter()
    for steps, W in zip(marks, descent, strict=True):
        seconds += time.perf_counter() - begun
        yield {"steps": steps, "seconds": seconds}, W
        begun = time.perf_counter()


def _fresh(
    case: Instance, rule: str, eta: float, marks: Sequence[int]
) -> Iterator[tuple[Row, np.ndarray]]:
    """A descent of its own for each mark, from the data in R^d to the weights in R^d."""
    for steps in marks:
        begun = time.perf_counter()
        W = next(span(case, rule, eta, [steps]))
        yield {"steps": steps, "seconds": time.perf_counter() - begun}, W


def _exact(case: Instance, judge: "Judge") -> Row:
    """Span coordinates, descent, exact solve and the way back to R^d."""
    begun = time.perf_counter()
    coordinates = span_coordinates(case.X, case.W0)
    problem = Problem(case.network, coordinates.X, case.y)
    trained = train(problem, coordinates.W0, Descent(steps=SOLVED_AFTER))
    point = kkt_point(problem, problem.pattern(trained.W))
    W = coordinates.lift(point.W)
    seconds = time.perf_counter() - begun
    pull = point.multipliers * problem.signs
    side = judge.task.cell.side
    forces = side * pull * (point.clarke - judge.task.cell.A)
    row = {"contestant": "ours, normalised step + exact solve", "steps": SOLVED_AFTER}
    solution = Solution(point.W[:, :-1], point.multipliers, forces)
    return row | {"seconds": seconds} | judge.exact(W, solution)


class Judge:
    """The exact point that descent is on its way to, and how far weights in R^d are from it."""

    def __init__(self, case: Instance, rule: str, eta: float, steps: int) -> None:
        descent = Descent(step=rule, step_size=eta, steps=steps, minimum_margin=1e-3)
        self.case, self.task = case, cells.after(case, descent)
        outside = np.zeros((len(case.u), 1))  # exact points lie in the span of the data
        arbiter = np.column_stack([self.task.arbiter, outside])
        self.exact_weights = span_coordinates(case.X, case.W0).lift(arbiter)

    def distance(self, W: np.ndarray) -> float:
        """``1 − cos`` to the arbiter's exact point, ``W (n, d)``."""
        return float(cosine_distance(W, self.exact_weights))

    def descent(self, W: np.ndarray) -> Row:
        """Of an iterate ``W (n, d)``: 1 − cosine, and what the best 0/1 gradients leave of it."""
        case = self.case
        separating = (case.y * (np.maximum(case.X @ W.T, 0.0) @ case.u) > 0).all()
        stationarity = _stationarity(case, W) if separating else np.nan
        outcome = "ok" if separating else "not separating yet"
        return {"residual": self.distance(W), "stationarity": stationarity, "outcome": outcome}

    def exact(self, W: np.ndarray, solution: Solution) -> Row:
        """Of an exact point in R^d and in span coordinates: 1 − cosine and the checks of the cell."""
        found = measures(self.task.cell, solution, self.task.arbiter)
        row = {"residual": self.distance(W), "stationarity": found.residual, "gap": found.gap}
        return row | {"outcome": verdict(found) or "ok"}


def _stationarity(case: Instance, W: np.ndarray) -> float:
    """``min_{λ ≥ 0} ‖θ − Σ_i λ_i y_i g_i‖ / ‖θ‖`` with 0/1 derivatives, by the small triangular factor."""
    M, target = gradients(case.X, case.y, case.u, W), W.ravel()
    L = np.linalg.cholesky(M.T @ M)
    multipliers = nnls(L.T, np.linalg.solve(L, M.T @ target))[0]
    return float(np.linalg.norm(target - M @ multipliers) / np.linalg.norm(target))


def draw(table: DataFrame) -> Figure:
    """1 − cosine to the exact point against seconds, at several numbers of steps."""
    one = table.assign(panel=0)
    title, label = "m = 10, d = n = 1000", "1 − cosine to the exact KKT point"
    return figures.accuracy(one, "panel", "steps", title, label)
