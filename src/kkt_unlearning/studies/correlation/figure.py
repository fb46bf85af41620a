"""How the guarantee decays as the data become correlated."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from kkt_unlearning.dependence.equicorrelated import retrained_distance
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

EPSILON_FLOOR, DELTA_FLOOR, DISTANCE_FLOOR = 1e-5, 1e-2, 1e-5
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
FITTED = {"delta": 2, "distance_retrained": 3, "tau_star": 3, "tau": 3}  # their rows of panels
LAWS = ("delta", "distance_retrained")  # drawn as lines
_CROSSING: dict[str, Any] = {"color": "0.4", "linewidth": 0.9, "linestyle": "-.", "label": "_κ = 1"}
_LAW: dict[str, Any] = {"color": "0.1", "linewidth": 0.8, "label": "_law"}
_CLOSED_FORM: dict[str, Any] = {"color": style.COLOURS["reference"], "linestyle": ":"}
_CLOSED_FORM |= {"label": "_closed form"}
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
            _line(LOST, "a margin is lost", "autograd"),
        ),
        None,
        top=1.0,
    ),
    PanelRow(
        "relative ε at θ̃\nfor δ = 0.1 λ̄",
        (
            _epsilon(epsilon_at(nothing=True), style.NOTHING, "original", "--"),
            _epsilon(epsilon_at(), "_step", "exact"),
        ),
        EPSILON_FLOOR,
    ),
    PanelRow("δ at θ̃", (_line("delta", "_step", "exact", floor=DELTA_FLOOR),), DELTA_FLOOR),
    PanelRow(
        "1 − cosine of θ′ to …",
        (
            _distance("distance_retrained_original", style.NOTHING, "original", "--"),
            _distance("distance_retrained", "retrained", "retrained"),
            _distance("tau_star", "KKT point (τ*)", "tau_star", "--"),
            _distance("tau", "θ̃ (τ)", "tau"),
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
        figure, axes = style.grid(7.2, networks, _ROWS, drawn, "correlation", "correlation ρ")
        for column, network in zip(axes.T, networks, strict=True):
            at = _kappa_crossing(drawn, network)
            for panel in column:
                panel.axvline(at, **_CROSSING)
            _draw_decays(column, drawn, decays, network)
        axes[-1, -1].set_xlim(-0.02, np.max(table["correlation"]) + 0.02)
        _closed_form(axes[3], networks, samples)
        style.finish(axes, _ROWS, list(_marks()))
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
        if quantity not in LAWS:
            continue
        within = (geometry["correlation"] >= decay.first) & (geometry["correlation"] <= decay.last)
        rho, phi = geometry["correlation"][within], geometry["median"][within]
        law = decay.law.factor * phi**decay.law.exponent
        column[panel].plot(rho, law, zorder=5, **_LAW)
    for panel, lines in texts.items():
        _note(column[panel], "\n".join(lines))


def _exponent(quantity: str, decay: Decay) -> str:
    symbols = {"delta": "δ", "tau": "τ", "tau_star": "τ*", "distance_retrained": "retrained"}
    return f"{symbols[quantity]} ~ $\\varphi^{{{decay.law.exponent:.2f}}}$ to ρ = {decay.last:g}"


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
    for panel, network in zip(row, networks, strict=True):
        if network == "linear":
            rho = np.linspace(0.01, panel.get_xlim()[1], 99)
            panel.plot(rho, retrained_distance(samples, rho), **_CLOSED_FORM)


def _marks() -> Iterator[Line2D]:
    looks = {
        "median κ = 1": _CROSSING,
        "fitted power law": _LAW,
        "closed form, linear": _CLOSED_FORM,
    }
    for label, look in looks.items():
        yield Line2D([], [], **look | {"label": label})


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
