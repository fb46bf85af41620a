"""ε against the size of the step in every reading of Figure 1, as a share of what doing nothing costs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.columns import DELTA, DELTAS
from kkt_unlearning.studies.labels import name_lines
from kkt_unlearning.studies.readings.claims import SIZE, least_of_medians, sizes
from kkt_unlearning.studies.readings.rows import column
from kkt_unlearning.studies.summary import Table, groups, median, select, stack, summarise

READINGS = ("kept", "refit", "literal", column("restored", DELTA))
_COLUMNS = 3
_SHADES = ("trained", "retrained", "two_layer", "linear")  # of the dimensions, in their order


def draw(table: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """Panels: θ' itself for three numbers of samples; gradients from before; θ̃; the best step for δ.

    Args:
        table: rows of :func:`kkt_unlearning.studies.readings.rows.reading_rows`.

    Returns:
        The figure, and its numbers: medians and bands of ε over that of α = 0 in the same case, then the
        fraction with the least median for each δ over the median φ.
    """
    shares = stack([_over_nothing(case) for _, case in groups(table, *SIZE, "seed")])
    drawn = _curves(shares)
    best = _best(table)
    samples = np.unique(table["samples"])
    shown = samples[np.unique(np.linspace(0, len(samples) - 1, _COLUMNS).round().astype(int))]
    known = np.unique(select(drawn, quantity=READINGS[-1])["samples"])
    with style.styled():
        figure, axes = style.panels(5.0, (2, _COLUMNS))
        for panel, m in zip(axes[0], shown, strict=False):
            _panel(panel, select(drawn, samples=m, quantity="literal"), f"θ′ itself, m = {m}")
        for panel in axes[0, len(shown) :]:
            panel.set_visible(False)
        chosen = known[-1] if len(known) else samples[-1]
        _before(axes[1, 0], select(drawn, samples=chosen, dimension=table["dimension"].min()))
        if len(known):
            _panel(
                axes[1, 1],
                select(drawn, samples=known[-1], quantity=READINGS[-1]),
                f"θ̃ for δ = {DELTA:g} λ̄, m = {known[-1]}",
            )
        _steps(axes[1, 2], best)
        for panel in axes[:, 0]:
            panel.set_ylabel("ε / ε of doing nothing")
    return figure, stack([drawn, best])


def _over_nothing(case: Table) -> dict[str, np.ndarray]:
    """ε of one case as a share of that at α = 0."""
    none = case["fraction"] == 0.0
    shares = {name: case[name] / case[name][none] for name in READINGS}
    return {name: case[name] for name in (*SIZE, "seed", "fraction")} | shares


def _curves(shares: Table) -> dict[str, np.ndarray]:
    found = summarise(shares, [*SIZE, "fraction"], READINGS)
    measured = found["count"] > 0
    found["x"] = found.pop("fraction")
    return {name: values[measured] for name, values in found.items()}


def _best(table: Table) -> dict[str, np.ndarray]:
    """Fraction with the least median at θ̃, ``median``, against δ over the median φ, ``x``; one row a pair."""
    rows = []
    for part in sizes(table):
        for delta in DELTAS:
            least = least_of_medians(part, column("restored", delta))
            if not np.isnan(least):
                row = {name: part[name][0] for name in SIZE} | {"quantity": "best step"}
                row |= dict.fromkeys(("median", "low", "high"), least)
                count = len(np.unique(part["seed"]))
                rows.append(row | {"count": count, "infinite": 0, "x": delta / median(part["phi"])})
    names = (*SIZE, "quantity", "median", "low", "high", "count", "infinite", "x")
    return {name: np.array([row[name] for row in rows]) for name in names}


def _panel(axes: Axes, rows: Table, title: str) -> None:
    """One line a dimension, labelled at its end; the least of each is marked."""
    for index, ((d,), line) in enumerate(groups(rows, "dimension")):
        colour = style.colour_of(_SHADES[index % len(_SHADES)])
        axes.plot(line["x"], line["median"], color=colour, label=_named(d))
        axes.fill_between(
            line["x"], line["low"], line["high"], color=colour, alpha=0.12, linewidth=0
        )
        least = np.argmin(line["median"])
        axes.plot(line["x"][least], line["median"][least], "o", color=colour, markersize=5)
    _dressed(axes, title)


def _before(axes: Axes, rows: Table) -> None:
    for quantity, label, colour, dash in (
        ("kept", "λ kept", "exact", "-"),
        ("refit", "λ refit", "trained", "--"),
    ):
        line = select(rows, quantity=quantity)
        axes.plot(line["x"], line["median"], dash, color=style.colour_of(colour), label=label)
    _dressed(axes, "gradients from before")


def _dressed(axes: Axes, title: str) -> None:
    ends = np.concatenate([line.get_xdata() for line in axes.lines]).astype(float)
    low, high = axes.get_xlim()
    axes.set_xticks([tick for tick in axes.get_xticks() if low <= tick <= high])
    axes.axvline(1.0, color="0.6", linewidth=0.8, linestyle=":", zorder=0)
    style.nothing_line(axes, (ends.min(), ends.max()), (1.0, 1.0))
    axes.set_xlim(low, high + 0.62 * (high - low))  # room for the names of the lines
    axes.set_ylim(bottom=0, top=max(axes.get_ylim()[1], 1.25))
    name_lines(axes)
    axes.set_title(title)
    axes.set_xlabel("step / prescribed step")


def _named(dimension: int) -> str:
    power = np.log10(dimension)
    return f"d = $10^{{{power:.0f}}}$" if power == round(power) else f"d = {dimension}"


def _steps(axes: Axes, best: Table) -> None:
    markers: Sequence[str] = "osD^v"
    for index, ((m,), part) in enumerate(groups(best, "samples")):
        colour = style.colour_of(_SHADES[index % len(_SHADES)])
        axes.plot(part["x"], part["median"], markers[index % len(markers)], color=colour)
        order = np.argsort(part["x"])[-1]
        axes.annotate(
            f"m = {m}",
            (part["x"][order], part["median"][order]),
            (0, 4 + 8 * index),
            textcoords="offset points",
            color=colour,
            fontsize=6.5,
            ha="right",
        )
    axes.axvline(1.0, color="0.6", linewidth=0.8, linestyle=":", zorder=0)
    axes.text(1.05, 0.3, "δ = φ λ̄", fontsize=6.5)
    axes.axhline(0.0, color=style.COLOURS["original"], linewidth=1.0, linestyle="--", zorder=0)
    if len(best["x"]):
        axes.set_xscale("log")
    axes.set_ylim(-0.08, 1.4)
    place: dict[str, Any] = {
        "transform": axes.get_yaxis_transform(),
        "fontsize": 6.5,
        "va": "bottom",
        "ha": "right",
    }
    axes.text(0.98, 0.0, style.NOTHING, color=style.COLOURS["original"], **place)
    axes.set(xlabel="δ / λ̄ over φ", ylabel="best step / prescribed")
    axes.set_title("best step at θ̃ for a given δ")
