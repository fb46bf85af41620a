"""How the guarantee decays as the data become correlated."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from kkt_unlearning.studies import style
from kkt_unlearning.studies.columns import epsilon_at
from kkt_unlearning.studies.correlation.claims import FLOOR
from kkt_unlearning.studies.correlation.decay import Decay, fit_decay
from kkt_unlearning.studies.style import Line, PanelRow
from kkt_unlearning.studies.summary import (
    Table,
    crossing,
    from_records,
    groups,
    select,
    stack,
    summarise,
)

QUANTITIES = (
    epsilon_at(),
    epsilon_at(nothing=True),
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
FITTED = ("delta", "distance_retrained", "tau_star", "tau")
LOST, REACHED = "share not separating", "share with kappa >= 1"
_CROSSING: dict[str, Any] = {"color": "0.4", "linewidth": 0.9, "linestyle": "-.", "label": "_κ = 1"}

_ROWS = (
    PanelRow(
        style.EPSILON,
        (
            Line({"quantity": epsilon_at(nothing=True)}, style.NOTHING, "original", "--"),
            Line({"quantity": epsilon_at()}, "the step", "exact"),
        ),
        None,
        top=1.2,  # room for crosses above 1
    ),
    PanelRow(
        "share of cases in which\nθ′ or θ̃ loses a margin",
        (Line({"quantity": LOST}, "_the step", "exact"),),
        None,
        top=1.0,
    ),
)


def draw(table: Table, dataset: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """ε for a given δ, and lost margins, against the correlation ρ, one column a network.

    Args:
        table: evaluation rows of a sweep over the correlation.
        dataset: geometry of the same data sets; its φ goes into the numbers.

    Returns:
        The figure, and all numbers of the sweep. Shares (column ``median``) have no band. Medians are over
        all cases, those without a certificate counted as infinite. Rows ``exponent of … in phi`` hold the
        power laws (median, smallest, largest over replicates; ``correlation`` is where the law ends).
    """
    table = select(table, start="exact", fraction=1.0)
    networks = style.networks_of(table)
    certificate = summarise(table, ["network", "correlation"], QUANTITIES)
    drawn = stack([certificate, _shares(table), _geometry(dataset)])
    decays = {
        (network, quantity): fit_decay(
            select(table, network=network), "phi", quantity, "correlation", FLOOR
        )
        for network in networks
        for quantity in FITTED
    }
    drawn = stack([drawn, _fits(decays)])
    with style.styled():
        figure, axes = style.grid(4.2, networks, _ROWS, drawn, "correlation", "correlation ρ")
        for column, network in zip(axes.T, networks, strict=True):
            at = _kappa_crossing(drawn, network)
            for panel in column:
                panel.axvline(at, **_CROSSING)
            style.nothing_line(
                column[1], table["correlation"], 0 * table["correlation"], "_nothing"
            )
            _name_crossing(column[1], at)
        axes[-1, -1].set_xlim(-0.02, np.max(table["correlation"]) + 0.02)
        style.finish(axes, _ROWS)
    return figure, drawn


def _name_crossing(axes: Axes, at: float) -> None:
    """The vertical line's name, where there is such a line."""
    if np.isfinite(at):
        look: dict[str, Any] = {"fontsize": 6.5, "color": _CROSSING["color"], "ha": "right"}
        look["path_effects"] = [withStroke(linewidth=2, foreground="white")]
        axes.text(at - 0.02, 0.5, "beyond this line\nthe median κ is\nabove 1", va="center", **look)


def _fits(decays: dict[tuple[str, str], Decay]) -> dict[str, np.ndarray]:
    names = ("network", "correlation", "quantity", "median", "low", "high", "count", "infinite")
    found = [
        (
            network,
            decay.last,
            f"exponent of {quantity} in phi",
            decay.law.exponent,
            decay.law.low,
            decay.law.high,
            decay.law.exponents.size,
            0,
        )
        for (network, quantity), decay in decays.items()
    ]
    return from_records(names, found)


def _kappa_crossing(drawn: Table, network: str) -> float:
    kappa = select(drawn, network=network, quantity="kappa")
    return crossing(kappa["correlation"], kappa["median"], 1.0)


def _shares(table: Table) -> dict[str, np.ndarray]:
    found = []
    for (network, value), cases in groups(table, "network", "correlation"):
        shares = {LOST: cases["outcome"] != "separating", REACHED: cases["kappa"] >= 1}
        for quantity, hits in shares.items():
            share = float(np.mean(hits))
            found.append((network, value, quantity, share, share, share, len(hits), 0))
    names = ("network", "correlation", "quantity", "median", "low", "high", "count", "infinite")
    return from_records(names, found)


def _geometry(dataset: Table) -> dict[str, np.ndarray]:
    found = summarise(dataset, ["correlation"], ["phi", "gram_condition"])
    return {"network": np.array([""] * len(found["correlation"]))} | found
