"""Ways to forget, with and without a recovery phase: how near they come against what they cost."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.labels import name_lines
from kkt_unlearning.studies.style import Line
from kkt_unlearning.studies.summary import (
    Table,
    groups,
    median,
    rows,
    select,
    stack,
    summarise,
    take,
)

BY = ("network", "method", "start", "beta", "steps")
NO_BETA = -1.0
FLOOR = 1e-9
QUANTITIES = (
    "epsilon_least",
    "epsilon",
    "delta",
    "tau",
    "tau_star",
    "epsilon_autograd",
    "epsilon_clarke",
    "distance_retrained",
    "forgotten_margin",
    "forgotten_correct",
)
_SERIES = (
    ({"method": "fine_tuning", "quantity": "tau_star"}, "fine-tuning alone", "clarke"),
    ({"method": "recovered", "quantity": "tau_star"}, "step, then fine-tuning", "exact"),
    ({"start": "initial", "quantity": "distance_retrained"}, "retraining", "reference"),
)
# method, its distance to an exact KKT point, marker, its name, and on which side of its height that stands
_MARKS = (
    ("prescribed", "tau_star", "D", "prescribed step", "bottom"),
    ("influence", "tau_star", "^", "influence step", "top"),
    ("downdate", "tau_star", "s", "dual downdate", "center"),
    ("retrained", "distance_retrained", "*", "", "center"),
)


def draw(table: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """1 − cosine to an exact KKT point against cost, one column a network.

    Args:
        table: recovery rows.

    Returns:
        The figure, and medians and bands of all methods and quantities; ``beta`` is −1 where a method has
        none. ``gradients`` is the median cost with that of the multipliers, ``gradients_known`` without.
    """
    drawn = summarise(_with_costs(table), [*BY, "gradients", "gradients_known"], QUANTITIES)
    networks = style.networks_of(table)
    with style.styled():
        figure, axes = style.panels(3.6, (1, len(networks)), sharex=True, sharey=True)
        for panel, network in zip(axes[0], networks, strict=True):
            panel.set_title(style.name_of(network))
            panel.set_xlabel("cost in gradients of one sample")
            _draw_panel(panel, select(drawn, network=network))
        axes[0, 0].set_ylabel("1 − cosine to an exact KKT point\n(lower is nearer)")
        axes[0, 0].set_xscale("log")
        axes[0, 0].set_xlim(left=0.1)  # names stand there
        style.log_scale(axes[0, 0], FLOOR)
        name_lines(axes[0, -1], at_edge=True)
        if marks := style.lost_marks(axes):
            figure.legend(handles=marks, loc="outside lower center")
    return figure, drawn


def _with_costs(table: Table) -> dict[str, np.ndarray]:
    beta = np.asarray(table["beta"], float)
    cases = dict(table) | {
        "beta": np.where(np.isnan(beta), NO_BETA, beta),
        "epsilon_least": np.minimum(table["epsilon"], table["epsilon_clarke"]),
    }
    parts = []
    for _, group in groups(cases, *BY):
        known = group["cost"]
        costs = {"gradients": median(known + group["cost_dual"]), "gradients_known": median(known)}
        parts.append(group | {name: np.full(rows(group), cost) for name, cost in costs.items()})
    return stack(parts)


def _draw_panel(axes: Axes, table: Table) -> None:
    before = select(table, method="nothing", quantity="tau_star")
    if rows(before):
        ends = np.min(table["gradients"][table["gradients"] > 0]), np.max(table["gradients"])
        style.nothing_line(axes, ends, np.repeat(before["median"], 2))
    _draw_best(axes, select(table, method="neggrad_plus", quantity="tau_star"))
    lines = [Line(where, label, colour, floor=FLOOR) for where, label, colour in _SERIES]
    style.draw_lines(axes, table, "gradients", lines)
    places = {}
    for method, quantity, *look in _MARKS:
        found = select(table, method=method, quantity=quantity)
        found = take(found, np.asarray(found["start"]) != "exact")
        if rows(found) and np.isfinite(found["median"][0]):
            places[method] = found["gradients"][0], max(found["median"][0], FLOOR)
            _draw_mark(axes, places[method], *look)
    if {"downdate", "retrained"} <= set(places):
        _compare(axes, places["downdate"], places["retrained"])


def _draw_best(axes: Axes, table: Table) -> None:
    """NegGrad+ with the weight that is best after as many steps."""
    best = [
        (cost, group["median"][np.isfinite(group["median"])].min(initial=np.inf))
        for (cost,), group in groups(table, "gradients")
    ]
    if best:
        at, least = np.array(sorted(best)).T
        level = np.where(np.isfinite(least), np.maximum(least, FLOOR), np.nan)
        look: dict[str, Any] = {"color": style.colour_of("two_layer"), "markeredgewidth": 0}
        axes.plot(at, level, "o-", label="NegGrad+, best β", **look)


def _draw_mark(axes: Axes, at: tuple[float, float], marker: str, name: str, side: str) -> None:
    """A method of one stroke, with its name left of it, where hardly a line goes."""
    axes.plot(*at, marker, color="0.15", label=f"_{name}", markersize=5.0, zorder=4)
    look: dict[str, Any] = {"ha": "right", "va": side, "fontsize": 6.5, "color": "0.15"}
    rise = {"bottom": 2, "top": -2}.get(side, 0)
    axes.annotate(name, at, (-5, rise), textcoords="offset points", zorder=5, **look)


def _compare(axes: Axes, downdate: tuple[float, float], end: tuple[float, float]) -> None:
    """An arrow from the cost of retraining until training ends to that of the downdate, if that is less."""
    (cost, low), (whole, high) = downdate, end
    if whole <= cost:
        return
    colour = style.COLOURS["reference"]
    axes.plot([whole] * 2, [low, high], ":", color=colour, linewidth=0.9, label="_")
    arrow = {"arrowstyle": "->", "color": colour, "shrinkA": 0, "shrinkB": 4}
    axes.annotate("", (cost, low), (whole, low), arrowprops=arrow)
    look: dict[str, Any] = {"ha": "left", "va": "bottom", "fontsize": 6.5, "color": colour}
    between = (1.5 * cost, low)
    axes.annotate(
        f"{_rounded(whole / cost)} times cheaper\nthan training to ★",
        between,
        (0, 3),
        textcoords="offset points",
        **look,
    )


def _rounded(ratio: float) -> str:
    """To one digit."""
    return f"{float(f'{ratio:.0e}'):g}"
