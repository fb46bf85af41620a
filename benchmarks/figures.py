"""How the comparisons are drawn: one colour a contestant, logarithmic axes, medians with their range."""

from collections.abc import Mapping, Sequence

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from pandas import DataFrame

from kkt_unlearning.studies import style

_PALETTE = sns.color_palette("colorblind").as_hex()
_MARKERS = "osD^v<>PhX"
_COLOURS = {  # the same contestant looks the same in every figure; those that share never meet
    "ours": 0,
    "PyTorch autograd": 1,
    "plain NumPy": 2,
    "cvxpy + Clarabel": 3,
    "Clarabel": 2,
    "PIQP": 4,
    "DAQP": 5,
    "quadprog": 7,
    "SVC": 1,
    "LinearSVC": 2,
    "scipy nnls": 1,
    "retraining": 2,
    "fine-tuning": 3,
}
SPREAD = "Points are medians over seeds; bars and bands reach from the smallest to the largest."


def looks(names: Sequence[str]) -> dict[str, dict[str, object]]:
    """Colour, marker and dashes of each contestant; what follows a comma is a variant and only dashes."""
    found, variants = {}, {}
    for name in names:
        family = name.split(", ")[0]
        variant = variants[family] = variants.get(family, -1) + 1
        place = _COLOURS.get(family, 9)
        found[name] = {
            "color": _PALETTE[place],
            "marker": _MARKERS[place],
            "linestyle": ("-", "--", ":", "-.")[variant % 4],
            "linewidth": 2.0 if family == "ours" else 1.1,
            "markeredgewidth": 0,
            "label": name,
        }
    return found


def medians(table: DataFrame, by: Sequence[str], value: str) -> DataFrame:
    """``low``, ``median``, ``high`` of a column over seeds, of the rows that have it."""
    grouped = table.dropna(subset=[value]).groupby(list(by), sort=False)[value]
    return grouped.agg(low="min", median="median", high="max").reset_index()


def growth(
    table: DataFrame, xlabels: Mapping[str, str], ylabel: str, value: str = "seconds"
) -> Figure:
    """A panel a ``sweep``: the value against ``size``, one line with its band for each contestant."""
    sweeps = [sweep for sweep in xlabels if (table["sweep"] == sweep).any()]
    table = table[table["sweep"].isin(sweeps)]
    look = looks(list(dict.fromkeys(table["contestant"])))
    drawn = medians(table, ["sweep", "contestant", "size"], value)
    with style.styled():
        figure, axes = style.panels(3.1, (1, len(sweeps)), sharey=True)
        for panel, sweep in zip(axes[0], sweeps, strict=True):
            part = drawn[drawn["sweep"] == sweep]
            for name, line in part.groupby("contestant", sort=False):
                _band(panel, line.sort_values("size"), look[name])
            _logarithmic(panel, sorted(set(part["size"])))
            panel.set_xlabel(xlabels[sweep])
        axes[0, 0].set_ylabel(ylabel)
        _legend(figure, axes[0], look)
    return figure


def _band(panel: Axes, line: DataFrame, look: Mapping[str, object]) -> None:
    panel.plot(line["size"], line["median"], **look)
    panel.fill_between(
        line["size"], line["low"], line["high"], color=look["color"], alpha=0.18, linewidth=0
    )


def accuracy(table: DataFrame, by: str, along: str, title: str, ylabel: str) -> Figure:
    """A panel a value of ``by``: residual against seconds, both medians over seeds, joined in ``along``."""
    look = looks(list(dict.fromkeys(table["contestant"])))
    keys = [by, "contestant", along]
    times, errors = medians(table, keys, "seconds"), medians(table, keys, "residual")
    both = times.merge(errors, on=keys, suffixes=("", "_residual"))
    values = list(dict.fromkeys(table[by]))
    with style.styled():
        figure, axes = style.panels(3.4, (1, len(values)), sharey=True)
        for panel, at in zip(axes[0], values, strict=True):
            for name, line in both[both[by] == at].groupby("contestant", sort=False):
                _cross(panel, line, look[name])
            _logarithmic(panel)
            panel.set(xlabel="seconds", title=title.format(at))
        axes[0, 0].set_ylabel(ylabel)
        _legend(figure, axes[0], look)
    return figure


