"""Unlearning methods with and without a recovery phase, all under one criterion.

``docs/questions/recovery.md``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import fields

import numpy as np

from kkt_unlearning.certificates.criterion import Criterion, criterion_all
from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.problem import Problem, kept
from kkt_unlearning.studies.case import Case
from kkt_unlearning.studies.tables import Row
from kkt_unlearning.training import Descent
from kkt_unlearning.unlearning.costs import descent_cost
from kkt_unlearning.unlearning.fine_tuning import fine_tuning
from kkt_unlearning.unlearning.methods import Attempt, Choices, Task, attempts


def recovery_rows(
    task: Task,
    methods: Sequence[str],
    retrained: np.ndarray,
    retraining: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> Iterator[Row]:
    """One row for every attempt of every method at every forget set of one replicate.

    Beside the methods stands ``retraining``, from scratch, as the reference of cost, after each number of
    steps of the gradient methods, and ``retrained``, as training left it.

    Args:
        retrained: weights ``(F, n, k)`` of the exact KKT points of the retrained networks.
        retraining: initial weights ``(n, k)``, the retrained networks as training left them, ``(F, n, k)``,
            and their steps, ``(F,)``.

    Raises:
        DataError, SolverError, NotSeparableError, NotConvergedError: from a method or the criterion.
    """
    choices, point = task.choices, task.point
    tried = [*attempts(task, methods), *_retraining(task, *retraining)]
    W = np.stack([attempt.W for attempt in tried], axis=1)
    retained = retained_kkt_points(point, task.forget_sets, choices.solver, choices.pivots)
    found = criterion_all(point, W, task.forget_sets, retained, choices.solver)
    columns = {field.name: getattr(found, field.name) for field in fields(Criterion)}
    columns |= {"distance_retrained": cosine_distance(W, retrained[:, None])}
    columns |= forgotten_margins(point.problem, W, task.forget_sets)
    for a, attempt in enumerate(tried):
        for f, forget in enumerate(task.forget_sets):
            yield {
                "forget": "+".join(map(str, forget)),
                "forget_size": len(forget),
                "method": attempt.method,
                "start": attempt.start,
                "beta": attempt.beta,
                "steps": attempt.steps,
                "cost": float(attempt.cost[f]),
                "cost_dual": attempt.cost_dual,
                **{name: values[f, a].item() for name, values in columns.items()},
            }


def _retraining(
    task: Task, W0: np.ndarray, trained: np.ndarray, steps: np.ndarray
) -> Iterator[Attempt]:
    """Fine-tuning from the initial weights, and where training ended."""
    choices, problem = task.choices, task.point.problem
    left = problem.samples - task.sizes
    along = fine_tuning(problem, W0, task.forget_sets, choices.descent, choices.steps)
    for t, count in enumerate(choices.steps):
        cost = np.array([descent_cost(samples, count) for samples in left])
        yield Attempt("retraining", "initial", np.nan, count, along[:, t], cost, 0.0)
    pairs = zip(left.tolist(), steps.tolist(), strict=True)
    cost = np.array([descent_cost(samples, count) for samples, count in pairs])
    yield Attempt("retrained", "initial", np.nan, 0, trained, cost, 0.0)


def forgotten_margins(
    problem: Problem, W: np.ndarray, forget_sets: Sequence[Sequence[int]]
) -> dict[str, np.ndarray]:
    """Margins of the forgotten samples over the smallest retained one, weights ``W (F, A, n, k)``.

    ``forgotten_margin`` is their mean, infinite where a retained margin is not positive; a sample that
    was trained on has 1, one that was not has about 0 on nearly orthogonal data. ``forgotten_correct`` is
    the share of forgotten samples whose label the network still gives. Both ``(F, A)``.
    """
    keep = kept(problem.samples, forget_sets)[:, None, :]
    q = problem.margins(W)
    smallest = np.where(keep, q, np.inf).min(axis=-1)
    count = np.maximum((~keep).sum(axis=-1), 1)
    mean = np.where(keep, 0.0, q).sum(axis=-1) / count
    correct = (~keep & (q > 0)).sum(axis=-1) / count
    margin = np.divide(mean, smallest, out=np.full_like(mean, np.inf), where=smallest > 0)
    return {"forgotten_margin": margin, "forgotten_correct": correct}


def recovery(case: Case) -> Iterator[Row]:
    """Measure ``recovery`` of one replicate."""
    options, arrays = case.options, case.arrays
    choices = Choices(
        betas=options["betas"],
        descent=Descent(loss=case.settings["training"]["loss"], step_size=options["step_size"]),
        steps=options["steps"],
        damping=options["damping"],
        solver=case.solver,
        pivots=case.pivots,
    )
    task = Task(case.point, arrays["trained"], case.forget_sets, choices)
    left = arrays["retrained_trained"], arrays["retrained_steps"]
    retraining = case.batch.W0[case.s], *left
    for row in recovery_rows(task, options["methods"], arrays["retrained"], retraining):
        yield {"seed": case.s} | row
