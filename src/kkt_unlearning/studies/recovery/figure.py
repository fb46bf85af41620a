"""Ways to forget, with and without a recovery phase: what they reach against what they cost."""

from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
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
    ("distance_retrained", "1 − cosine to the\nretrained network", 1e-7),
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
    ("fine_tuning", "fine-tuning\n(NegGrad+, β = 1)", "clarke"),
    ("recovered", "prescribed step,\nthen fine-tuning", "exact"),
    ("gradient_ascent", "ascent in many\nsteps (β = 0)", "trained"),
    ("projected_ascent", "the same, off the\nretained gradients", "tau"),
    ("retraining", "retraining from\nscratch", "reference"),
)
# method, start, marker, filled, label
_MARKS = (
    ("prescribed", "trained", "D", "prescribed step"),
    ("prescribed", "exact", "d", "the same from the\nexact KKT point"),
    ("influence", "trained", "^", "influence step"),
    ("retain_free", "trained", "v", "the same without\nretained data"),
    ("minimal_perturbation", "trained", "P", "minimal\nperturbation"),
    ("downdate", "trained", "s", "dual downdate"),
    ("retrained", "initial", "*", "… until training\nends"),
)


def draw(table: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """ε, τ* and the distance to the retrained network against cost, one column a network.

    Args:
        table: recovery rows.

    Returns:
        The figure, and the medians and bands that it shows; ``beta`` is −1 where a method has none.
        ``gradients`` is the median cost with that of the multipliers, ``gradients_known`` without.
    """
    drawn = summarise(_with_costs(table), [*BY, "gradients", "gradients_known"], QUANTITIES)
    networks = style.networks_of(table)
    with style.styled():
        figure, axes = style.panels(6.2, (len(PANELS), len(networks)), sharex="col", sharey="row")
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
        handles, labels = axes[0, -1].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside right center")
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
    for method, start, marker, label in _MARKS:
        found = select(table, method=method, start=start)
        if rows(found):
            _draw_mark(axes, found, marker, label, floor)


def _draw_start(axes: Axes, table: Table, floor: float) -> None:
    """A level line at what the trained network has."""
    before = select(table, method="nothing")
    if rows(before) and np.isfinite(before["median"][0]):
        look: dict[str, Any] = {"color": style.colour_of("original"), "linestyle": ":"}
        axes.axhline(max(float(before["median"][0]), floor), label="trained network", **look)


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
            "label": f"NegGrad+, β = {beta:g}",
        }
        axes.plot(line["gradients"], level, **look)


def _draw_mark(axes: Axes, table: Table, marker: str, label: str, floor: float) -> None:
    """A method of one stroke: with the cost of its multipliers, and hollow without it."""
    level = float(table["median"][0])
    if not np.isfinite(level):
        return
    level, whole, known = max(level, floor), table["gradients"][0], table["gradients_known"][0]
    look: dict[str, Any] = {
        "color": "0.15",
        "marker": marker,
        "linestyle": "",
        "markersize": 5.0,
        "zorder": 4,
    }
    axes.plot([whole], [level], label=label, **look)
    if known < whole and table["method"][0] == "prescribed":
        axes.plot([known, whole], [level] * 2, color="0.15", linewidth=0.6, zorder=3)
        axes.plot([known], [level], markerfacecolor="white", **look)
