"""Ways to forget, with and without a recovery phase: what they reach against what they cost."""

from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

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
PANELS = (
    ("epsilon_least", "relative ε, least of\nθ′ (τ = 0) and θ̃", 1e-4),
    ("tau_star", "τ*: 1 − cosine to the KKT\npoint next to θ̃", 1e-7),
)
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
    ("fine_tuning", "fine-tuning alone", "clarke"),
    ("recovered", "step, then fine-tuning", "exact"),
    ("gradient_ascent", "ascent", "trained"),
    ("projected_ascent", "projected ascent", "tau"),
    ("retraining", "retraining", "reference"),
)
# method, start, marker, label
_MARKS = (
    ("prescribed", "trained", "D", "prescribed step"),
    ("prescribed", "exact", "d", "the same from the exact KKT point"),
    ("influence", "trained", "^", "influence step"),
    ("retain_free", "trained", "v", "the same without retained data"),
    ("minimal_perturbation", "trained", "P", "minimal perturbation"),
    ("downdate", "trained", "s", "dual downdate"),
    ("retrained", "initial", "*", "retraining until training ends"),
)


def draw(table: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """ε and τ* against cost, one column a network.

    Args:
        table: recovery rows.

    Returns:
        The figure, and the medians and bands that it shows; ``beta`` is −1 where a method has none.
        ``gradients`` is the median cost with that of the multipliers, ``gradients_known`` without.
    """
    drawn = summarise(_with_costs(table), [*BY, "gradients", "gradients_known"], QUANTITIES)
    networks = style.networks_of(table)
    with style.styled():
        figure, axes = style.panels(5.8, (len(PANELS), len(networks)), sharex="col", sharey="row")
        for column, network in zip(axes.T, networks, strict=True):
            column[0].set_title(style.name_of(network))
            column[-1].set_xlabel("cost in gradients of one sample")
            for panel, (quantity, _, floor) in zip(column, PANELS, strict=True):
                _draw_panel(panel, select(drawn, network=network, quantity=quantity), floor)
        for panels, (_, label, floor) in zip(axes, PANELS, strict=True):
            panels[0].set_ylabel(label)
            for panel in panels:
                panel.set_xscale("log")
                style.log_scale(panel, floor)
            name_lines(panels[-1], at_edge=True)
        figure.legend(
            handles=[*_marks(drawn), *style.lost_marks(axes)], loc="outside lower center", ncols=3
        )
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


def _draw_panel(axes: Axes, table: Table, floor: float) -> None:
    _draw_start(axes, table, floor)
    lines = [
        Line({"method": method}, label, colour, floor=floor) for method, label, colour in _SERIES
    ]
    _draw_betas(axes, select(table, method="neggrad_plus"), floor)
    style.draw_lines(axes, table, "gradients", lines)
    for method, start, marker, _ in _MARKS:
        found = select(table, method=method, start=start)
        if rows(found):
            _draw_mark(axes, found, marker, floor)


def _draw_start(axes: Axes, table: Table, floor: float) -> None:
    """A level line at what the trained network has."""
    before = select(table, method="nothing")
    if rows(before) and np.isfinite(before["median"][0]):
        level = max(float(before["median"][0]), floor)
        ends = np.min(table["gradients"]), np.max(table["gradients"])
        style.nothing_line(axes, ends, (level, level))


def _draw_betas(axes: Axes, table: Table, floor: float) -> None:
    """Medians of NegGrad+, the darker the more weight the retain set has."""
    betas = np.unique(table["beta"])
    shades = mpl.colormaps["YlOrBr"](np.linspace(0, 1, len(betas) + 4)[3:-1])
    for beta, shade in zip(betas.tolist(), shades, strict=True):
        line = select(table, beta=beta)
        line = take(line, np.argsort(line["gradients"], kind="stable"))
        level = np.where(np.isfinite(line["median"]), np.maximum(line["median"], floor), np.nan)
        look: dict[str, Any] = {
            "color": shade,
            "linewidth": 1.0,
            "label": f"NegGrad+, β = {betas[0]:g} … {betas[-1]:g}" if beta == betas[-1] else "_",
        }
        axes.plot(line["gradients"], level, **look)


def _marks(drawn: Table) -> Iterator[Line2D]:
    """The methods of one stroke that the table has, by their symbols."""
    for method, start, marker, label in _MARKS:
        if rows(select(drawn, method=method, start=start)):
            yield Line2D([], [], label=label, **_look(marker))


def _look(marker: str) -> dict[str, Any]:
    return {"color": "0.15", "marker": marker, "linestyle": "", "markersize": 5.0, "zorder": 4}


def _draw_mark(axes: Axes, table: Table, marker: str, floor: float) -> None:
    """A method of one stroke: with the cost of its multipliers, and hollow without it."""
    level = float(table["median"][0])
    if not np.isfinite(level):
        return
    level, whole, known = max(level, floor), table["gradients"][0], table["gradients_known"][0]
    axes.plot([whole], [level], **_look(marker))
    if known < whole and table["method"][0] == "prescribed":
        axes.plot([known, whole], [level] * 2, color="0.15", linewidth=0.6, zorder=3)
        axes.plot([known], [level], markerfacecolor="white", **_look(marker))
