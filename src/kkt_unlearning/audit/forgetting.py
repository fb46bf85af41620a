"""The ascent step on a network of the user's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kkt_unlearning.arrays import follow
from kkt_unlearning.audit.assumptions import Assumption, arrival
from kkt_unlearning.audit.exact import exact_point, telling
from kkt_unlearning.audit.modules import as_model, put_back
from kkt_unlearning.audit.nearness import at_unit_margin
from kkt_unlearning.audit.outputs import arrived, output_sum, with_outputs
from kkt_unlearning.audit.removal import Removal
from kkt_unlearning.audit.step import Step
from kkt_unlearning.audit.subject import Report, silent
from kkt_unlearning.backends import Array
from kkt_unlearning.errors import check_flag
from kkt_unlearning.kkt.copies import copies_that_stay
from kkt_unlearning.problem import Problem, retained
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.unlearning import ascent
from kkt_unlearning.unlearning.ascent import check_fraction, check_start


@dataclass(frozen=True, eq=False)
class Forgotten:
    """A network after the ascent step.

    Attributes:
        applies: whether the theory is about the network before the step: whether it is near a KKT point.
        model: θ', at the scale of θ; as θ was given: a :class:`kkt_unlearning.audit.Model`, or a module of
            the same class, dtype and device.
        step: how it came about; :func:`kkt_unlearning.audit.certify` has its bounds from it.
        removal: the same without the samples, as it may be kept beside θ'.
        multipliers: ``λ (m,)`` that the step used, those of the exact KKT point, for smallest margin 1 before
            it; of several equal samples those that stay have taken them over.
        margins_before, margins_after: ``q_i/γ (m,)``, γ the smallest margin before the step.
        copies: retained samples that are equal to a forgotten one, label included: what they say stays.
    """

    applies: Assumption
    model: Any
    step: Step
    removal: Removal
    multipliers: Array
    margins_before: Array
    margins_after: Array
    copies: tuple[int, ...] = ()


def unlearn(
    model: Any,
    X: Array,
    y: Array,
    forget: Sequence[int],
    *,
    start: str = "trained",
    fraction: float = 1.0,
    allow_idle: bool = False,
    solver: Solver | None = None,
    report: Report | None = None,
) -> Forgotten:
    """``θ' = θ − α Σ_{r∈R} λ_r y_r g_r`` with the multipliers of the exact KKT point that θ leads to.

    Args:
        model: θ, a :class:`kkt_unlearning.audit.Model` or a ``torch.nn.Module``
            (:mod:`kkt_unlearning.audit.modules`), trained on all of the data ``X (m, d)``, ``y (m,)``.
        forget: R, rows of the data, from 0.
        start: ``trained``: the step is made from the model itself. ``exact``: from the exact KKT point, at
            the model's smallest margin.
        fraction: α ≥ 0; 1 is the prescribed step.
        allow_idle: make a step that changes nothing as well, or one that leaves nothing since every sample
            that the network rests on is forgotten.

    Returns:
        Arrays in the library and on the device of X, weights in those of the model's
            (:func:`kkt_unlearning.arrays.follow`).

    Raises:
        DataError: bad data, forget set, start or fraction, or a step of no effect.
        NotConvergedError, SolverError: see :func:`kkt_unlearning.audit.kkt`.

    Paper: Section 2.3; ``docs/theory.md``, section 1.
    """
    say = report or silent
    check_start(start)
    check_fraction(fraction)
    check_flag("allow_idle", allow_idle)
    given, model = model, as_model(model, X)
    audited, gamma = at_unit_margin(model, X, y)
    problem, W = audited.problem, audited.networks[0]
    retained(problem.samples, forget)
    point = exact_point(problem, W, telling(solver, say), say)
    say("ascent step")
    trained = start == "trained"
    done = ascent.unlearn(
        point, forget, fraction=fraction, trained=W if trained else None, allow_idle=allow_idle
    )
    removed = _removed_outputs(problem, done) if model.trained_outputs else None
    u = None if removed is None else problem.output_weights - removed
    after = problem if u is None else with_outputs(problem, u)
    scale = gamma ** (1 / model.degree)
    return Forgotten(
        applies=arrival(arrived(point, W, model.trained_outputs)),
        model=put_back(audited.model(model, done.W, gamma, u), given),
        step=Step(
            model if trained else audited.model(model, point.W, gamma),
            tuple(forget),
            start,
            fraction,
        ),
        removal=Removal(
            tuple(forget),
            start,
            fraction,
            problem.samples,
            scale * _coefficients(problem, done),
            None if removed is None else scale * removed,
        ),
        multipliers=follow(done.point.multipliers, X),
        margins_before=follow(problem.margins(done.start), X),
        margins_after=follow(after.margins(done.W), X),
        copies=tuple(copies_that_stay(problem, forget)),
    )


def _coefficients(problem: Problem, done: ascent.Unlearned) -> np.ndarray:
    """``C_jr = α λ_r y_r u_j a_jr``, shape (n, k)."""
    rows = list(done.forget)
    signed = done.fraction * done.point.multipliers * problem.signs * done.clarke
    return signed[:, rows]


def _removed_outputs(problem: Problem, done: ascent.Unlearned) -> np.ndarray:
    """``α Σ_{r∈R} λ_r y_r σ(P_·r)``, what trained output weights lose in the step."""
    forgotten = np.isin(np.arange(problem.samples), done.forget)
    multipliers = np.where(forgotten, done.fraction * done.point.multipliers, 0.0)
    return output_sum(problem, done.start, multipliers)
