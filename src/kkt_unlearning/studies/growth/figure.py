"""Support, separation, the way to the trained weights and certificates against the number of samples."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.growth.claims import certified
from kkt_unlearning.studies.style import Line
from kkt_unlearning.studies.summary import (
    Table,
    from_records,
    groups,
    select,
    stack,
    summarise,
    take,
)

EPSILON_FLOOR, DELTA_FLOOR, TAU_FLOOR, COUNT_FLOOR = 1e-4, 1e-2, 1e-6, 10.0
_BY = ("samples", "network")
_RANKS = {"smallest": 0.0, "median": 0.5, "largest": 1.0}
_EACH_STEP = ("multiplier", "multiplier_share", "coupling", "smallest_margin", "crossed")
_CERTIFIED = ("epsilon_clarke", "epsilon", "relative_delta", "tau", "tau_star")


def _line(quantity: str, label: str, colour: str, dash: str = "-", *, floor: float = 0.0) -> Line:
    return Line({"quantity": quantity}, label, colour, dash, floor)


@dataclass(frozen=True)
class _Panel:
    """One message.

    Attributes:
        title, label: what it is about, and its axis.
        floor: of a logarithmic axis; None for a linear one.
        legend: lower right corner of the legend, in shares of the panel; only where there are several lines.
    """

    title: str
    label: str
    lines: tuple[Line, ...]
    floor: float | None
    legend: tuple[float, float] = (0.98, 0.02)


_PANELS = (
    _Panel(
        "support",
        "samples",
        (
            _line("support", "λ > 0", "exact", floor=COUNT_FLOOR),
            _line("samples", "all m", "reference", ":", floor=COUNT_FLOOR),
        ),
        COUNT_FLOOR,
    ),
    _Panel(
        "separation",
        "share of steps",
        (
            _line("separates_smallest", "smallest λ", "tau"),
            _line("separates_median", "median λ", "exact"),
            _line("separates_largest", "largest λ", "opposed"),
            _line("separates", "all", "flipped", "--"),
        ),
        None,
        (0.99, 0.54),
    ),
    _Panel(
        "way from training",
        "1 − cosine, exact to trained",
        (_line("distance_trained", "", "trained", floor=TAU_FLOOR),),
        TAU_FLOOR,
    ),
    _Panel(
        "stationarity",
        "relative ε",
        (
            _line("epsilon_clarke", "at θ′", "clarke", floor=EPSILON_FLOOR),
            _line("epsilon", "at θ̃", "two_layer", "--", floor=EPSILON_FLOOR),
        ),
        EPSILON_FLOOR,
        (0.72, 0.02),
    ),
    _Panel(
        "slackness",
        "δ at θ̃ / mean multiplier",
        (_line("relative_delta", "", "two_layer", floor=DELTA_FLOOR),),
        DELTA_FLOOR,
    ),
    _Panel(
        "way back",
        "1 − cosine to θ′",
        (
            _line("tau_star", "τ*: exact point", "tau_star", floor=TAU_FLOOR),
            _line("tau", "τ: θ̃", "tau", "--", floor=TAU_FLOOR),
        ),
        TAU_FLOOR,
        (0.83, 0.02),
    ),
)


def draw(table: Table, points: Table, dataset: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """Six panels, each with one message, against the number of samples.

    Args:
        table: a row a forgotten support sample, along ``samples``.
        points: how each exact point was reached.
        dataset: geometry of the data, of which the rank is marked.

    Returns:
        The figure, and the medians and bands that it shows, with what the page speaks of beside them:
        multipliers, couplings, margins and crossings of the steps; cells and turned activations of the
        points.
    """
    drawn, rank = _numbers(table, points), float(np.max(dataset["rank"]))
    with style.styled():
        figure, axes = style.panels(4.4, (2, 3), sharex=True)
        for panel, content in zip(axes.flat, _PANELS, strict=True):
            panel.axvline(rank, color="0.4", linewidth=0.9, linestyle="-.")
            style.draw_lines(panel, drawn, "samples", content.lines)
            panel.set_title(content.title)
            panel.set_ylabel(content.label)
            _scales(panel, content.floor, np.unique(drawn["samples"]))
            if len(panel.get_legend_handles_labels()[0]) > 1:
                _legend(panel, content.legend)
        for panel in axes[-1]:
            panel.set_xlabel("samples m")
    return figure, drawn


def _numbers(table: Table, points: Table) -> dict[str, np.ndarray]:
    once = stack([take(group, np.array([0])) for _, group in groups(table, *_BY, "seed")])
    once["size"] = once["samples"]
    found = [
        summarise(once, _BY, ("support", "distance_trained", "size")),
        summarise(table, _BY, _EACH_STEP),
        summarise(certified(table), _BY, _CERTIFIED),
        summarise(points, _BY, ("cells", "flipped")),
        _shares(table),
    ]
    drawn = stack(found)
    drawn["quantity"] = np.where(drawn["quantity"] == "size", "samples", drawn["quantity"])
    return drawn


def _shares(table: Table) -> dict[str, np.ndarray]:
    """Shares of the steps at each m after which all retained margins are positive; a share has no band."""
    ranks = {f"separates_{name}": select(table, rank=rank) for name, rank in _RANKS.items()}
    found = []
    for name, steps in {"separates": table, **ranks}.items():
        for (samples, network), group in groups(steps, *_BY):
            share = float(np.mean(group["separates"]))
            found.append((samples, network, name, *[share] * 3, len(group["seed"]), 0))
    names = (*_BY, "quantity", "median", "low", "high", "count", "infinite")
    return from_records(names, found)


def _legend(axes: Axes, corner: tuple[float, float]) -> None:
    """On white, so that what lies behind it does not cross its words."""
    look: dict[str, Any] = {"facecolor": "white", "edgecolor": "none", "framealpha": 0.8}
    look |= {"borderaxespad": 0.0, "handlelength": 1.3, "labelspacing": 0.3, "fontsize": 6.5}
    axes.legend(loc="lower right", bbox_to_anchor=corner, frameon=True, **look)


def _scales(axes: Axes, floor: float | None, sizes: np.ndarray) -> None:
    axes.set_xscale("log")
    axes.set_xticks(sizes, [f"{size:g}" for size in sizes])
    axes.set_xticks([], minor=True)
    if floor is None:
        axes.set_ylim(0.0, 1.05)
    else:
        style.log_scale(axes, floor)
