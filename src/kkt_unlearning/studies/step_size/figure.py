"""ε against the step as a fraction of the prescribed one: the paper's Figure 1, beside doing nothing."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MultipleLocator

from kkt_unlearning.studies import style
from kkt_unlearning.studies.columns import epsilon_at
from kkt_unlearning.studies.notes import note
from kkt_unlearning.studies.steps import QUANTITIES
from kkt_unlearning.studies.style import Line
from kkt_unlearning.studies.summary import Table, select, summarise

_STARTS: dict[str, Any] = {"exact": "-", "trained": "--"}
_RESTORED, _UNLEARNED, _NOTHING = epsilon_at(), "epsilon_autograd", epsilon_at(nothing=True)
_COLOURS = {_RESTORED: "exact", _UNLEARNED: "autograd"}


def draw(table: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """ε at the restored network θ̃ and at the unlearned one θ′ against the step, a panel a network.

    θ′ has no line of its own where it is θ̃, as in a linear model.

    Args:
        table: evaluation rows with several fractions.

    Returns:
        The figure, and the medians and bands that it shows, with δ, τ, τ* and the bounds beside them.
    """
    drawn = summarise(table, ["network", "start", "fraction"], QUANTITIES)
    networks = style.networks_of(table)
    with style.styled():
        figure, axes = style.panels(3.1, (1, len(networks)), sharey=True)
        for panel, network in zip(axes[0], networks, strict=True):
            panel.set(title=style.name_of(network), xlabel=style.STEP_SIZE)
            panel.xaxis.set_major_locator(MultipleLocator(0.5))
            _panel(panel, select(drawn, network=network))
        axes[0, 0].set_ylabel("relative ε (lower is better)")
        axes[0, 0].set_ylim(bottom=0)
        entries = [
            Line2D([], [], color="0.2", linestyle=dash, label=style.NAMES[start])
            for start, dash in _STARTS.items()
            if start in table["start"]
        ]
        figure.legend(handles=entries, loc="outside lower center", ncols=2)
    return figure, drawn


def _panel(axes: Axes, shown: Table) -> None:
    """Colours say what is judged, dashes where the step starts."""
    same = not np.any(select(shown, quantity="tau")["high"] > 0)
    for quantity in (_RESTORED,) if same else (_UNLEARNED, _RESTORED):
        lines = [
            Line({"quantity": quantity, "start": start}, "", _COLOURS[quantity], dash)
            for start, dash in _STARTS.items()
        ]
        style.draw_lines(axes, shown, "fraction", lines)
    nothing = select(shown, quantity=_NOTHING, start="exact")
    style.nothing_line(axes, nothing["fraction"], nothing["median"], dashes=(2, 2))
    axes.axvline(1.0, color="0.6", linewidth=0.8, linestyle=":", zorder=0)
    _names(axes, shown, same=same)


def _names(axes: Axes, shown: Table, *, same: bool) -> None:
    """θ̃ left of its minimum, θ′ above its band, doing nothing below its line."""
    unlearned, nothing = (
        select(shown, quantity=quantity, start="exact") for quantity in (_UNLEARNED, _NOTHING)
    )
    below = _at_prescribed(nothing, "median")
    name = "θ̃ = θ′: nothing flips" if same else "θ̃: flipped\nactivations\nput back"
    corner = axes.transAxes
    note(axes, (0.18, 0.1), name, style.colour_of(_COLOURS[_RESTORED]), transform=corner)
    note(axes, (1.0, 0.98 * below), style.NOTHING, style.COLOURS["original"], va="top")
    if not same:
        above = 1.06 * _at_prescribed(unlearned, "high")
        note(axes, (1.0, above), "θ′: as the step leaves it", style.colour_of(_COLOURS[_UNLEARNED]))


def _at_prescribed(line: Table, column: str) -> float:
    """Nan without a line."""
    order = np.argsort(line["fraction"])
    if not order.size:
        return float("nan")
    return float(np.interp(1.0, line["fraction"][order], line[column][order]))
