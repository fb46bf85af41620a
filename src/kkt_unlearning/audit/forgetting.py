"""The ascent step on a network of the user's own."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kkt_unlearning.audit.model import Model, follow
from kkt_unlearning.audit.nearness import feasible_margin
from kkt_unlearning.audit.step import Step
from kkt_unlearning.audit.subject import Report, silent, subject
from kkt_unlearning.backends import Array
from kkt_unlearning.maxmargin.point import kkt_point
from kkt_unlearning.problem import retained
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.unlearning import ascent


@dataclass(frozen=True, eq=False)
class Forgotten:
    """A network after the ascent step.

    Attributes:
        model: θ', at the scale of θ.
        step: how it came about; :func:`kkt_unlearning.audit.certify` has its bounds from it.
        multipliers: ``λ (m,)`` of the exact KKT point, for smallest margin 1 before the step.
        margins_before, margins_after: ``q_i/γ (m,)``, γ the smallest margin before the step.
    """

    model: Model
    step: Step
    multipliers: Array
    margins_before: Array
    margins_after: Array


def unlearn(
    model: Model,
    X: Array,
    y: Array,
    forget: Sequence[int],
    *,
    start: str = "trained",
    fraction: float = 1.0,
    solver: Solver | None = None,
    report: Report | None = None,
) -> Forgotten:
    """``θ' = θ − α Σ_{r∈R} λ_r y_r g_r`` with the multipliers of the exact KKT point that θ leads to.

    Args:
        model: θ, trained on all of the data ``X (m, d)``, ``y (m,)``.
        forget: R, rows of the data, from 0.
        start: ``trained``: the step is made from the model itself. ``exact``: from the exact KKT point, at
            the model's norm.
        fraction: α ≥ 0; 1 is the prescribed step.

    Returns:
        Arrays in the library, dtype and on the device of X.

    Raises:
        DataError: bad data, forget set, start or fraction.
        NotConvergedError, SolverError: see :func:`kkt_unlearning.audit.kkt`.

    Paper: Section 2.3; ``docs/theory.md``, section 1.
    """
    say = report or silent
    Step(model, tuple(forget), start, fraction)
    audited = subject(X, y, model)
    problem = audited.problem
    retained(problem.samples, forget)
    gamma, W = feasible_margin(audited), audited.networks[0]
    say("exact KKT point")
    point = kkt_point(problem, problem.pattern(W), solver)
    say("ascent step")
    trained = start == "trained"
    done = ascent.unlearn(point, forget, fraction=fraction, trained=W if trained else None)
    scale = gamma if trained else np.linalg.norm(W) / np.linalg.norm(point.W)
    before = model if trained else model.with_weights(audited.at_norm(0, point.W), X)
    return Forgotten(
        model=model.with_weights(audited.frame.lift(scale * done.W), X),
        step=Step(before, tuple(forget), start, fraction),
        multipliers=follow(point.multipliers, X),
        margins_before=follow(problem.margins(done.start), X),
        margins_after=follow(problem.margins(done.W), X),
    )
