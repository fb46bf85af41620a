"""What one step changes of retained margins, for many numbers of samples and dimensions."""

from collections.abc import Iterator, Sequence

import numpy as np

from kkt_unlearning.certificates.bounds import margin_shift
from kkt_unlearning.certificates.given_delta import given_delta
from kkt_unlearning.datasets.geometry import near_orthogonality
from kkt_unlearning.kkt.point import KKTPoint
from kkt_unlearning.problem import kept
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.studies.case import Case
from kkt_unlearning.studies.columns import DELTA, epsilon_at
from kkt_unlearning.studies.tables import Row
from kkt_unlearning.unlearning.ascent import unlearn_all


def crowding_rows(
    point: KKTPoint, forget_sets: Sequence[Sequence[int]], solver: Solver, s: int
) -> Iterator[Row]:
    """``max_{i∈I} |q'_i − q_i|`` of the prescribed step from the exact point, and κ above it, a row a set.

    With the joint criterion for a tenth of the mean multiplier as δ, after the step and if nothing is done.
    """
    problem = point.problem
    keep = kept(problem.samples, forget_sets)
    steps = unlearn_all(point, forget_sets, [1.0])
    after = problem.margins(steps.W[:, 0])
    change = np.where(keep, np.abs(after - problem.margins(point.W)), 0.0).max(axis=-1)
    kappa = margin_shift(problem, point.multipliers, point.clarke, keep)
    found = given_delta(steps, [DELTA], solver)
    psi, phi = near_orthogonality(problem.X)
    for f, forget in enumerate(forget_sets):
        yield {
            "seed": s,
            "forget": "+".join(map(str, forget)),
            "forget_size": len(forget),
            "margin_change": float(change[f]),
            "kappa": float(kappa[f]),
            epsilon_at(): float(found.epsilon[f, 0, 0]),
            epsilon_at(nothing=True): float(found.nothing_epsilon[f, 0]),
            "tau": float(found.tau[f, 0]),
            "nothing_tau": float(found.nothing_tau[f]),
            "psi": float(psi),
            "phi": float(phi),
        }


def crowding(case: Case) -> Iterator[Row]:
    """Measure ``crowding`` of one replicate."""
    return crowding_rows(case.point, case.forget_sets, case.solver, case.s)
