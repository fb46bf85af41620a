"""The (ε, δ, τ) certificate of an unlearned network of the user's own, whatever the method.

``docs/theory.md``, section 6.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kkt_unlearning.audit.assumptions import DECISIVE, Assumption, assumptions
from kkt_unlearning.audit.exact import telling
from kkt_unlearning.audit.measure import RetainedMeasure
from kkt_unlearning.audit.model import Model
from kkt_unlearning.audit.modules import as_model
from kkt_unlearning.audit.origin import Origin, joint_origin, known_origin, unknown_origin
from kkt_unlearning.audit.step import Step
from kkt_unlearning.audit.subject import Report, Subject, silent, subject
from kkt_unlearning.backends import Array
from kkt_unlearning.certificates.certificate import Certificate, certify_all
from kkt_unlearning.certificates.criterion import near_kink
from kkt_unlearning.certificates.restore import restore
from kkt_unlearning.errors import DataError, bracketed
from kkt_unlearning.kkt.copies import copies_that_stay
from kkt_unlearning.problem import kept, retained
from kkt_unlearning.quadratic.solver import Solver

_NONE = float("nan")

# δ in units of λ and relative, as far as they were asked for
Allowed = tuple[float | None, float | None]


@dataclass(frozen=True)
class End:
    """One certificate: an (ε, δ)-approximate KKT point of the retained problem has ``cos ≥ 1 − τ`` to θ'.

    Attributes:
        name: ``unlearned`` is θ' itself, ``restored`` θ' put back into its activation cell, ``exact`` an
            exact KKT point of the retained problem; ``nothing`` is the network before the step.
        epsilon: relative to the norm of the weights scaled to smallest retained margin 1; infinite where a
            retained margin is not positive.
        delta: the largest ``λ_i (q_i − 1)``, in units of λ; tau: τ.
        relative_delta: ``delta / mean_multiplier``, without units.
        mean_multiplier: ``‖W‖²/|I|`` of the network of this certificate at smallest retained margin 1, I the
            retained samples: the mean of λ at a KKT point of that norm. Infinite where there is no such
            scale.
        epsilon_bound, delta_bound: instance-wise bounds (``docs/theory.md``, section 6); nan where the
            step is not known, infinite where they say nothing.
        bounded: whether the bounds hold for this certificate. They hold for the δ that they promise: where
            another δ was asked for, ε may be larger than its bound.
    """

    name: str
    epsilon: float
    delta: float
    relative_delta: float
    tau: float
    mean_multiplier: float
    epsilon_bound: float = _NONE
    delta_bound: float = _NONE
    bounded: bool = False

    @property
    def relative_delta_bound(self) -> float:
        """``delta_bound / mean_multiplier``, without units."""
        infinite = not np.isfinite(self.mean_multiplier)
        return self.delta_bound if infinite else self.delta_bound / self.mean_multiplier


@dataclass(frozen=True)
class Limits:
    """How good a certificate has to be: ``ε ≤ epsilon``, ``δ/λ̄ ≤ relative_delta``, ``τ ≤ tau`` all at once.

    None of them depends on the units of the features. What is left out is no limit. So limit both ε and τ: an
    exact KKT point, however far away, keeps any limit on ε alone, and the network itself any on τ alone.
    """

    epsilon: float = np.inf
    relative_delta: float = np.inf
    tau: float = np.inf

    def hold(self, end: End) -> bool:
        """Whether a certificate keeps all limits."""
        return (
            end.epsilon <= self.epsilon
            and end.relative_delta <= self.relative_delta
            and end.tau <= self.tau
        )


@dataclass(frozen=True)
class Certification:
    """What :func:`certify` finds.

    Attributes:
        ends: the certificates, from τ = 0 to ε = δ = 0.
        origin: what θ' was compared with, and where the bounds come from; None where θ' does not separate and
            the step is not known.
        smallest_margin: of the retained samples at θ', over the largest; certificates need it to be positive.
        assumptions: what the method rests on, each with whether it holds.
        kappa, flip_term: κ and F of the bounds (``docs/theory.md``, section 6); nan where there are none.
        copies: retained samples that are equal to a forgotten one, label included.
        nothing: what doing nothing costs, the certificate of the network before the step with itself and the
            δ of the restored network (of θ' for the linear model); None where that network is not known.
    """

    ends: tuple[End, ...]
    origin: Origin | None
    smallest_margin: float
    assumptions: tuple[Assumption, ...]
    kappa: float
    flip_term: float
    copies: tuple[int, ...] = ()
    nothing: End | None = None

    def meeting(self, limits: Limits) -> End | None:
        """The first certificate that keeps the limits; None where there is none, or θ' does not separate."""
        if not self.smallest_margin > 0:
            return None
        return next((end for end in self.ends if limits.hold(end)), None)

    @property
    def applies(self) -> Assumption:
        """Whether the theory applies: θ' has to classify the retained samples, and training to have arrived.

        Returned is the first of the two conditions that fails, or the last that can be checked.
        """
        found = [one for one in self.assumptions if one.name in DECISIVE]
        return next((one for one in found if not one.holds), found[-1])

    @property
    def failing(self) -> tuple[Assumption, ...]:
        """The assumptions that do not hold."""
        return tuple(one for one in self.assumptions if not one.holds)


def certify(
    model: Any,
    X: Array,
    y: Array,
    forget: Sequence[int],
    *,
    step: Step | None = None,
    delta: float | None = None,
    relative_delta: float | None = None,
    solver: Solver | None = None,
    report: Report | None = None,
) -> Certification:
    """The certificates of an unlearned network θ', and bounds where the step that led to it is known.

    Args:
        model: θ', a :class:`Model`, a ``torch.nn.Module`` or an estimator of scikit-learn; X, y: all of the
            data ``(m, d)``, ``(m,)``, forgotten samples included.
        forget: R, rows of the data, from 0.
        step: how θ' came about, from :func:`kkt_unlearning.audit.unlearn`; or, for another method, with the
            network before it. Without it θ' is put back into the cell of its own activations.
        delta: δ allowed to θ' and to the restored network, in units of λ.
        relative_delta: the same over the mean multiplier of each, without units. Both are kept where both are
            given. By default δ is what the step promises, or any where the step is not known.

    Raises:
        DataError: bad data, forget set or δ; a step of another forget set, or whose network does not classify
            every sample.
        NotSeparableError: the activations of θ' hold no weights with margin 1 on every retained sample.
        NotConvergedError, SolverError: see :func:`kkt_unlearning.kkt_point`.

    ``docs/theory.md``, section 6.
    """
    _check_relative(relative_delta)
    say = report or silent
    solver = telling(solver, say)
    model = as_model(model, X)
    models = (model,) if step is None else (model, as_model(step.before))
    audited = subject(X, y, *models)
    _check_forget(audited.problem.samples, forget, step)
    keep = kept(audited.problem.samples, [forget])[0]
    margin = _relative_margin(audited, keep)
    copies = tuple(copies_that_stay(audited.problem, forget))
    if not margin > 0 and (step is None or model.trained_outputs):  # nothing to put it back into
        nothing = End("unlearned", np.inf, np.inf, np.inf, 0.0, np.inf)
        return Certification(
            (nothing,),
            None,
            margin,
            assumptions(audited.problem, margin, say),
            _NONE,
            _NONE,
            copies,
        )
    if model.trained_outputs and margin > 0:
        audited = audited.scaled(audited.smallest_margin(0, keep), model.degree)
    origin = _origin(audited, model, forget, step, solver, say)
    say("bounds")
    certificate = certify_all(origin.steps, [origin.retained], solver).at(0, 0)
    say("certificates")
    measure = RetainedMeasure(origin, solver, model.trained_outputs)
    allowed = (delta, relative_delta)
    return Certification(
        ends=_ends(measure, certificate, allowed),
        origin=origin,
        smallest_margin=margin,
        assumptions=assumptions(audited.problem, margin, say, origin, certificate),
        kappa=certificate.kappa if origin.bounded else _NONE,
        flip_term=certificate.flip_term if origin.bounded else _NONE,
        copies=copies,
        nothing=_nothing(measure, certificate, allowed),
    )


def _origin(
    audited: Subject,
    model: Model,
    forget: Sequence[int],
    step: Step | None,
    solver: Solver,
    say: Report,
) -> Origin:
    if model.trained_outputs:
        return joint_origin(audited, forget, solver, say)
    if step is None:
        return unknown_origin(audited, forget, solver, say)
    return known_origin(audited, step, solver, say)


def _check_forget(samples: int, forget: Sequence[int], step: Step | None) -> None:
    retained(samples, forget)
    if step is not None and sorted(step.forget) != sorted(forget):
        raise DataError(
            f"forget = {bracketed(forget)}: the step that led to this network forgot "
            f"{bracketed(step.forget)}; allowed is the same set, so name that one."
        )


def _check_relative(delta: float | None) -> None:
    if delta is not None and not delta >= 0:
        raise DataError(
            f"relative_delta = {delta}: allowed are numbers >= 0 or infinity; raise it."
        )


def _relative_margin(audited: Subject, keep: np.ndarray) -> float:
    gamma = audited.smallest_margin(0, keep)
    q = audited.problem.margins(audited.networks[0])[keep]
    return (gamma if gamma > 0 else float(q.min())) / float(np.abs(q).max() or 1.0)


def _ends(measure: RetainedMeasure, certificate: Certificate, asked: Allowed) -> tuple[End, ...]:
    ends = [_unlearned(measure, certificate, asked)]
    if measure.origin.steps.point.problem.network.has_kinks:
        ends.append(_restored(measure, certificate, asked))
    unit = measure.mean_multiplier(measure.origin.retained.W)
    return (*ends, End("exact", *measure.exact(), unit))


def _unlearned(measure: RetainedMeasure, certificate: Certificate, asked: Allowed) -> End:
    bound = certificate.delta_bound
    bounds = _bounds(measure.origin, certificate.epsilon_bound, bound, asked)
    return _by_itself("unlearned", measure, measure.W, bound, asked, bounds)


def _by_itself(
    name: str,
    measure: RetainedMeasure,
    W: np.ndarray,
    promised: float,
    asked: Allowed,
    bounds: tuple[float, float, bool] = (_NONE, _NONE, False),
) -> End:
    """The certificate of weights ``W (n, k)`` with themselves, so that τ = 0."""
    origin = measure.origin
    kinks = near_kink(origin.steps.point.problem, W, origin.keep)
    found = measure.least_epsilon(W, kinks, *_allowed(origin, promised, asked))
    return End(name, *found, 0.0, measure.mean_multiplier(W), *bounds)


def _restored(measure: RetainedMeasure, certificate: Certificate, asked: Allowed) -> End:
    origin, budget = measure.origin, certificate.delta_budget
    point = origin.steps.point
    there = restore(
        point.problem, measure.W, point.pattern, point.kinks, origin.keep & point.of_cell
    )
    found = measure.least_epsilon(there.W, there.kinks, *_allowed(origin, budget, asked))
    bounds = _bounds(origin, certificate.restored_bound, budget, asked)
    unit = measure.mean_multiplier(there.W)
    return End("restored", *found, measure.distance(there.W), unit, *bounds)


def _nothing(measure: RetainedMeasure, certificate: Certificate, asked: Allowed) -> End | None:
    origin, kinks = measure.origin, measure.origin.steps.point.problem.network.has_kinks
    if origin.before is None:
        return None
    budget = certificate.delta_budget if kinks else certificate.delta_bound
    return _by_itself("nothing", measure, origin.before, budget, asked)


def _bounds(
    origin: Origin, epsilon: float, delta: float, asked: Allowed
) -> tuple[float, float, bool]:
    return (epsilon, delta, asked == (None, None)) if origin.bounded else (_NONE, _NONE, False)


def _allowed(origin: Origin, promised: float, asked: Allowed) -> tuple[float, float]:
    """δ in units of λ, and relative."""
    if asked == (None, None):
        return (np.inf if origin.before is None else promised), np.inf
    delta, relative = (np.inf if one is None else one for one in asked)
    return delta, relative
