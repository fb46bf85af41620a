"""How the guarantee decays as the data become correlated."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from kkt_unlearning.dependence.equicorrelated import retrained_distance
from kkt_unlearning.studies import style
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
FITTED = {
    "epsilon": 1,
    "delta": 2,
    "distance_retrained": 3,
    "tau_star": 3,
    "tau": 3,
}  # their panels
COLOUR = {"epsilon": "exact", "delta": "exact", "distance_retrained": "retrained"}
_PATCH = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.0}
LOST, REACHED = "share not separating", "share with kappa >= 1"


def _line(quantity: str, label: str, colour: str, dash: str = "-", *, floor: float = 0.0) -> Line:
    return Line({"quantity": quantity}, label, colour, dash, floor)


def _epsilon(*look: str) -> Line:
    return _line(*look, floor=EPSILON_FLOOR)


def _distance(*look: str) -> Line:
    return _line(*look, floor=DISTANCE_FLOOR)


_ROWS = (
    PanelRow(
        "share of cases",
        (
            _line(REACHED, "κ ≥ 1: no bound", "bound", "--"),
            _line(LOST, "not separating:\na retained margin\nis lost", "autograd"),
        ),
        None,
    ),
    PanelRow(
        "relative ε",
        (
            _epsilon("epsilon_clarke", "at θ′ (τ = 0),\nClarke derivative", "clarke"),
            _epsilon("epsilon", "at θ̃", "exact"),
            _epsilon("restored_bound", "bound at θ̃", "exact", ":"),
        ),
        EPSILON_FLOOR,
    ),
    PanelRow("δ", (_line("delta", "at θ̃", "exact", floor=DELTA_FLOOR),), DELTA_FLOOR),
    PanelRow(
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
    samples = int(np.max(dataset["rank"]))
    with style.styled():
        figure, axes = style.grid(7.6, networks, _ROWS, drawn, "correlation", "correlation ρ")
        for column, network in zip(axes.T, networks, strict=True):
            at = _kappa_crossing(drawn, network)
            for panel in column:
                panel.axvline(at, color="0.4", linewidth=0.9, linestyle="-.", label="median κ = 1")
            _draw_decays(column, drawn, decays, network)
        _closed_form(axes[3], networks, samples)
        style.finish(axes, _ROWS)
        style.legend(axes[1, -1], style.lost_marks(axes[1]))
        style.legend(axes[2, -1], [*style.lost_marks(axes[2]), _law_mark()])
        style.legend(axes[3, -1], [_law_mark(), _closed_form_mark()])
    return figure, drawn


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


def _draw_decays(
    column: np.ndarray, drawn: Table, decays: dict[tuple[str, str], Decay], network: str
) -> None:
    """A thin line where a law holds, and the exponents."""
    geometry = select(drawn, quantity="phi")
    texts: dict[int, list[str]] = {}
    for (name, quantity), decay in decays.items():
        if name != network or np.isnan(decay.law.exponent):
            continue
        panel = FITTED[quantity]
        texts.setdefault(panel, []).append(_exponent(quantity, decay))
        if quantity not in COLOUR:
            continue
        within = (geometry["correlation"] >= decay.first) & (geometry["correlation"] <= decay.last)
        rho, phi = geometry["correlation"][within], geometry["median"][within]
        law = decay.law.factor * phi**decay.law.exponent
        column[panel].plot(rho, law, "-", color="0.1", linewidth=0.8, zorder=5)
    for panel, lines in texts.items():
        _note(column[panel], "\n".join(lines))


def _exponent(quantity: str, decay: Decay) -> str:
    symbol = {
        "epsilon": "ε",
        "delta": "δ",
        "tau": "τ",
        "tau_star": "τ*",
        "distance_retrained": "after",
    }[quantity]
    return f"{symbol} ~ $\\varphi^{{{decay.law.exponent:.2f}}}$ to ρ = {decay.last:g}"


def _note(axes: Axes, text: str) -> None:
    axes.text(
        0.97,
        0.05,
        text,
        transform=axes.transAxes,
        fontsize=6.5,
        ha="right",
        va="bottom",
        bbox=_PATCH,
    )


def _closed_form(row: np.ndarray, networks: list[str], samples: int) -> None:
    """The linear model's distance to retraining for m equicorrelated samples of infinite dimension."""
    look = {"linestyle": ":", "color": style.COLOURS["reference"]}
    for panel, network in zip(row, networks, strict=True):
        if network == "linear":
            rho = np.linspace(0.01, 0.99, 99)
            panel.plot(rho, retrained_distance(samples, rho), **look)


def _closed_form_mark() -> Line2D:
    look: dict[str, Any] = {"color": style.COLOURS["reference"], "linestyle": ":"}
    return Line2D([], [], label="closed form,\nlinear model", **look)


def _law_mark() -> Line2D:
    return Line2D([], [], color="0.1", linewidth=0.8, label="fitted power law")


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
