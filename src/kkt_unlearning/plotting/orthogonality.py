"""How the guarantee decays as the data become correlated."""

import numpy as np
from matplotlib.figure import Figure

from kkt_unlearning.plotting import style
from kkt_unlearning.plotting.style import Line, Row
from kkt_unlearning.summary import (
    Table,
    crossing,
    from_records,
    groups,
    select,
    stack,
    summarise,
)

EPSILON_FLOOR, DELTA_FLOOR, DISTANCE_FLOOR = 1e-5, 1e-2, 1e-5
QUANTITIES = (
    "epsilon",
    "restored_bound",
    "epsilon_clarke",
    "delta",
    "tau",
    "tau_star",
    "distance_retrained",
    "distance_retrained_original",
    "kappa",
)
LOST, REACHED = "share not separating", "share with kappa >= 1"


def _line(quantity: str, *look: str, floor: float = 0.0) -> Line:
    return Line({"quantity": quantity}, *look, floor=floor)


def _epsilon(*look: str) -> Line:
    return _line(*look, floor=EPSILON_FLOOR)


def _distance(*look: str) -> Line:
    return _line(*look, floor=DISTANCE_FLOOR)


_ROWS = (
    Row(
        "share of cases",
        (
            _line(REACHED, "κ ≥ 1: no bound", "bound", "--"),
            _line(LOST, "not separating:\na retained margin\nis lost", "autograd"),
        ),
        None,
    ),
    Row(
        "relative ε",
        (
            _epsilon("epsilon_clarke", "at θ′ (τ = 0),\nClarke derivative", "clarke"),
            _epsilon("epsilon", "at θ̃", "exact"),
            _epsilon("restored_bound", "bound at θ̃", "exact", ":"),
        ),
        EPSILON_FLOOR,
    ),
    Row("δ", (_line("delta", "at θ̃", "exact", floor=DELTA_FLOOR),), DELTA_FLOOR),
    Row(
        "1 − cosine of θ′ to …",
        (
            _distance("distance_retrained_original", "retrained, before\nunlearning", "original"),
            _distance("distance_retrained", "retrained, after\nunlearning", "retrained"),
            _distance("tau_star", "τ*: KKT point\nnext to θ̃", "tau_star", "--"),
            _distance("tau", "τ: θ̃", "tau"),
        ),
        DISTANCE_FLOOR,
    ),
)


def draw(table: Table, dataset: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """Lost certificates, ε, δ and directions against the correlation ρ, one column a network.

    Args:
        table: evaluation rows of a sweep over the correlation.
        dataset: geometry of the same data sets; its φ goes into the numbers drawn.

    Returns:
        The figure, and the numbers drawn. Shares (column ``median``) have no band. Medians are over
        all cases, those without a certificate counted as infinite.
    """
    table = select(table, start="exact", fraction=1.0)
    networks = style.networks_of(table)
    certificate = summarise(table, ["network", "correlation"], QUANTITIES)
    drawn = stack([certificate, _shares(table), _geometry(dataset)])
    with style.styled():
        figure, axes = style.grid(7.6, networks, _ROWS, drawn, "correlation", "correlation ρ")
        for column, network in zip(axes.T, networks, strict=True):
            at = _kappa_crossing(drawn, network)
            for panel in column:
                panel.axvline(at, color="0.4", linewidth=0.9, linestyle="-.", label="median κ = 1")
        style.finish(axes, _ROWS)
        style.legend(axes[1, -1], [style.lost_mark()])
        style.legend(axes[2, -1], [style.lost_mark()])
    return figure, drawn


def _kappa_crossing(drawn: Table, network: str) -> float:
    kappa = select(drawn, network=network, quantity="kappa")
    return crossing(kappa["correlation"], kappa["median"], 1.0)


def _shares(table: Table) -> dict[str, np.ndarray]:
    found = []
    for (network, value), cases in groups(table, "network", "correlation"):
        shares = {LOST: cases["outcome"] != "certified", REACHED: cases["kappa"] >= 1}
        for quantity, hits in shares.items():
            share = float(np.mean(hits))
            found.append((network, value, quantity, share, share, share, len(hits), 0))
    names = ("network", "correlation", "quantity", "median", "low", "high", "count", "infinite")
    return from_records(names, found)


def _geometry(dataset: Table) -> dict[str, np.ndarray]:
    found = summarise(dataset, ["correlation"], ["phi", "gram_condition"])
    return {"network": np.array([""] * len(found["correlation"]))} | found
