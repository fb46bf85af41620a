"""m times the change of margins against mφ, and the share of data sets that are nearly orthogonal."""

from collections.abc import Iterator

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.crowding.claims import samples_exponent
from kkt_unlearning.studies.crowding.share import LEVELS, ORTHOGONAL, room, shares
from kkt_unlearning.studies.summary import Table, from_records, groups, median, quantile, select

_NAMES = ("panel", "samples", "dimension", "x", "median", "low", "high", "count")
_SOURCES = {"gaussian": ("Gaussian", "o"), "mixture": ("mixture", "x")}
_BAND = (0.1, 0.9)


def draw(table: Table, gaussian: Table, mixture: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """``m · change`` against ``mφ`` for each m, a panel a network; shares against ``d/(m² log m)``.

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
        figure, axes = style.panels(2.6, (1, len(networks) + 1))
        for panel, network in zip(axes[0], networks, strict=False):
            _draw_changes(panel, select(drawn, panel=network), shades)
            panel.set_title(style.name_of(network))
        axes[0, 0].set_ylabel("m · change of margins")
        _draw_shares(axes[0, -1], drawn, shades)
        style.legend(axes[0, -1])
    return figure, drawn


def _changes(table: Table, network: str) -> Iterator[tuple]:
    for (m, d), group in groups(table, "samples", "dimension"):
        change = m * np.asarray(group["margin_change"])
        low, high = (quantile(change, q) for q in _BAND)
        yield network, m, d, m * median(group["phi"]), median(change), low, high, len(change)
    q = samples_exponent(table)
    yield f"exponent of m, {network}", 0, np.nan, np.nan, q, np.nan, np.nan, 0


def _shares(dataset: Table, name: str) -> Iterator[tuple]:
    found = shares(dataset)
    at = room(found["samples"], found["dimension"])
    for level in LEVELS:
        for m, d, x, share in zip(
            found["samples"], found["dimension"], at, found[level], strict=True
        ):
            yield f"{level}, {name}", m, d, x, share, share, share, 0


def _draw_changes(axes: Axes, rows: Table, shades: dict) -> None:
    for m, shade in shades.items():
        found = select(rows, samples=m)
        order = np.argsort(found["x"])
        x, middle, low, high = (found[name][order] for name in ("x", "median", "low", "high"))
        axes.plot(x, middle, "o-", color=shade, label=f"m = {m:g}", markeredgewidth=0)
        axes.fill_between(x, low, high, color=shade, alpha=0.15, linewidth=0)
    axes.set_xscale("log")
    axes.set_yscale("log")
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
