"""ε against the size of the step in the readings of Figure 1, as a share of what doing nothing costs."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.columns import DELTA, DELTAS
from kkt_unlearning.studies.labels import name_lines
from kkt_unlearning.studies.notes import note
from kkt_unlearning.studies.readings.claims import SIZE, least_of_medians, sizes
from kkt_unlearning.studies.readings.rows import column
from kkt_unlearning.studies.summary import Table, groups, median, select, stack, summarise

_RESTORED = column("restored", DELTA)
READINGS = ("kept", "refit", "literal", _RESTORED)
_PANELS = {
    "kept": "gradients before the step",
    _RESTORED: f"θ̃ for relative δ = {DELTA:g}",
    "literal": "θ′ itself",
}
_SHADES = ("linear", "two_layer", "retrained")  # of the numbers of samples that are drawn


def draw(table: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """Three readings in the largest dimension, a line for each number of samples.

    Args:
        table: rows of :func:`kkt_unlearning.studies.readings.rows.reading_rows`.

    Returns:
        The figure, and its numbers: medians and bands of ε over that of α = 0 in the same case, in every
        dimension, then the fraction with the least median for each δ over the median φ.
    """
    shares = stack([_over_nothing(case) for _, case in groups(table, *SIZE, "seed")])
    drawn = _curves(shares)
    samples = np.unique(table["samples"])
    places = np.unique(np.linspace(0, len(samples) - 1, len(_SHADES)).round().astype(int))
    colours = dict(zip(samples[places].tolist(), _SHADES, strict=False))
    shown = select(drawn, dimension=table["dimension"].max())
    with style.styled():
        figure, axes = style.panels(2.6, (1, len(_PANELS)), sharey=True)
        for panel, (quantity, title) in zip(axes[0], _PANELS.items(), strict=True):
            panel.set(title=title, xlabel=style.STEP_SIZE)
            _panel(panel, select(shown, quantity=quantity), colours)
            ends = table["fraction"].min(), table["fraction"].max()
            style.nothing_line(panel, ends, (1.0, 1.0))
        axes[0, 0].set_ylabel("ε / ε of doing nothing\n(above 1: harm)")
        axes[0, 0].set_ylim(bottom=-0.06)  # dots at 0 are whole
        name_lines(axes[0, -1])
    return figure, stack([drawn, _best(table)])


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


def _panel(axes: Axes, shown: Table, colours: dict[int, str]) -> None:
    """One line a number of samples; the least of each is marked, and said where there is none."""
    for samples, key in colours.items():
        line, colour = select(shown, samples=samples), style.colour_of(key)
        if not len(line["x"]):
            missing, look = f"m = {samples}: not measured", {"transform": axes.transAxes}
            note(axes, (0.5, 0.9), missing, colour, **look)
            continue
        axes.plot(line["x"], line["median"], color=colour, label=f"m = {samples}")
        band = line["low"], line["high"]
        axes.fill_between(line["x"], *band, color=colour, alpha=0.12, linewidth=0)
        least = np.argmin(line["median"])
        axes.plot(line["x"][least], line["median"][least], "o", color=colour, markersize=5)
    axes.margins(x=0.03)
    axes.axvline(1.0, color="0.6", linewidth=0.8, linestyle=":", zorder=0)
