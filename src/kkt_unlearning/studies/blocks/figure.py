"""Which number decides on correlated data: φ, or the part of a point that the others explain."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from kkt_unlearning.studies import style
from kkt_unlearning.studies.blocks.claims import change
from kkt_unlearning.studies.summary import (
    BAND,
    Table,
    from_records,
    groups,
    median,
    quantile,
    select,
    take,
)

_PANELS = {  # column: its label, and title
    "phi": ("φ, the largest inner product of two samples", "linear model, against φ"),
    "odds": ("e/(1 − e), e the share in the others’ span", "linear model, against e/(1 − e)"),
}
ALL = "one block of all"


def draw(
    correlation: Table, correlation_dataset: Table, blocks: Table, blocks_dataset: Table
) -> tuple[Figure, dict[str, np.ndarray]]:
    """What the step changes against φ and against ``e/(1 − e)``, for one block and for many, linear model.

    Doing nothing changes it by the factor 1, which is dashed.

    Args:
        correlation, correlation_dataset: certificates and geometry of a sweep over ρ with one block.
        blocks, blocks_dataset: the same over block sizes and ρ.

    Returns:
        The figure of the first network, and the numbers of all: a row a structure, network and correlation.
    """
    found = [
        *_points(correlation, correlation_dataset, ()),
        *_points(blocks, blocks_dataset, ("block_size",)),
    ]
    names = ("network", "structure", "correlation", "phi", "odds", "change", "low", "high")
    drawn = from_records(names, found)
    shown = select(drawn, network=style.networks_of(drawn)[0])
    with style.styled():
        figure, axes = style.panels(2.9, (1, len(_PANELS)), sharey=True)
        for panel, (x, (label, title)) in zip(axes[0], _PANELS.items(), strict=True):
            _draw(panel, shown, x)
            panel.set(xlabel=label, title=title)
        axes[0, 0].set_ylabel("tan² of the angle to retraining,\nafter / before (lower is better)")
        _name(axes[0, 0])
    return figure, drawn


def _points(table: Table, dataset: Table, more: tuple[str, ...]) -> list[tuple]:
    """Median change and band at each correlation above 0, one sample forgotten."""
    table = select(table, start="exact", fraction=1.0)
    table = take(table, (table["forget_size"] == 1) & (table["correlation"] > 0))
    by = ("network", "correlation", *more)
    found = []
    for (network, rho, *size), cases in groups(table, *by):
        values = dict(zip(("correlation", *more), (rho, *size), strict=True))
        geometry = select(dataset, **values)
        e = median(geometry["explained"])
        changes = [change(take(cases, cases["seed"] == s)) for s in np.unique(cases["seed"])]
        structure = f"blocks of {size[0]:g}" if size else ALL
        spread = [quantile(changes, q) for q in (0.5, *BAND)]
        found.append((network, structure, rho, median(geometry["phi"]), e / (1 - e), *spread))
    return found


def _draw(axes: Axes, points: Table, x: str) -> None:
    structures = dict.fromkeys(points["structure"].tolist())
    markers = dict(zip(structures, ("o", "s", "^", "D", "v", "P"), strict=False))
    palette = [style.COLOURS[key] for key in ("linear", "retrained", "autograd", "trained", "tau")]
    colours = {name: palette[i % len(palette)] for i, name in enumerate(structures)}
    for structure in structures:
        found = select(points, structure=structure)
        finite = np.isfinite(found["change"])
        shown = take(found, finite)
        axes.plot(
            shown[x],
            shown["change"],
            linestyle="-",
            linewidth=0.7,
            marker=markers.get(structure, "o"),
            color=colours[structure],
            label=structure,
        )
        low, high = (np.where(np.isfinite(shown[k]), shown[k], np.nan) for k in ("low", "high"))
        axes.fill_between(shown[x], low, high, color=colours[structure], alpha=0.18, linewidth=0)
    axes.set_yscale("log")
    style.nothing_line(axes, (0, 1), (1, 1), transform=axes.get_yaxis_transform())
    if x == "odds":
        axes.set_xscale("log")
        ends = np.array(axes.get_xlim())
        axes.plot(ends, ends, ":", color=style.COLOURS["reference"], label="e/(1 − e)")
        look: dict[str, Any] = {"transform": axes.transAxes, "fontsize": 7, "ha": "right"}
        axes.text(0.97, 0.05, "dotted: y = e/(1 − e)", color=style.COLOURS["reference"], **look)


def _name(axes: Axes) -> None:
    """Structures at the ends of their lines, and the sides of doing nothing."""
    look: dict[str, Any] = {"fontsize": 7, "va": "center"}
    for line in (line for line in axes.lines if line.get_label() != style.NOTHING):
        name, end = str(line.get_label()), np.asarray(line.get_xydata(), float)[-1]
        side: dict[str, Any] = {"ha": "right" if name == ALL else "left", "color": line.get_color()}
        offset = (-6 if name == ALL else 6, 0)
        axes.annotate(name, tuple(end), offset, textcoords="offset points", **side, **look)
    axes.set_xlim(right=1.12)
    look["transform"] = axes.get_yaxis_transform()
    sides = {"above: further from retraining": 1.5, style.NOTHING: 1.0, "below: closer": 0.66}
    for name, height in sides.items():
        over = [withStroke(linewidth=3, foreground="white")]
        axes.text(0.03, height, name, color="0.45", path_effects=over, **look)
