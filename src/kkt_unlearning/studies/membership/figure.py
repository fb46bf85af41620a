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
from kkt_unlearning.studies.style import Line
from kkt_unlearning.studies.summary import Table, rows, select, stack, summarise, take

ATTACKS = {
    "margin": ("margin", "retrained"),
    "loss_threshold": ("loss threshold", "trained"),
    "u_lira": ("U-LiRA", "clarke"),
}
SHADES = ("tau", "clarke", "reference", "two_layer", "retrained")  # one colour a dimension
TAU_FLOOR, KLOM_FLOOR = 1e-7, 0.1
ALONG = "dimension"
SCALED_FLOOR = 1e-2
QUANTITIES = ("auc", "tpr_1", "tpr_10", "tau_star", "epsilon", "scaled_shift")


def draw(table: Table, klom: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """AUC and KLoM against the fraction of the prescribed step, AUC against τ*, one column a network.

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
        figure, axes = style.panels(8.8, (5, len(networks)), sharey="row")
        for column, network in zip(axes.T, networks, strict=True):
            column[0].set_title(style.name_of(network))
            _draw_column(column, select(drawn, network=network), dimensions)
        _finish(axes, dimensions)
    return figure, drawn


def _numbers(table: Table, klom: Table) -> dict[str, np.ndarray]:
    unlearned = select(table, models="unlearned")
    keys = ["network", ALONG, "fraction"]
    named = {"series": unlearned["attack"], "scaled_shift": _scaled(unlearned)}
    attacks = summarise(unlearned | named, ["series", *keys], QUANTITIES)
    forgotten = select(klom, set="forget")
    named = forgotten | {"series": np.full(rows(forgotten), "klom")}
    return stack([attacks, summarise(named, ["series", *keys], ["klom", "noise_mean"])])


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
    for panel in column[:2]:
        panel.axhline(0.5, color=style.COLOURS["reference"], linestyle=":", linewidth=0.9)
    divergence = select(drawn, quantity="klom")
    style.draw_lines(column[2], divergence, "fraction", _lines(dimensions, KLOM_FLOOR))
    noise = Line({ALONG: dimensions[-1]}, "noise floor", "reference", ":", KLOM_FLOOR)
    style.draw_lines(column[2], select(drawn, quantity="noise_mean"), "fraction", [noise])
    _scatter(column[3], lira, dimensions, "tau_star", TAU_FLOOR)
    _scatter(column[4], lira, dimensions, "scaled_shift", SCALED_FLOOR)
    for panel in column[:3]:
        panel.set_xlabel("fraction of the prescribed step")
    column[3].set_xlabel("τ*")
    column[4].set_xlabel("allowed shift / spread")


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
            axes.plot(x[chosen], take(auc, chosen)["median"], "o", **look)


def _finish(axes: np.ndarray, dimensions: list[float]) -> None:
    lira = "AUC of U-LiRA"
    labels = (lira, f"AUC, d = {dimensions[-1]:.0f}", "KLoM (nats)", lira, lira)
    for row, label in zip(axes, labels, strict=True):
        row[0].set_ylabel(label)
        for panel in row:
            panel.set_ylim(-0.05, 1.05)
    for panel in axes[2]:
        panel.set_ylim(auto=True)
        panel.relim()
        panel.autoscale_view()
        style.log_scale(panel, KLOM_FLOOR)
    for row in axes[3:]:
        _share_log_axis(row)
    chance = Line2D([], [], color=style.COLOURS["reference"], linestyle=":", label="chance")
    for panel in axes[:2, -1]:
        style.legend(panel, [chance])
    style.legend(axes[2, -1])
    style.legend(axes[3, -1], [*_keys(dimensions), chance])
    style.legend(axes[4, -1], [*_allowed(axes[4]), chance])


def _share_log_axis(row: Sequence[Axes]) -> None:
    for panel in row:
        panel.set_xscale("log")
        panel.axhline(0.5, color=style.COLOURS["reference"], linestyle=":", linewidth=0.9)
    limits = [panel.get_xlim() for panel in row]
    for panel in row:
        panel.set_xlim(min(low for low, _ in limits), max(high for _, high in limits))
        panel.xaxis.set_minor_formatter(NullFormatter())


def _allowed(row: Sequence[Axes]) -> list[Line2D]:
    """The AUC ``Φ(x/√2)`` of two normal laws that a shift of x standard deviations tells apart."""
    for panel in row:
        x = np.geomspace(*panel.get_xlim(), 100)
        auc = [0.5 * (1.0 + erf(0.5 * value)) for value in x.tolist()]
        (line,) = panel.plot(x, auc, "--", color=style.COLOURS["reference"], linewidth=0.9)
    return [
        Line2D([], [], color=line.get_color(), linestyle="--", label="normal laws,\nfull shift")
    ]


def _keys(dimensions: list[float]) -> list[Line2D]:
    look: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 4.5}
    colours = [style.colour_of(_shade(i)) for i in range(len(dimensions))]
    marks = [
        Line2D([], [], color=colour, label=f"d = {d:.0f}", **look)
        for colour, d in zip(colours, dimensions, strict=True)
    ]
    hollow = Line2D([], [], color="0.2", markerfacecolor="none", label="other steps", **look)
    return [*marks, Line2D([], [], color="0.2", label="prescribed step", **look), hollow]
