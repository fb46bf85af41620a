"""What forgetting one of m samples of real data does to the others, and what it costs, against m."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullLocator

from kkt_unlearning.studies import style
from kkt_unlearning.studies.growth.claims import exponent, over_nothing, separating
from kkt_unlearning.studies.labels import name_lines
from kkt_unlearning.studies.notes import note
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

NAMES = {"digits": "digits", "mnist": "MNIST", "tabular": "measurements", "text": "texts"}
_RANKS = {"smallest": 0.0, "median": 0.5, "largest": 1.0}
_EACH_NETWORK = ("support", "distance_trained")
_EACH_STEP = ("crossed", "multiplier", "multiplier_share", "coupling", "smallest_margin")
_SEPARATING = (
    *("epsilon_clarke", "epsilon", "relative_delta", "tau", "tau_star"),
    *("nothing_epsilon", "over_nothing"),
)
# Quantity of a panel, its title and axis; doing nothing has 1 in both.
_PANELS = {
    "separates": ("steps that keep all margins positive", "share (higher is better)"),
    "over_nothing": (
        "what the step costs",
        "largest of ε, relative δ and τ, over\nthat of doing nothing (above 1: harm)",
    ),
}
_ROOM = 3.0  # right of the largest m, as a factor, for the names of the lines


def draw(
    digits: Table, mnist: Table, tabular: Table, text: Table
) -> tuple[Figure, dict[str, np.ndarray]]:
    """Lost margins, and the price of the steps that lose none, with a line for each data set.

    Args:
        digits, mnist, tabular, text: a row a forgotten support sample, along ``samples``.

    Returns:
        The figure, and medians and bands of what it shows and of all else that the page speaks of, with
        exponents of ``quantity ~ m^p``.
    """
    tables = {"digits": digits, "mnist": mnist, "tabular": tabular, "text": text}
    drawn = stack([_numbers(data, table) for data, table in tables.items()])
    sizes = np.unique(drawn["samples"])
    lines = [Line({"data": data}, NAMES[data], data) for data in tables]
    with style.styled():
        figure, axes = style.panels(3.0, (1, len(_PANELS)))
        for panel, (quantity, (title, label)) in zip(axes[0], _PANELS.items(), strict=True):
            style.draw_lines(panel, select(drawn, quantity=quantity), "samples", lines)
            style.nothing_line(panel, sizes[[0, -1]], (1.0, 1.0), "_")
            below, grey = (sizes[-1], 0.96), style.COLOURS["original"]
            note(panel, below, style.NOTHING, grey, ha="right", va="top")
            panel.set(title=title, xlabel="samples m", ylabel=label)
            _samples_axis(panel, sizes)
        axes[0, 0].set_ylim(0.0, 1.08)
        axes[0, 1].set_yscale("log")
        for panel in axes[0]:
            name_lines(panel)
    return figure, drawn


def _numbers(data: str, table: Table) -> dict[str, np.ndarray]:
    networks = stack([take(group, np.array([0])) for _, group in groups(table, "samples", "seed")])
    kept = separating(table)
    kept = {**kept, "over_nothing": over_nothing(kept)}
    parts = [(networks, _EACH_NETWORK), (table, _EACH_STEP), (kept, _SEPARATING)]
    found = stack([*(summarise(part, ["samples"], names) for part, names in parts), _shares(table)])
    exponents = {name: exponent(part, name) for part, names in parts for name in names}
    return {
        "data": np.full(len(found["samples"]), data),
        **found,
        "exponent": np.array([exponents.get(name, np.nan) for name in found["quantity"]]),
    }


def _shares(table: Table) -> dict[str, np.ndarray]:
    """Shares of the steps at each m after which all retained margins are positive; a share has no band."""
    ranks = {f"separates_{name}": select(table, rank=rank) for name, rank in _RANKS.items()}
    found = []
    for name, steps in {"separates": table, **ranks}.items():
        for (samples,), group in groups(steps, "samples"):
            share = float(np.mean(group["separates"]))
            found.append((samples, name, *[share] * 3, len(group["seed"]), 0))
    names = ("samples", "quantity", "median", "low", "high", "count", "infinite")
    return from_records(names, found)


def _samples_axis(axes: Axes, sizes: np.ndarray) -> None:
    axes.set_xscale("log")
    axes.set_xlim(sizes[0] / 1.2, sizes[-1] * _ROOM)
    axes.xaxis.set_major_locator(LogLocator())
    axes.xaxis.set_major_formatter(FormatStrFormatter("%g"))
    axes.xaxis.set_minor_locator(NullLocator())
