"""Which number decides on correlated data: φ, or the part of a point that the others explain."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.blocks.claims import change
from kkt_unlearning.studies.labels import name_lines
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

AXES = {"phi": "φ", "odds": "e/(1 − e)"}
ALL = "all samples"


def draw(
    correlation: Table, correlation_dataset: Table, blocks: Table, blocks_dataset: Table
) -> tuple[Figure, dict[str, np.ndarray]]:
    """What the step changes against φ and against ``e/(1 − e)``, for one block and for many.

    Doing nothing changes it by the factor 1, which is dashed.

    Args:
        correlation, correlation_dataset: certificates and geometry of a sweep over ρ with one block.
        blocks, blocks_dataset: the same over block sizes and ρ.

    Returns:
        The figure, and the numbers drawn, one row a structure, network and correlation.
    """
    found = [
        *_points(correlation, correlation_dataset, ()),
        *_points(blocks, blocks_dataset, ("block_size",)),
    ]
    names = ("network", "structure", "correlation", "phi", "odds", "change", "low", "high")
    drawn = from_records(names, found)
    networks = style.networks_of(drawn)
    with style.styled():
        figure, axes = style.panels(2.3 * len(networks) + 0.5, (len(networks), 2), sharey=True)
        for row, network in zip(axes, networks, strict=True):
            for panel, x in zip(row, AXES, strict=True):
                _draw(panel, select(drawn, network=network), x)
            row[0].set_ylabel(f"{style.name_of(network)}\ntan² after / before")
        for panel, label in zip(axes[-1], AXES.values(), strict=True):
            panel.set_xlabel(label)
        name_lines(axes[0, -1], at_edge=True)
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
