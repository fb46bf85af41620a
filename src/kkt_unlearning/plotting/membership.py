"""What membership inference sees of a forgotten sample: attacks, KLoM, and their link to the certificate."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from kkt_unlearning.plotting import style
from kkt_unlearning.plotting.style import Line
from kkt_unlearning.summary import Table, rows, select, stack, summarise, take

ATTACKS = {
    "margin": ("margin", "retrained"),
    "loss_threshold": ("loss threshold", "trained"),
    "u_lira": ("U-LiRA", "clarke"),
}
SHADES = ("tau", "clarke", "reference", "two_layer", "retrained")  # one colour a dimension
TAU_FLOOR, KLOM_FLOOR = 1e-7, 0.1
ALONG = "dimension"
QUANTITIES = ("auc", "tpr_1", "tpr_10", "tau_star", "epsilon")


def draw(table: Table, klom: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """AUC and KLoM against the fraction of the prescribed step, and AUC against τ*, one column a network.

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
        _finish(axes, dimensions)
    return figure, drawn


def _numbers(table: Table, klom: Table) -> dict[str, np.ndarray]:
    unlearned = select(table, models="unlearned")
    keys = ["network", ALONG, "fraction"]
    attacks = summarise(unlearned | {"series": unlearned["attack"]}, ["series", *keys], QUANTITIES)
    forgotten = select(klom, set="forget")
    named = forgotten | {"series": np.full(rows(forgotten), "klom")}
    return stack([attacks, summarise(named, ["series", *keys], ["klom", "noise_mean"])])


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
    _scatter(column[3], lira, dimensions)
    for panel in column[:3]:
        panel.set_xlabel("fraction of the prescribed step")
    column[3].set_xlabel("τ*")


def _lines(dimensions: list[float], floor: float = 0.0) -> list[Line]:
    return [
        Line({ALONG: d}, f"d = {d:.0f}", _shade(i), floor=floor) for i, d in enumerate(dimensions)
    ]


def _shade(i: int) -> str:
    return SHADES[i % len(SHADES)]


def _scatter(axes: Axes, lira: Table, dimensions: list[float]) -> None:
    """Each dimension and fraction is a point; the prescribed step is filled."""
    for i, d in enumerate(dimensions):
        cases = select(lira, **{ALONG: d})
        auc, tau = (select(cases, quantity=name) for name in ("auc", "tau_star"))
        x = np.maximum(tau["median"], TAU_FLOOR)
        shown, prescribed = np.isfinite(x), auc["fraction"] == 1.0
        colour = style.colour_of(_shade(i))
        for chosen, face in ((shown & prescribed, colour), (shown & ~prescribed, "none")):
            look = {"markerfacecolor": face, "markeredgecolor": colour, "markersize": 4.5}
            axes.plot(x[chosen], take(auc, chosen)["median"], "o", **look)


def _finish(axes: np.ndarray, dimensions: list[float]) -> None:
    labels = ("AUC of U-LiRA", f"AUC, d = {dimensions[-1]:.0f}", "KLoM (nats)", "AUC of U-LiRA")
    for row, label in zip(axes, labels, strict=True):
        row[0].set_ylabel(label)
        for panel in row:
            panel.set_ylim(-0.05, 1.05)
    for panel in axes[2]:
        panel.set_ylim(auto=True)
        panel.relim()
        panel.autoscale_view()
        style.log_scale(panel, KLOM_FLOOR)
    for panel in axes[3]:
        panel.set_xscale("log")
        panel.axhline(0.5, color=style.COLOURS["reference"], linestyle=":", linewidth=0.9)
    chance = Line2D([], [], color=style.COLOURS["reference"], linestyle=":", label="chance")
    for panel in axes[:2, -1]:
        style.legend(panel, [chance])
    style.legend(axes[2, -1])
    style.legend(axes[3, -1], [*_keys(dimensions), chance])


def _keys(dimensions: list[float]) -> list[Line2D]:
    look = {"linestyle": "", "marker": "o", "markersize": 4.5}
    colours = [style.colour_of(_shade(i)) for i in range(len(dimensions))]
    marks = [
        Line2D([], [], color=colour, label=f"d = {d:.0f}", **look)
        for colour, d in zip(colours, dimensions, strict=True)
    ]
    hollow = Line2D([], [], color="0.2", markerfacecolor="none", label="other steps", **look)
    return [*marks, Line2D([], [], color="0.2", label="prescribed step", **look), hollow]
