"""What the theory rests on, each condition measured on the instance."""

import math
from dataclasses import dataclass

from kkt_unlearning.audit.exact import near_orthogonality
from kkt_unlearning.audit.origin import Origin
from kkt_unlearning.audit.subject import Report
from kkt_unlearning.certificates.certificate import Certificate
from kkt_unlearning.problem import Problem

_SEPARATION = "smallest retained margin over the largest"
_ARRIVAL = "1 − cosine of the trained network to its exact KKT point"
DECISIVE = (_SEPARATION, _ARRIVAL)
"""Names of what has to hold for the theory to be about a network at all."""

ARRIVED = 1e-3  # a choice: 1 − cos to the exact point, an angle of 2.6 degrees


@dataclass(frozen=True)
class Assumption:
    """A condition ``value ≤ allowed``, or ``value > allowed`` for a margin.

    Attributes:
        name: of what is measured; value, allowed: the two numbers.
        holds: whether the condition is met.
        at_least: whether value is only a lower bound, since all pairs of samples would be too many.
        otherwise: what it means if it does not hold, and what to do.
        above: whether the value has to be above what is allowed.
    """

    name: str
    value: float
    allowed: float
    holds: bool
    otherwise: str
    at_least: bool = False
    above: bool = False


def assumptions(
    problem: Problem,
    margin: float,
    report: Report,
    origin: Origin | None = None,
    certificate: Certificate | None = None,
) -> tuple[Assumption, ...]:
    """The conditions that can be checked for this network.

    Args:
        problem: the problem on all samples; margin: the smallest retained one of θ' over the largest.
        report: is told of the progress of the inner products, where they take long.
        origin, certificate: of θ', where there are any.
    """
    found = [_separation(margin), _orthogonality(problem, report)]
    if origin is not None and origin.before is not None:
        found.append(arrival(origin.arrived))
    if certificate is not None and origin is not None and origin.bounded:
        found.append(_shift(certificate.kappa))
    return tuple(found)


def _separation(margin: float) -> Assumption:
    return Assumption(
        _SEPARATION,
        margin,
        0.0,
        margin > 0,
        "the unlearned network does not classify every retained sample, so no scale makes it feasible; "
        "take a shorter step or forget fewer samples",
        above=True,
    )


def _orthogonality(problem: Problem, report: Report) -> Assumption:
    scale = (problem.samples - 1) / (problem.X**2).sum(axis=1).min()
    _, phi, all_pairs = near_orthogonality(problem.X, report)
    if scale * phi <= 1 and not all_pairs:  # then every pair counts
        _, phi, all_pairs = near_orthogonality(problem.X, report, math.inf)
    crowding = scale * phi
    return Assumption(
        "(m − 1) max |⟨x_i, x_j⟩| / min ‖x_i‖²",
        float(crowding),
        1.0,
        bool(crowding <= 1),
        "the samples are not nearly orthogonal (Assumption 2.3 of the paper), so a sample's gradient carries "
        "others with it; use more dimensions or fewer, less similar samples",
        at_least=not all_pairs,
    )


def arrival(distance: float) -> Assumption:
    """Whether training has arrived, from ``1 − cos`` of the trained network to the KKT point it leads to."""
    return Assumption(
        _ARRIVAL,
        distance,
        ARRIVED,
        distance <= ARRIVED,
        "training had not arrived at a KKT point, whose multipliers the step uses; train for longer, with "
        "steps divided by the loss and no penalty on the weights, or start from the exact point",
    )


def _shift(kappa: float) -> Assumption:
    return Assumption(
        "κ, the most that the step can move a retained margin",
        float(kappa),
        1.0,
        bool(kappa < 1),
        "the bounds say nothing from κ = 1 on; forget fewer samples at once",
    )
