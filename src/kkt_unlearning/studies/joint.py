"""The joint criterion: ε, δ and τ of one case, all at or below levels set beforehand, beside doing nothing.

δ is in units of the mean multiplier and given: ε is the least for it
(:mod:`kkt_unlearning.certificates.given_delta`). ``docs/theory.md``, section 6.2.
"""

from collections.abc import Sequence

import numpy as np

from kkt_unlearning.certificates.given_delta import given_delta
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.studies.columns import DELTAS, epsilon_at
from kkt_unlearning.studies.summary import Table, median, rows
from kkt_unlearning.unlearning.ascent import Steps

EPSILON, TAU = 0.03, 0.005  # as the claims two_layer_epsilon and two_layer_tau ask of medians


def at_given_delta(
    steps: Steps, solver: Solver, deltas: Sequence[float] = DELTAS
) -> dict[str, np.ndarray]:
    """Columns ``(F, A)``: ε at θ̃ for each relative δ; beside every step that of doing nothing, and its τ."""
    found = given_delta(steps, deltas, solver)
    columns = {"nothing_tau": found.nothing_tau[:, None]}
    for index, delta in enumerate(deltas):
        columns[epsilon_at(delta)] = found.epsilon[..., index]
        columns[epsilon_at(delta, nothing=True)] = found.nothing_epsilon[:, None, index]
    return {name: np.broadcast_to(values, found.tau.shape) for name, values in columns.items()}


def succeeds(table: Table, *, nothing: bool = False) -> np.ndarray:
    """Whether each case has ``ε ≤ 0.03`` for ``δ = 0.1`` and ``τ ≤ 0.005``, boolean (rows,).

    With ``nothing`` the case of the untouched network.
    """
    tau = table["nothing_tau" if nothing else "tau"]
    return (table[epsilon_at(nothing=nothing)] <= EPSILON) & (tau <= TAU)


def share(table: Table, *, nothing: bool = False) -> float:
    """Share of the cases that succeed; nan where there is none."""
    return float(succeeds(table, nothing=nothing).mean()) if rows(table) else float("nan")


def against_nothing(table: Table) -> float:
    """Median ε for ``δ = 0.1`` after the step over that of doing nothing."""
    return median(table[epsilon_at()]) / median(table[epsilon_at(nothing=True)])
