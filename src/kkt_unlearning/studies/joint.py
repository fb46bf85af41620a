"""The joint criterion: ε, δ and τ of one case, all at or below levels set beforehand, beside doing nothing.

δ is in units of the mean multiplier and given: ε is the least for it
(:mod:`kkt_unlearning.certificates.given_delta`). ``docs/theory.md``, section 6.2.
"""

from collections.abc import Sequence

import numpy as np

from kkt_unlearning.certificates.given_delta import given_delta
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.studies.summary import Table, median, rows
from kkt_unlearning.unlearning.ascent import Steps

DELTAS = (0.03, 0.1, 0.3)  # of the mean multiplier: a tenth, and half a decade to either side
DELTA = 0.1  # the one of them that claims are judged at, and what two_layer_delta asks
EPSILON, TAU = 0.03, 0.005  # as the claims two_layer_epsilon and two_layer_tau ask of medians


def epsilon_at(delta: float = DELTA, *, nothing: bool = False) -> str:
    """Column with the least relative ε at θ̃ for this relative δ; of the untouched network likewise."""
    return f"{'nothing' if nothing else 'epsilon'}_at_{delta:g}"


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
