"""What membership inference sees of a forgotten sample: attacks, KLoM, and their link to the certificate."""

from collections.abc import Sequence
from math import erf
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter

from kkt_unlearning.studies import style
from kkt_unlearning.studies.labels import name_lines
from kkt_unlearning.studies.style import Line
from kkt_unlearning.studies.summary import Table, rows, select, stack, summarise, take

ATTACKS = {
    "margin": ("margin", "retrained"),
    "loss_threshold": ("loss threshold", "trained"),
    "u_lira": ("U-LiRA", "two_layer"),
}
SHADES = ("tau", "clarke", "two_layer", "retrained", "reference")  # one colour a dimension
KLOM_FLOOR = 0.1
ALONG = "dimension"
SCALED_FLOOR = 1e-2
QUANTITIES = ("auc", "auc_nothing", "tpr_1", "tpr_10", "tau_star", "epsilon", "scaled_shift")


def draw(table: Table, klom: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """AUC and KLoM against the step, AUC against what τ* allows, one column a network.

    Args:
        table: attacks, one row an attack, fraction and sample.
        klom: divergences, one row a set, fraction and sample.

    Returns:
        The figure, and the numbers drawn: medians and 10-90 % bands over pools and samples; ``series`` is the
        attack, or ``klom``.
    """
    drawn = _numbers(table, klom)
    networks = style.networks_of(table)
    dimensions = np.unique(drawn[ALONG]).tolist()
    with style.styled():
        figure, axes = style.panels(7.6, (4, len(networks)), sharey="row")
        for column, network in zip(axes.T, networks, strict=True):
            column[0].set_title(style.name_of(network))
            _draw_column(column, select(drawn, network=network), dimensions)
        _finish(axes, drawn, networks, dimensions)
    return figure, drawn


def _numbers(table: Table, klom: Table) -> dict[str, np.ndarray]:
    unlearned = select(table, models="unlearned")
    keys = ["network", ALONG, "fraction"]
    named = {"series": unlearned["attack"], "scaled_shift": _scaled(unlearned)}
    attacks = summarise(unlearned | named, ["series", *keys], QUANTITIES)
    forgotten = select(klom, set="forget")
    named = forgotten | {"series": np.full(rows(forgotten), "klom")}
    return stack(
        [attacks, summarise(named, ["series", *keys], ["klom", "klom_nothing", "noise_mean"])]
    )


def _scaled(table: Table) -> np.ndarray:
    """The shift that τ* allows an output, over the standard deviation of models without the sample."""
    spread = np.where(table["spread"] > 0, table["spread"], np.nan)
    return table["shift_bound"] / spread


def _draw_column(column: Sequence[Axes], drawn: Table, dimensions: list[float]) -> None:
    lira = select(drawn, series="u_lira")
    style.draw_lines(column[0], select(lira, quantity="auc"), "fraction", _lines(dimensions))
    last = select(select(drawn, quantity="auc"), **{ALONG: dimensions[-1]})
    attacks = [Line({"series": key}, *look) for key, look in ATTACKS.items()]
    style.draw_lines(column[1], last, "fraction", attacks)
    divergence = select(drawn, quantity="klom")
    style.draw_lines(column[2], divergence, "fraction", _lines(dimensions, KLOM_FLOOR))
    noise = Line({ALONG: dimensions[-1]}, "noise floor", "reference", ":", KLOM_FLOOR)
    style.draw_lines(column[2], select(drawn, quantity="noise_mean"), "fraction", [noise])
    _scatter(column[3], lira, dimensions, "scaled_shift", SCALED_FLOOR)
    for panel in column[:3]:
        panel.set_xlabel("step / prescribed step")
    column[3].set_xlabel("allowed shift / spread")


def _lines(dimensions: list[float], floor: float = 0.0) -> list[Line]:
    return [
        Line({ALONG: d}, f"d = {d:.0f}", _shade(i), floor=floor) for i, d in enumerate(dimensions)
    ]


def _shade(i: int) -> str:
    return SHADES[i % len(SHADES)]


def _scatter(axes: Axes, lira: Table, dimensions: list[float], quantity: str, floor: float) -> None:
    """Each dimension and fraction is a point; the prescribed step is filled."""
    for i, d in enumerate(dimensions):
        cases = select(lira, **{ALONG: d})
        auc, at = (select(cases, quantity=name) for name in ("auc", quantity))
        x = np.maximum(at["median"], floor)
        shown, prescribed = np.isfinite(x), auc["fraction"] == 1.0
        colour = style.colour_of(_shade(i))
        for chosen, face in ((shown & prescribed, colour), (shown & ~prescribed, "none")):
            look: dict[str, Any] = {
                "markerfacecolor": face,
                "markeredgecolor": colour,
                "markersize": 4.5,
            }
            axes.plot(x[chosen], take(auc, chosen)["median"], "o", label="_", **look)


def _finish(axes: np.ndarray, drawn: Table, networks: list[str], dimensions: list[float]) -> None:
    lira = "AUC of U-LiRA"
    labels = (lira, f"AUC, d = {dimensions[-1]:.0f}", "KLoM (nats)", lira)
    for row, label in zip(axes, labels, strict=True):
        row[0].set_ylabel(label)
    for panel in axes[[0, 1, 3]].flat:
        panel.set_ylim(-0.05, 1.05)
    for panel in axes[2]:
        style.log_scale(panel, KLOM_FLOOR)
    _share_log_axis(axes[3])
    for column, network in zip(axes.T, networks, strict=True):
        _references(column, select(drawn, network=network, **{ALONG: dimensions[-1]}))
    for row in axes:
        name_lines(row[-1], at_edge=True)
    axes[0, 0].figure.legend(handles=_keys(), loc="outside lower center", ncols=2)


def _references(column: Sequence[Axes], drawn: Table) -> None:
    """Chance, and what the attacks find if nothing is done, at the largest dimension."""
    for panel, quantity in zip(column, ("auc", "auc", "klom", "auc"), strict=True):
        ends, series = panel.get_xlim(), "klom" if quantity == "klom" else "u_lira"
        idle = select(drawn, series=series, quantity=f"{quantity}_nothing")
        style.nothing_line(panel, ends, np.full(2, idle["median"][0]))
        if quantity == "auc":
            look: dict[str, Any] = {"color": style.COLOURS["reference"], "linewidth": 0.9}
            panel.plot(ends, (0.5, 0.5), ":", label="chance", **look)
        panel.set_xlim(ends)


def _share_log_axis(row: Sequence[Axes]) -> None:
    for panel in row:
        panel.set_xscale("log")
    limits = [panel.get_xlim() for panel in row]
    for panel in row:
        panel.set_xlim(min(low for low, _ in limits), max(high for _, high in limits))
        panel.xaxis.set_minor_formatter(NullFormatter())
        _allowed(panel)


def _allowed(panel: Axes) -> None:
    """The AUC ``Φ(x/√2)`` of two normal laws that a shift of x standard deviations tells apart."""
    x = np.geomspace(*panel.get_xlim(), 100)
    auc = [0.5 * (1.0 + erf(0.5 * value)) for value in x.tolist()]
    look: dict[str, Any] = {"color": style.COLOURS["linear"], "linewidth": 0.9}
    panel.plot(x, auc, "--", label="the whole shift used", **look)


def _keys() -> list[Line2D]:
    look: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 4.5, "color": "0.2"}
    return [
        Line2D([], [], label="prescribed step", **look),
        Line2D([], [], label="other step sizes", markerfacecolor="none", **look),
    ]
