"""Support, flips, separation, certificates and the way from training against the number of samples."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullLocator

from kkt_unlearning.studies import style
from kkt_unlearning.studies.growth.claims import exponent, separating
from kkt_unlearning.studies.labels import name_lines
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
ALL = "all m"
_RANKS = {"smallest": 0.0, "median": 0.5, "largest": 1.0}
_EACH_NETWORK = ("support", "distance_trained")
_EACH_STEP = ("crossed", "multiplier", "multiplier_share", "coupling", "smallest_margin")
_SEPARATING = (
    *("epsilon_clarke", "epsilon", "relative_delta", "tau", "tau_star"),
    "nothing_epsilon",
)
# What doing nothing leaves of a panel's quantity: that of the table, or the same number everywhere.
_NOTHING: Mapping[str, str | float] = {
    "crossed": 0.0,
    "separates": 1.0,
    "epsilon_clarke": "nothing_epsilon",
    "relative_delta": 0.0,
}
_ROOM = 8.0  # right of the largest m, as a factor, for the names of the lines


@dataclass(frozen=True)
class _Panel:
    """One message: the quantity, its title and axis, and the floor of a logarithmic one, else None."""

    quantity: str
    title: str
    label: str
    floor: float | None


_PANELS = (
    _Panel("support", "support", "samples with λ > 0", 10.0),
    _Panel("crossed", "flips", "share of activations", 1e-3),
    _Panel("separates", "separation", "share of steps", None),
    _Panel("epsilon_clarke", "stationarity", "relative ε at θ′", None),
    _Panel("relative_delta", "slackness", "δ at θ̃ / mean multiplier", 1e-2),
    _Panel("distance_trained", "way from training", "1 − cosine, exact to trained", 1e-5),
)


def draw(
    digits: Table, mnist: Table, tabular: Table, text: Table
) -> tuple[Figure, dict[str, np.ndarray]]:
    """Six panels, each with one message and a line for each data set, against the number of samples.

    Dashed is what doing nothing costs; of stationarity a line for each data set.

    Args:
        digits, mnist, tabular, text: a row a forgotten support sample, along ``samples``.

    Returns:
        The figure, and the medians and bands that it shows, with exponents of ``quantity ~ m^p`` and
        what the page speaks of beside them: multipliers, couplings, margins, τ and τ*.
    """
    tables = {"digits": digits, "mnist": mnist, "tabular": tabular, "text": text}
    drawn = stack([_numbers(data, table) for data, table in tables.items()])
    sizes = np.unique(drawn["samples"])
    lines = [Line({"data": data}, NAMES[data], data) for data in tables]
    with style.styled():
        figure, axes = style.panels(4.6, (2, 3), sharex=True)
        for panel, content in zip(axes.flat, _PANELS, strict=True):
            shown = select(drawn, quantity=content.quantity)
            if content.quantity == "support":
                panel.plot(sizes, sizes, ":", color=style.colour_of("reference"), label=ALL)
            style.draw_lines(panel, shown, "samples", [_raised(line, content) for line in lines])
            _draw_nothing(panel, drawn, content, sizes)
            panel.set_title(content.title)
            panel.set_ylabel(content.label)
            _scales(panel, content.floor, sizes)
            name_lines(panel)
        for panel in axes[-1]:
            panel.set_xlabel("samples m")
    return figure, drawn


def _numbers(data: str, table: Table) -> dict[str, np.ndarray]:
    networks = stack([take(group, np.array([0])) for _, group in groups(table, "samples", "seed")])
    parts = [(networks, _EACH_NETWORK), (table, _EACH_STEP), (separating(table), _SEPARATING)]
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


def _draw_nothing(axes: Axes, drawn: Table, content: _Panel, sizes: np.ndarray) -> None:
    nothing: str | float | None = _NOTHING.get(content.quantity)
    if isinstance(nothing, str):
        for _, found in groups(select(drawn, quantity=nothing), "data"):
            line = take(found, np.argsort(found["samples"], kind="stable"))
            style.nothing_line(axes, line["samples"], line["median"])
    elif nothing is not None:
        height = max(nothing, content.floor or 0.0)
        style.nothing_line(axes, sizes, np.full(len(sizes), height))


def _raised(line: Line, content: _Panel) -> Line:
    return Line(line.where, line.label, line.colour, floor=content.floor or 0.0)


def _scales(axes: Axes, floor: float | None, sizes: np.ndarray) -> None:
    axes.set_xscale("log")
    axes.set_xlim(sizes[0] / 1.2, sizes[-1] * _ROOM)
    axes.xaxis.set_major_locator(LogLocator())
    axes.xaxis.set_major_formatter(FormatStrFormatter("%g"))
    axes.xaxis.set_minor_locator(NullLocator())
    if floor is None:
        axes.set_ylim(bottom=0.0)
    else:
        style.log_scale(axes, floor)
