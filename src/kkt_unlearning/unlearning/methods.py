"""The unlearning methods by name, applied to one trained network and all its forget sets."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kkt_unlearning.errors import DataError
from kkt_unlearning.kkt.point import KKTPoint
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.training.descent import Descent
from kkt_unlearning.training.weighted import check_steps
from kkt_unlearning.unlearning.ascent import unlearn_all
from kkt_unlearning.unlearning.costs import (
    descent_cost,
    dual_cost,
    influence_cost,
    retain_free_cost,
)
from kkt_unlearning.unlearning.downdate import downdate
from kkt_unlearning.unlearning.fine_tuning import fine_tuning
from kkt_unlearning.unlearning.gradient_ascent import gradient_ascent
from kkt_unlearning.unlearning.influence import influence_step
from kkt_unlearning.unlearning.neggrad_plus import neggrad_plus
from kkt_unlearning.unlearning.registry import METHODS
from kkt_unlearning.unlearning.retain_free import retain_free_step
from kkt_unlearning.unlearning.retained_gradients import minimal_perturbation, projected_ascent


@dataclass(frozen=True)
class Choices:
    """What is free in the methods.

    Attributes:
        betas: β of NegGrad+, each strictly between 0 and 1.
        descent: loss, step rule and step size of all gradient methods.
        steps: step counts, ascending, after which gradient methods are looked at.
        damping: of the influence step, > 0.
        solver, pivots: for the downdate.
    """

    betas: Sequence[float]
    descent: Descent
    steps: Sequence[int]
    damping: float
    solver: Solver
    pivots: int

    def __post_init__(self) -> None:
        check_steps(self.steps)
        wrong = [beta for beta in self.betas if not 0 < beta < 1]
        if wrong:
            raise DataError(
                f"betas: {wrong[0]} is not between 0 and 1, which alone is allowed; 0 is the method "
                "gradient_ascent, 1 the method fine_tuning."
            )


@dataclass(frozen=True)
class Attempt:
    """What a method leaves for each of F forget sets.

    Attributes:
        method: its name.
        start: ``trained``, or ``exact`` for the exact KKT point.
        beta: weight of the retain set in a gradient method, else nan.
        steps: steps of descent made, 0 for a method of one stroke.
        W: weights ``(F, n, k)``.
        cost: gradients of one sample, each forget set, ``(F,)``, the multipliers taken for known.
        cost_dual: gradients that the multipliers cost if they have to be solved for, 0 if they are not
            used; a least count.
    """

    method: str
    start: str
    beta: float
    steps: int
    W: np.ndarray
    cost: np.ndarray
    cost_dual: float


@dataclass(frozen=True)
class Task:
    """One trained network, what is to be forgotten, and the choices.

    Attributes:
        point: the exact KKT point on all samples.
        trained: weights ``(n, k)`` as training left them.
        forget_sets: F sets of indices.
        choices: the choices.
    """

    point: KKTPoint
    trained: np.ndarray
    forget_sets: Sequence[Sequence[int]]
    choices: Choices

    @property
    def sizes(self) -> np.ndarray:
        """Number of forgotten samples, (F,)."""
        return np.array([len(forget) for forget in self.forget_sets])

    @property
    def dual(self) -> float:
        return dual_cost(self.point.problem.samples)

    def stepped(self, start: str) -> np.ndarray:
        """The prescribed step at smallest margin 1, ``(F, n, k)``."""
        weights = self.trained if start == "trained" else None
        return unlearn_all(self.point, self.forget_sets, [1.0], trained=weights).W[:, 0]


def by_nothing(task: Task) -> Iterator[Attempt]:
    """``θ``: the trained network as it is."""
    W = np.broadcast_to(task.trained, (len(task.sizes), *task.trained.shape))
    yield Attempt("nothing", "trained", np.nan, 0, W, np.zeros(len(W)), 0.0)


def by_prescribed(task: Task) -> Iterator[Attempt]:
    """The prescribed step, from the trained weights and from the exact KKT point."""
    for start in ("trained", "exact"):
        W = task.stepped(start)
        yield Attempt("prescribed", start, np.nan, 0, W, 1.0 * task.sizes, task.dual)


def by_minimal_perturbation(task: Task) -> Iterator[Attempt]:
    """`minimal_perturbation` of the trained weights."""
    problem = task.point.problem
    W = [minimal_perturbation(problem, task.trained, forget) for forget in task.forget_sets]
    cost = np.full(len(W), influence_cost(problem.samples))
    yield Attempt("minimal_perturbation", "trained", np.nan, 0, np.stack(W), cost, 0.0)


def by_projected_ascent(task: Task) -> Iterator[Attempt]:
    """`projected_ascent` from the trained weights, after each number of steps."""
    problem, choices = task.point.problem, task.choices
    W = projected_ascent(problem, task.trained, task.forget_sets, choices.descent, choices.steps)
    used = np.full(len(W), influence_cost(problem.samples))
    return _series(task, "projected_ascent", W, used, 0.0)


def by_retain_free(task: Task) -> Iterator[Attempt]:
    """`retain_free_step` from the trained weights."""
    problem = task.point.problem
    W = _newton_steps(task, retain_free_step)
    width, dimension = task.trained.shape
    costs = [retain_free_cost(problem.samples, width, dimension, k) for k in task.sizes]
    yield Attempt("retain_free", "trained", np.nan, 0, W, np.array(costs), 0.0)


def _newton_steps(task: Task, step: Callable[..., np.ndarray]) -> np.ndarray:
    options = {"loss": task.choices.descent.loss, "damping": task.choices.damping}
    problem = task.point.problem
    return np.stack([step(problem, task.trained, forget, **options) for forget in task.forget_sets])


def by_influence(task: Task) -> Iterator[Attempt]:
    """`influence_step` from the trained weights."""
    problem = task.point.problem
    W = _newton_steps(task, influence_step)
    cost = np.full(len(W), influence_cost(problem.samples))
    yield Attempt("influence", "trained", np.nan, 0, W, cost, 0.0)


def by_downdate(task: Task) -> Iterator[Attempt]:
    """`downdate`, from the prescribed step of either start."""
    point, choices = task.point, task.choices
    for start in ("trained", "exact"):
        found = downdate(
            point, task.stepped(start), task.forget_sets, choices.solver, choices.pivots
        )
        again = [dual_cost(new.problem.samples, new.cells) for new in found]
        W = np.stack([new.W for new in found])
        yield Attempt("downdate", start, np.nan, 0, W, task.sizes + np.array(again), task.dual)


def _series(
    task: Task, method: str, W: np.ndarray, used: np.ndarray, beta: float
) -> Iterator[Attempt]:
    """Snapshots ``(F, steps, n, k)`` of a gradient method that uses so many samples a step."""
    for t, steps in enumerate(task.choices.steps):
        cost = np.array([descent_cost(count, steps) for count in used])
        yield Attempt(method, "trained", beta, steps, W[:, t], cost, 0.0)


def by_gradient_ascent(task: Task) -> Iterator[Attempt]:
    """`gradient_ascent` from the trained weights, after each number of steps."""
    problem, choices = task.point.problem, task.choices
    W = gradient_ascent(problem, task.trained, task.forget_sets, choices.descent, choices.steps)
    return _series(task, "gradient_ascent", W, task.sizes, 0.0)


def by_neggrad_plus(task: Task) -> Iterator[Attempt]:
    """`neggrad_plus` from the trained weights, for each β, after each number of steps."""
    problem, choices = task.point.problem, task.choices
    used = np.full(len(task.sizes), problem.samples)
    for beta in choices.betas:
        W = neggrad_plus(
            problem, task.trained, task.forget_sets, beta, choices.descent, choices.steps
        )
        yield from _series(task, "neggrad_plus", W, used, beta)


def by_fine_tuning(task: Task) -> Iterator[Attempt]:
    """`fine_tuning` of the trained weights, after each number of steps."""
    problem, choices = task.point.problem, task.choices
    W = fine_tuning(problem, task.trained, task.forget_sets, choices.descent, choices.steps)
    return _series(task, "fine_tuning", W, problem.samples - task.sizes, 1.0)


def by_recovered(task: Task) -> Iterator[Attempt]:
    """The prescribed step, back at the scale of training, then fine-tuning."""
    problem, choices = task.point.problem, task.choices
    start = task.stepped("trained") * problem.margins(task.trained).min()
    W = fine_tuning(problem, start, task.forget_sets, choices.descent, choices.steps)
    for attempt in _series(task, "recovered", W, problem.samples - task.sizes, 1.0):
        yield replace(attempt, cost=attempt.cost + task.sizes, cost_dual=task.dual)


def attempts(task: Task, methods: Sequence[str]) -> Iterator[Attempt]:
    """Everything that the methods leave, method by method.

    Args:
        methods: of ``METHODS``, or of other packages.

    Raises:
        DataError: an unknown method, a bad forget set, or weights with a margin that is not positive.
        ExtensionError: a method is of another package, and cannot be used.
    """
    for method in [METHODS.load(name) for name in methods]:
        yield from method(task)
