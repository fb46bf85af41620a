"""What it costs to forget each sample alone, before any is forgotten."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kkt_unlearning.audit.assumptions import Assumption, arrival
from kkt_unlearning.audit.certification import Limits
from kkt_unlearning.audit.exact import exact_point, now_and_then, telling
from kkt_unlearning.audit.modules import as_model
from kkt_unlearning.audit.nearness import at_unit_margin
from kkt_unlearning.audit.outputs import arrived
from kkt_unlearning.audit.subject import Report, silent
from kkt_unlearning.backends import Array
from kkt_unlearning.certificates.each import EachCertificate, certify_each
from kkt_unlearning.errors import DataError
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.unlearning.ascent import check_fraction, check_start


@dataclass(frozen=True, eq=False)
class Each:
    """What :func:`each` finds; NumPy arrays.

    Attributes:
        applies: whether the theory is about this network: whether it is near a KKT point.
        certificates: of each of the s samples whose step is not 0, with the step and without it; and of the
            network itself, which holds for the other samples.
        multipliers: ``λ (m,)`` of the exact KKT point, at smallest margin 1.
        start, fraction: of the steps.
    """

    applies: Assumption
    certificates: EachCertificate
    multipliers: np.ndarray
    start: str
    fraction: float

    @property
    def order(self) -> np.ndarray:
        """The positions in ``certificates.samples`` by price, the cheapest first, ``(s,)``.

        Last, by the price of doing nothing, are those whose price is infinite: without them another sample
        would not be classified.
        """
        return np.lexsort((self.certificates.nothing.price, self.certificates.step.price))

    def within(self, limits: Limits) -> np.ndarray:
        """The samples whose own certificate keeps the limits, ascending rows of the data."""
        one = self.certificates.step
        return self.certificates.samples[
            one.within(limits.epsilon, limits.relative_delta, limits.tau)
        ]


def each(
    model: Any,
    X: Array,
    y: Array,
    *,
    start: str = "trained",
    fraction: float = 1.0,
    solver: Solver | None = None,
    report: Report | None = None,
) -> Each:
    """The ``(ε, δ, τ)`` of forgetting {r} by the step of :func:`kkt_unlearning.audit.unlearn`, for every r.

    It takes the multipliers and derivatives from before the step. :func:`kkt_unlearning.audit.certify` looks
    for the best ones, so it finds no larger ε at the same relative δ.

    Args:
        model: θ, trained on all of the data ``X (m, d)``, ``y (m,)``, with fixed output weights; a
            :class:`kkt_unlearning.audit.Model`, a ``torch.nn.Module`` or an estimator of scikit-learn.
        start: ``trained`` or ``exact``; fraction: α ≥ 0.

    Raises:
        DataError: bad data, start or fraction; trained output weights; or this machine's memory would not do.
        NotConvergedError, SolverError: see :func:`kkt_unlearning.audit.kkt`.

    ``docs/theory.md``, section 6.6.
    """
    say = report or silent
    check_start(start)
    check_fraction(fraction)
    model = as_model(model, X)
    audited, _ = at_unit_margin(model, X, y)
    if model.trained_outputs:
        raise DataError(
            "outputs = 'trained': the certificates of each sample are known for fixed output weights alone; "
            "unlearn and certify the samples in question one by one."
        )
    problem, W = audited.problem, audited.networks[0]
    point = exact_point(problem, W, telling(solver, say), say)
    say("certificates of each sample")
    due = now_and_then()

    def tell(done: int, rows: int) -> None:
        if due():
            say(f"certificates of each sample: {100 * done // rows} %")

    found = certify_each(
        point, fraction=fraction, trained=W if start == "trained" else None, report=tell
    )
    applies = arrival(arrived(point, W, joint=False))
    return Each(applies, found, point.multipliers, start, fraction)
