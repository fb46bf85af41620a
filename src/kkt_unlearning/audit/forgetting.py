"""The ascent step on a network of the user's own, and the networks that it leads to."""

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
from kkt_unlearning.certificates.method import check_method, weights_by
from kkt_unlearning.errors import DataError, check_flag
from kkt_unlearning.kkt.copies import copies_that_stay
from kkt_unlearning.problem import Problem, retained
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.unlearning import ascent
from kkt_unlearning.unlearning.ascent import check_fraction, check_start


@dataclass(frozen=True, eq=False)
class Forgotten:
    """A network after the ascent step, or the one that a method makes of it.

    Attributes:
        applies: whether the theory is about the network before the step: whether it is near a KKT point.
        model: θ', at the scale of θ: of a module one of the same class, dtype and device, else a
            :class:`kkt_unlearning.audit.Model`.
        step: how it came about; :func:`kkt_unlearning.audit.certify` has its bounds from it.
        removal: the same without the samples, as it may be kept beside θ'; None for another method than
            ``step``, whose difference to θ is no sum over the forgotten samples.
        multipliers: ``λ (m,)`` that the step used, those of the exact KKT point, for smallest margin 1 before
            it; of several equal samples those that stay have taken them over.
        margins_before, margins_after: ``q_i/γ (m,)``, γ the smallest margin before the step.
        copies: retained samples that are equal to a forgotten one, label included: what they say stays.
    """

    applies: Assumption
    model: Any
    step: Step
    removal: Removal | None
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
    method: str = "step",
    solver: Solver | None = None,
    report: Report | None = None,
) -> Forgotten:
    """``θ' = θ − α Σ_{r∈R} λ_r y_r g_r`` with the multipliers of the exact KKT point that θ leads to.

    Returned is θ', or the network that ``method`` makes of it.

    Args:
        model: θ, a :class:`kkt_unlearning.audit.Model`, a ``torch.nn.Module`` or an estimator of scikit-learn
            (:mod:`kkt_unlearning.audit.modules`), trained on all of the data ``X (m, d)``, ``y (m,)``.
        forget: R, rows of the data, from 0.
        start: ``trained``: the step is made from the model itself. ``exact``: from the exact KKT point, at
            the model's smallest margin.
        fraction: α ≥ 0; 1 is the prescribed step.
        allow_idle: make a step that changes nothing as well, or one that leaves nothing since every sample
            that the network rests on is forgotten.
        method: ``step``; ``restored``, θ' put back into its activation cell (θ̃ of the certificate); or
            ``downdate``, θ* of the certificate, the exact KKT point of the retained samples from the
            activations before the step, whatever the start: (0, 0, 0) up to round-off.

    Returns:
        Arrays in the library and on the device of X, weights in those of the model's
            (:func:`kkt_unlearning.arrays.follow`).

    Raises:
        DataError: bad data, forget set, start, fraction or method, a step of no effect, or another
            method than ``step`` for a network whose output weights are trained.
        NotConvergedError, SolverError: see :func:`kkt_unlearning.audit.kkt`.

    Paper: Section 2.3; ``docs/theory.md``, section 1.
    """
    say = report or silent
    check_start(start)
    check_fraction(fraction)
    check_flag("allow_idle", allow_idle)
    check_method(method, fraction)
    given, model = model, as_model(model, X)
    if method != "step" and model.trained_outputs:
        raise DataError(
            f"method = {method!r}: allowed is step where output weights are trained, since the exact KKT "
            "points that the others rest on are of fixed ones; leave it out."
        )
    audited, gamma = at_unit_margin(model, X, y)
    problem, W = audited.problem, audited.networks[0]
    retained(problem.samples, forget)
    point = exact_point(problem, W, telling(solver, say), say)
    say("ascent step")
    trained = start == "trained"
    done = ascent.unlearn(
        point, forget, fraction=fraction, trained=W if trained else None, allow_idle=allow_idle
    )
    if method != "step":
        say(method)
    unlearned = weights_by(method, done, telling(solver, say))
    removed = _removed_outputs(problem, done) if model.trained_outputs else None
    u = None if removed is None else problem.output_weights - removed
    after = problem if u is None else with_outputs(problem, u)
    scale = gamma ** (1 / model.degree)
    removal = Removal(
        tuple(forget),
        start,
        fraction,
        problem.samples,
        scale * _coefficients(problem, done),
        None if removed is None else scale * removed,
    )
    return Forgotten(
        applies=arrival(arrived(point, W, model.trained_outputs)),
        model=put_back(audited.model(model, unlearned, gamma, u), given),
        step=Step(
            model if trained else audited.model(model, point.W, gamma),
            tuple(forget),
            start,
            fraction,
            method,
        ),
        removal=removal if method == "step" else None,
        multipliers=follow(done.point.multipliers, X),
        margins_before=follow(problem.margins(done.start), X),
        margins_after=follow(after.margins(unlearned), X),
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
