"""Support, separation, the way to the trained weights and certificates against the number of samples."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.growth.claims import certified
from kkt_unlearning.studies.style import Line
from kkt_unlearning.studies.summary import Table, groups, stack, summarise, take

EPSILON_FLOOR, DELTA_FLOOR, TAU_FLOOR = 1e-3, 1e-3, 1e-4
_BY = ("samples", "network")
_EACH_STEP = ("multiplier", "smallest_margin", "crossed")
_CERTIFIED = ("epsilon_clarke", "epsilon", "relative_delta", "tau", "tau_star")


def _line(quantity: str, label: str, colour: str, dash: str = "-", *, floor: float = 0.0) -> Line:
    return Line({"quantity": quantity}, label, colour, dash, floor)


@dataclass(frozen=True)
class _Panel:
    """One message: its title, its lines, the floor of its logarithmic axis, or None for a linear one."""

    title: str
    lines: tuple[Line, ...]
    floor: float | None


_PANELS = (
    _Panel(
        "support samples",
        (_line("support", "λ > 0", "exact"), _line("samples", "all m", "reference", ":")),
        1.0,
    ),
    _Panel("share of steps that separate", (_line("separates", "", "two_layer"),), None),
    _Panel(
        "1 − cosine, exact to trained",
        (_line("distance_trained", "", "trained", floor=TAU_FLOOR),),
        TAU_FLOOR,
    ),
    _Panel(
        "relative ε",
        (
            _line("epsilon_clarke", "at θ′", "clarke", floor=EPSILON_FLOOR),
            _line("epsilon", "at θ̃", "two_layer", "--", floor=EPSILON_FLOOR),
        ),
        EPSILON_FLOOR,
    ),
    _Panel(
        "δ at θ̃ / mean multiplier",
        (_line("relative_delta", "", "two_layer", floor=DELTA_FLOOR),),
        DELTA_FLOOR,
    ),
    _Panel(
        "1 − cosine to θ′",
        (
            _line("tau_star", "τ*: exact point", "tau_star", floor=TAU_FLOOR),
            _line("tau", "τ: θ̃", "tau", "--", floor=TAU_FLOOR),
        ),
        TAU_FLOOR,
    ),
)


def draw(table: Table, points: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """Six panels, each with one message, against the number of samples.

    Args:
        table: a row a forgotten support sample, along ``samples``.
        points: how each exact point was reached.

    Returns:
        The figure, and the medians and bands that it shows, with what the page speaks of beside them:
        multipliers, margins and crossings of the steps, cells and turned activations of the points.
    """
    drawn = _numbers(table, points)
    with style.styled():
        figure, axes = style.panels(3.8, (2, 3), sharex=True)
        for panel, content in zip(axes.flat, _PANELS, strict=True):
            style.draw_lines(panel, drawn, "samples", content.lines)
            panel.set_title(content.title)
            _scales(panel, content.floor, np.unique(drawn["samples"]))
            if len(content.lines) > 1:
                panel.legend(loc="best")
        for row, label in zip(axes, ("network", "certificate"), strict=True):
            row[0].set_ylabel(label)
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
    """Share of all steps at each m after which the retained margins are positive; a share has no band."""
    found = summarise(table, _BY, ("separates",))
    shares = [float(np.mean(group["separates"])) for _, group in groups(table, *_BY)]
    return found | {name: np.array(shares) for name in ("median", "low", "high")}


def _scales(axes: Axes, floor: float | None, sizes: np.ndarray) -> None:
    axes.set_xscale("log")
    axes.set_xticks(sizes, [f"{size:g}" for size in sizes])
    axes.set_xticks([], minor=True)
    if floor is None:
        axes.set_ylim(0.0, 1.05)
    else:
        style.log_scale(axes, floor)
