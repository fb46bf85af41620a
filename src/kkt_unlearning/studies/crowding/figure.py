"""m times the change of margins against mφ, and the share of data sets that are nearly orthogonal."""

from collections.abc import Iterator, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.columns import epsilon_at
from kkt_unlearning.studies.crowding.claims import samples_exponent
from kkt_unlearning.studies.crowding.share import LEVELS, ORTHOGONAL, room, shares
from kkt_unlearning.studies.joint import share
from kkt_unlearning.studies.summary import (
    Table,
    from_records,
    groups,
    median,
    quantile,
    select,
    stack,
)

_NAMES = ("panel", "samples", "dimension", "x", "median", "low", "high", "count")
_SOURCES = {"gaussian": ("Gaussian", "o"), "mixture": ("mixture", "x")}
_BAND = (0.1, 0.9)
_FLOOR = 1e-4  # of ε
_IDLE = f", {style.NOTHING}"
_EPSILON, _JOINT = "epsilon", "joint"  # panels of the second row, each with doing nothing beside it
_MARKERS = "ox^sD"  # of networks


def draw(table: Table, gaussian: Table, mixture: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """``m · change`` against ``mφ`` for each m, a panel a network; shares against ``d/(m² log m)``.

    Below stands the joint criterion beside doing nothing: ε at θ̃ for a tenth of the mean multiplier as δ,
    and the share of the cases in which ε, δ and τ are all small.

    Args:
        table: a row a forget set, along ``samples`` and ``dimension``.
        gaussian, mixture: geometry of the same data sets, and of those of the mixture.

    Returns:
        The figure, and the numbers drawn; rows of ``exponent of m`` hold the fits.
    """
    networks = style.networks_of(table)
    rows = [
        row for network in networks for row in _changes(select(table, network=network), network)
    ]
    for name, dataset in {"gaussian": gaussian, "mixture": mixture}.items():
        rows.extend(_shares(dataset, name))
    drawn = from_records(_NAMES, rows)
    sizes = np.unique(table["samples"]).tolist()
    shades = dict(
        zip(sizes, mpl.colormaps["viridis"](np.linspace(0.0, 0.8, len(sizes))), strict=True)
    )
    with style.styled():
        figure, axes = style.panels(4.8, (2, len(networks) + 1))
        for panel, below, network in zip(*axes, networks, strict=False):
            _draw_changes(panel, select(drawn, panel=network), shades)
            panel.set_title(style.name_of(network).replace(", ", ",\n"))
            _draw_epsilon(below, drawn, network, shades)
        axes[0, 0].set_ylabel("m · change of margins")
        axes[1, 0].set_ylabel("relative ε at θ̃, δ = 0.1 λ̄")
        _draw_shares(axes[0, -1], drawn, shades)
        _draw_joint(axes[1, -1], drawn, networks)
        for panel in axes[:, -1]:
            style.legend(panel)
    return figure, drawn


def _changes(table: Table, network: str) -> Iterator[tuple]:
    for (m, d), group in groups(table, "samples", "dimension"):
        change = m * np.asarray(group["margin_change"])
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


def _draw_changes(axes: Axes, rows: Table, shades: dict, floor: float = 0.0) -> None:
    for m, shade in shades.items():
        x, *found = _along(select(rows, samples=m))
        middle, low, high = (np.maximum(values, floor) for values in found)
        axes.plot(x, middle, "o-", color=shade, label=f"m = {m:g}", markeredgewidth=0)
        axes.fill_between(x, low, high, color=shade, alpha=0.15, linewidth=0)
    axes.set_yscale("log")
    _crowd_axis(axes)


def _along(rows: Table) -> list[np.ndarray]:
    """``x`` ascending, with median and band."""
    order = np.argsort(rows["x"], kind="stable")
    return [rows[name][order] for name in ("x", "median", "low", "high")]


def _draw_epsilon(axes: Axes, drawn: Table, network: str, shades: dict) -> None:
    """ε after the step for each m, and dashed that of doing nothing."""
    _draw_changes(axes, select(drawn, panel=f"{_EPSILON}, {network}"), shades, _FLOOR)
    idle = select(drawn, panel=f"{_EPSILON}, {network}{_IDLE}")
    for m in shades:
        x, middle, *_ = _along(select(idle, samples=m))
        style.nothing_line(axes, x, middle)
    style.log_scale(axes, _FLOOR)


def _draw_joint(axes: Axes, drawn: Table, networks: Sequence[str]) -> None:
    """Shares of the cases in which ε, δ and τ are all small."""
    for network, marker in zip(networks, _MARKERS, strict=False):
        look: dict[str, Any] = {"color": style.colour_of(network), "label": style.name_of(network)}
        x, success, *_ = _along(select(drawn, panel=f"{_JOINT}, {network}"))
        axes.plot(x, success, marker, **look)
    idle = [select(drawn, panel=f"{_JOINT}, {network}{_IDLE}") for network in networks]
    x, success, *_ = _along(stack(idle))
    style.nothing_line(axes, x, success)
    axes.set_ylim(-0.05, 1.05)
    axes.set_ylabel("share with ε, δ, τ small")
    _crowd_axis(axes)


def _crowd_axis(axes: Axes) -> None:
    axes.set_xscale("log")
    low, high = (np.log2(edge) for edge in axes.get_xlim())
    ticks = 2.0 ** np.arange(np.ceil(low), np.floor(high) + 1)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.set_xlabel("m φ")


def _draw_shares(axes: Axes, drawn: Table, shades: dict) -> None:
    for name, (label, marker) in _SOURCES.items():
        found = select(drawn, panel=f"{ORTHOGONAL}, {name}")
        for m in np.unique(found["samples"]).tolist():
            of = select(found, samples=m)
            colour = shades.get(m, style.colour_of("reference"))
            axes.plot(of["x"], of["median"], marker, color=colour, label=f"{label}, m = {m:g}")
    axes.set_xscale("log")
    axes.set_ylim(-0.05, 1.05)
    axes.set_xlabel("d / (m² log m)")
    axes.set_ylabel("share with (m − 1)φ < 1 − ψ")
