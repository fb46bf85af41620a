"""The change of margins against mφ, which at a fixed mφ falls as m grows."""

from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from kkt_unlearning.studies import style
from kkt_unlearning.studies.columns import epsilon_at
from kkt_unlearning.studies.crowding.claims import samples_exponent
from kkt_unlearning.studies.crowding.share import LEVELS, room, shares
from kkt_unlearning.studies.joint import share
from kkt_unlearning.studies.summary import (
    Table,
    from_records,
    groups,
    median,
    quantile,
    select,
)

_NAMES = ("panel", "samples", "dimension", "x", "median", "low", "high", "count")
_BAND = (0.1, 0.9)
_IDLE = f", {style.NOTHING}"
_TEXT: dict[str, Any] = {"fontsize": 7, "ha": "right"}
_TEXT["path_effects"] = [withStroke(linewidth=2, foreground="white")]
_EPSILON, _JOINT = "epsilon", "joint"  # in the numbers alone, each with doing nothing beside it


def draw(table: Table, gaussian: Table, mixture: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """The change of margins against ``mφ``, a line for each m and a panel for each network.

    Args:
        table: a row a forget set, along ``samples`` and ``dimension``.
        gaussian, mixture: geometry of the same data sets, and of those of the mixture.

    Returns:
        The figure, and its numbers. Rows of ``exponent of m`` hold the fits. Not drawn are ε at θ̃ for a tenth
        of the mean multiplier as δ, the share of the cases in which ε, δ and τ are all small, either beside
        doing nothing, and the shares of data sets that are nearly orthogonal, against ``d/(m² log m)``.
    """
    networks = style.networks_of(table)
    rows = [
        row for network in networks for row in _changes(select(table, network=network), network)
    ]
    for name, dataset in {"gaussian": gaussian, "mixture": mixture}.items():
        rows.extend(_shares(dataset, name))
    drawn = from_records(_NAMES, rows)
    top = max(np.max(select(drawn, panel=network)["high"]) for network in networks)
    with style.styled():
        figure, axes = style.panels(2.9, (1, len(networks)), sharex=True, sharey=True)
        for panel, network in zip(axes[0], networks, strict=True):
            _draw(panel, select(drawn, panel=network))
            panel.set(title=style.name_of(network), xlabel="m φ (crowding of the samples)")
        axes[0, 0].set_ylabel("largest change of a retained margin\n(lower is better)")
        axes[0, 0].set(xlim=(0, None), ylim=(-0.02 * top, 1.05 * top))
    return figure, drawn


def _changes(table: Table, network: str) -> Iterator[tuple]:
    for (m, d), group in groups(table, "samples", "dimension"):
        change = np.asarray(group["margin_change"])
        low, high = (quantile(change, q) for q in _BAND)
        crowd, count = m * median(group["phi"]), len(change)
        yield network, m, d, crowd, median(change), low, high, count
        for nothing, name in ((False, ""), (True, _IDLE)):
            epsilon = np.asarray(group[epsilon_at(nothing=nothing)])
            spread = (quantile(epsilon, q) for q in (0.5, *_BAND))
            yield f"{_EPSILON}, {network}{name}", m, d, crowd, *spread, count
            success = share(group, nothing=nothing)
            yield f"{_JOINT}, {network}{name}", m, d, crowd, *[success] * 3, count
    q = samples_exponent(table)
    yield f"exponent of m, {network}", 0, np.nan, np.nan, q, np.nan, np.nan, 0


def _shares(dataset: Table, name: str) -> Iterator[tuple]:
    found = shares(dataset)
    at = room(found["samples"], found["dimension"])
    for level in LEVELS:
        for m, d, x, below in zip(
            found["samples"], found["dimension"], at, found[level], strict=True
        ):
            yield f"{level}, {name}", m, d, x, below, below, below, 0


def _draw(axes: Axes, rows: Table) -> None:
    """A line for each m with its band, and dotted what the factor 1/m makes of that of the smallest m."""
    sizes = np.unique(rows["samples"]).tolist()
    least = select(rows, samples=sizes[0])
    at = np.linspace(0, 1.05 * np.max(rows["x"]), 99)
    law = _continued(least, at)
    for m, shade in zip(
        sizes, mpl.colormaps["viridis"](np.linspace(0, 0.8, len(sizes))), strict=True
    ):
        found = select(rows, samples=m)
        x, middle, low, high = (found[name][np.argsort(found["x"])] for name in _NAMES[3:7])
        axes.plot(at, law * sizes[0] / m, ":", color=shade, linewidth=1.0, label="_1/m")
        axes.plot(x, middle, "o-", color=shade, label=f"m = {m:g}", markeredgewidth=0)
        axes.fill_between(x, low, high, color=shade, alpha=0.15, linewidth=0)
        look: dict[str, Any] = {"color": shade, "textcoords": "offset points"}
        axes.annotate(f"m = {m:g}", (x[-1], middle[-1]), (-6, 3), **_TEXT, **look)
    names = (
        (0.13, f"dotted: line of m = {sizes[0]:g}, times {sizes[0]:g}/m", "0.3"),
        (0.06, style.NOTHING, "0.5"),
    )
    for height, name, colour in names:
        axes.text(0.97, height, name, color=colour, transform=axes.transAxes, **_TEXT)
    style.nothing_line(axes, at, 0 * at)


def _continued(rows: Table, at: np.ndarray) -> np.ndarray:
    """The power law through the points of one m; what they are on average where there is one point."""
    x, y = np.log(rows["x"]), np.log(rows["median"])
    slope = np.polyfit(x, y, 1)[0] if len(x) > 1 else 1.0
    return np.exp(y.mean()) * (at / np.exp(x.mean())) ** slope