def accuracy_and_growth(table: DataFrame, title: str, xlabel: str) -> Figure:
    """Left the sweep ``tolerance``, residual against seconds; right ``samples``, seconds against m."""
    look = looks(list(dict.fromkeys(table["contestant"])))
    keys = ["sweep", "contestant", "size"]
    times, errors = medians(table, keys, "seconds"), medians(table, keys, "residual")
    both = times.merge(errors, on=keys, suffixes=("", "_residual"))
    with style.styled():
        figure, axes = style.panels(3.4, (1, 2))
        for panel, sweep in zip(axes[0], ("tolerance", "samples"), strict=True):
            part = both[both["sweep"] == sweep]
            for name, line in part.groupby("contestant", sort=False):
                (_cross if sweep == "tolerance" else _band)(panel, line, look[name])
            _logarithmic(panel, [] if sweep == "tolerance" else sorted(set(part["size"])))
        axes[0, 0].set(xlabel="seconds", ylabel="worst KKT residual", title=title)
        axes[0, 1].set(xlabel=xlabel, ylabel="seconds", title="at a tolerance of 1e-6")
        _legend(figure, axes[0], look)
    return figure


def _cross(panel: Axes, line: DataFrame, look: Mapping[str, object]) -> None:
    """Points with bars in both directions, joined."""
    floor = 1e-16  # a residual of exactly 0 has no place on a logarithmic axis
    x, y = line["median"], line["median_residual"].clip(lower=floor)
    alone = {"marker": "*", "markersize": 9, "linestyle": ""} if len(line) == 1 else {}
    panel.plot(x, y, **look | alone)
    panel.errorbar(
        x,
        y,
        xerr=(x - line["low"], line["high"] - x),
        yerr=(
            y - line["low_residual"].clip(lower=floor),
            line["high_residual"].clip(lower=floor) - y,
        ),
        fmt="none",
        ecolor=look["color"],
        elinewidth=0.8,
    )


def bars(table: DataFrame, by: str, value: str, xlabel: str) -> Figure:
    """A panel a value of ``by``: a point with its range for each contestant, slowest at the top."""
    names = list(dict.fromkeys(table["contestant"]))
    look, panels = looks(names), list(dict.fromkeys(table[by]))
    drawn = medians(table, [by, "contestant"], value)
    height = 0.9 + 0.28 * len(names)
    with style.styled():
        figure, axes = style.panels(height, (1, len(panels)), sharex=True, sharey=True)
        for panel, at in zip(axes[0], panels, strict=True):
            for row in drawn[drawn[by] == at].itertuples():
                place, reach = (
                    names.index(row.contestant),
                    (row.median - row.low, row.high - row.median),
                )
                panel.errorbar(
                    row.median,
                    place,
                    xerr=[[reach[0]], [reach[1]]],
                    color=look[row.contestant]["color"],
                    marker=look[row.contestant]["marker"],
                    markersize=5,
                    capsize=2.5,
                )
            panel.set(xscale="log", xlabel=xlabel, title=str(at), ylim=(-0.6, len(names) - 0.4))
            panel.set_yticks(range(len(names)), names)
            panel.set_xlim(*_decades(drawn["low"].min(), drawn["high"].max()))
    return figure


def _logarithmic(panel: Axes, sizes: Sequence[float] = ()) -> None:
    """Both axes; ticks at the sizes that were measured, or at powers of ten only."""
    panel.set(xscale="log", yscale="log")
    if sizes:
        panel.set_xticks(sizes, [_tick(size) for size in sizes])
    for axis in (panel.xaxis, panel.yaxis):
        axis.set_minor_formatter(NullFormatter())


def _tick(size: float) -> str:
    """10,000 and more as powers of ten where they are."""
    power = np.log10(size)
    return f"$10^{power:.0f}$" if size >= 1e4 and power == round(power) else f"{size:g}"


def _decades(low: float, high: float) -> tuple[float, float]:
    """Whole powers of ten around a range, so that only they are labelled."""
    return 10.0 ** np.floor(np.log10(low)), 10.0 ** np.ceil(np.log10(high))


def _legend(figure: Figure, axes: Sequence[Axes], look: Mapping[str, object]) -> None:
    """Below all panels, one entry a contestant that any panel shows."""
    entries = {}
    for panel in axes:
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    shown = [name for name in look if name in entries]
    columns = 3 if len(shown) > 4 else max(1, len(shown))
    figure.legend(
        [entries[name] for name in shown], shown, loc="outside lower center", ncols=columns
    )
