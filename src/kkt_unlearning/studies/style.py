"""The one style of all figures: sizes for a page 6.5 in wide, colours, bands, repeatable files."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import matplotlib as mpl
import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator
from numpy.typing import ArrayLike

from kkt_unlearning.studies.labels import name_lines
from kkt_unlearning.studies.summary import Table, rows, select, take

WIDTH = 6.5  # inches

# The palette "colorblind" of seaborn, which takes as long to load as a small figure to draw.
_BLUE, _ORANGE, _GREEN, _RED, _PINK = "#0173b2", "#de8f05", "#029e73", "#d55e00", "#cc78bc"
_BROWN, _GREY, _SKY = "#ca9161", "#949494", "#56b4e9"

COLOURS = {
    "linear": _BLUE,
    "two_layer": _ORANGE,
    "narrow": _ORANGE,
    "exact": _GREEN,
    "trained": _PINK,
    "autograd": _RED,
    "clarke": _BLUE,
    "tau": _SKY,
    "tau_star": _BLUE,
    "retrained": _GREEN,
    "original": _GREY,
    "bound": "0.35",
    "reference": "0.35",
    "least_squares": _BLUE,
    "loss_gradient": _ORANGE,
    "orthogonal": _GREEN,
    "exponential": _BLUE,
    "logistic": _ORANGE,
    "kink_on": _BLUE,
    "kink_off": _SKY,
    "off_on": _ORANGE,
    "opposed": _RED,
    "on_off": _GREY,
    "flipped": "0.15",
    "halved": _ORANGE,
    "all_layers": _ORANGE,
    "deeper_halved": _BLUE,
    "cell": _RED,
    "changed": _SKY,
    "continued": _PINK,
    "digits": _BLUE,
    "mnist": _ORANGE,
    "tabular": _GREEN,
    "text": _PINK,
    **{
        f"run{number}": colour
        for number, colour in enumerate((_BLUE, _ORANGE, _GREEN, _RED, _PINK, _BROWN))
    },
}

NAMES = {
    "linear": "linear model",
    "two_layer": "two-layer ReLU",
    "deep2": "two layers",
    "deep3": "three layers",
    "deep4": "four layers",
    "narrow": "two-layer ReLU, narrow",
    "exact": "from the exact KKT point",
    "trained": "from the trained weights",
    "least_squares": "least squares",
    "loss_gradient": "loss gradients",
    "orthogonal": "orthogonal closed form",
}

NOTHING = "doing nothing"

# Axes that several figures have.
STEP_SIZE = "step size (1: prescribed)"
DIMENSION = "dimension d (more orthogonal →)"
EPSILON = "ε at θ̃ for relative δ = 0.1\n(lower is better)"

# DejaVu Sans comes with matplotlib: other machines set the same glyphs.
_SETTINGS: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.titlesize": 8.5,
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "lines.linewidth": 1.3,
    "lines.markersize": 3.2,
    "lines.markeredgewidth": 1.0,
    "patch.linewidth": 0.8,
    "grid.linewidth": 0.5,
    "axes.linewidth": 0.7,
    "pdf.fonttype": 42,
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "xtick.bottom": True,
    "ytick.left": True,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.major.pad": 3.5,
    "ytick.major.pad": 3.5,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
}


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the project's style, whatever the caller or a matplotlibrc has set, which comes back."""
    with mpl.style.context(["default", "seaborn-v0_8-whitegrid", "seaborn-v0_8-paper", _SETTINGS]):
        yield


def panels(height: float, shape: tuple[int, int], **options: Any) -> tuple[Figure, np.ndarray]:
    """A figure of the page's width that no pyplot state knows of, and its axes of this shape, by letter."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.subplots(*shape, squeeze=False, **options)
    for letter, panel in zip(ascii_lowercase, axes.flat, strict=False):
        panel.set_title(letter, loc="left", x=-0.04, ha="right", fontweight="bold", fontsize=8.5)
    return figure, axes


def save(figure: Figure, pdf_path: str | Path, png_path: str | Path) -> None:
    """Write both files; without dates or versions in them the same figure gives the same bytes."""
    with styled():
        _drop_unseen_ticks(figure)
        _lay_out(figure)
        blank = {"CreationDate": None, "Creator": None, "Producer": None}
        figure.savefig(pdf_path, format="pdf", metadata=blank)
        figure.savefig(png_path, format="png", metadata={"Software": None})


def _lay_out(figure: Figure) -> None:
    """Place everything as the png has it: each file would otherwise be laid out and drawn unseen first."""
    figure.set_dpi(mpl.rcParams["savefig.dpi"])
    if engine := figure.get_layout_engine():
        engine.execute(figure)
    figure.set_layout_engine(None)


def _drop_unseen_ticks(figure: Figure) -> None:
    """Minor ticks have size 0 here: those without labels only take time, as each layout places them again."""
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        if not any(axis.get_minor_formatter().format_ticks(axis.get_minorticklocs().tolist())):
            axis.set_minor_locator(NullLocator())


@dataclass(frozen=True)
class Line:
    """One line of a panel: where its numbers stand and how it looks.

    Attributes:
        where: columns and values that select its rows.
        label: its entry in the legend.
        colour: key of ``COLOURS``.
        dash: line style, ``""`` for points alone; bounds and references are dotted, without markers and band.
        floor: smaller values are drawn here, for logarithmic axes.
        marker: of its points; band: whether it has one, from the 10th to the 90th percentile.
        bars: draw the band as a bar at each point; one that reaches infinity goes on to the upper edge.
    """

    where: Mapping[str, object]
    label: str
    colour: str
    dash: str = "-"
    floor: float = 0.0
    marker: str = "o"
    band: bool = True
    bars: bool = False


def draw_lines(axes: Axes, table: Table, x: str, lines: Sequence[Line]) -> None:
    """Every line that the table has rows for."""
    for line in lines:
        found = select(table, **line.where)
        if rows(found):
            _draw_line(axes, found, x, line)


def _draw_line(axes: Axes, table: Table, x: str, line: Line) -> None:
    """Median with its band along ``x``; where it is infinite the line breaks and a cross stands.

    Matplotlib draws the lines: seaborn leaves out infinite values and joins the line over them.
    """
    table = take(table, np.argsort(table[x], kind="stable"))
    at, middle, colour = np.asarray(table[x], float), table["median"], colour_of(line.colour)
    finite = np.where(np.isfinite(middle), np.maximum(middle, line.floor), np.nan)
    plain = line.dash == ":"
    marker = "" if plain else line.marker
    look: dict[str, Any] = {
        "marker": marker,
        "color": colour,
        "label": line.label,
        "markeredgewidth": 0,
    }
    axes.plot(at, finite, linestyle=line.dash, **look)
    if line.bars:
        _draw_bars(axes, at, table, line)
    elif line.band and not plain:
        low, high = (np.where(np.isfinite(table[k]), table[k], np.nan) for k in ("low", "high"))
        low, high = np.maximum(low, line.floor), np.maximum(high, line.floor)
        axes.fill_between(at, low, high, color=colour, alpha=0.18, linewidth=0)
    lost = at[np.isinf(middle)]
    if lost.size:
        place = axes.get_xaxis_transform()  # x in data, y as a share of the height
        top = np.full(lost.size, 0.95)
        axes.plot(lost, top, "x", color=colour, transform=place, markersize=4.5)


def _draw_bars(axes: Axes, at: np.ndarray, table: Table, line: Line) -> None:
    low, high = (np.maximum(table[end], line.floor) for end in ("low", "high"))
    finite = np.concatenate([low, high])[np.isfinite(np.concatenate([low, high]))]
    if finite.size:
        axes.update_datalim([(at[0], finite.min()), (at[-1], finite.max())])
    ends = np.stack([low, np.where(np.isinf(high), np.finfo(np.float32).max, high)], axis=1)
    bars = [[(x, bottom), (x, top)] for x, (bottom, top) in zip(at, ends, strict=True)]
    look: dict[str, Any] = {"colors": colour_of(line.colour), "linewidths": 1.2}
    axes.add_collection(LineCollection(bars, **look), autolim=False)


def dots(
    axes: Axes, at: ArrayLike, heights: ArrayLike, floor: float, name: str, colour: str
) -> None:
    """A dot for each case, named once, at the dots furthest to the right; infinite ones are left out."""
    x, y = np.asarray(at, float), np.maximum(np.asarray(heights, float), floor)
    x, y = x[np.isfinite(y)], y[np.isfinite(y)]
    last = x == x.max(initial=-np.inf)
    middle = np.abs(np.log(y) - np.log(np.median(y[last]) if last.any() else 1.0))
    order = np.lexsort((-middle, x))  # the name stands at the last
    look: dict[str, Any] = {"color": colour_of(colour), "alpha": 0.4, "zorder": 1}
    axes.plot(x[order], y[order], ".", markersize=3.5, markeredgewidth=0, label=name, **look)


def nothing_line(
    axes: Axes, at: ArrayLike, heights: ArrayLike, name: str = NOTHING, **more: Any
) -> None:
    """What doing nothing costs, where it is no line of a table: grey and dashed, behind the others."""
    look: dict[str, Any] = {"color": COLOURS["original"], "linewidth": 1.0, "zorder": 0, **more}
    axes.plot(at, heights, "--", label=name, **look)


def log_scale(axes: Axes, floor: float, ceiling: float = np.inf) -> None:
    """Logarithmic y axis; its lowest tick says that smaller values lie there as well."""
    axes.set_yscale("log")
    top = min(max(axes.get_ylim()[1], 10 * floor), ceiling)
    decades = np.arange(round(np.log10(floor)), np.floor(np.log10(top)) + 1)
    step = 1 + len(decades) // 7
    shown = decades[::step]
    labels = [f"$10^{{{power:.0f}}}$" for power in shown]
    labels[0] = f"≤ {labels[0]}"
    axes.set_yticks(10.0**shown, labels)
    axes.set_ylim(floor / (top / floor) ** 0.04, top)


@dataclass(frozen=True)
class PanelRow:
    """Panels side by side, one for each network, that share a y axis: its label, lines and ends.

    The axis is logarithmic over decades from ``floor`` on, or linear from 0 where that is None. It ends at
    ``top``, if given.
    """

    label: str
    lines: Sequence[Line]
    floor: float | None
    top: float | None = None


def grid(
    height: float,
    names: Sequence[str],
    rows: Sequence[PanelRow],
    table: Table,
    x: str,
    xlabel: str,
    *,
    by: str = "network",
) -> tuple[Figure, np.ndarray]:
    """A column of panels for each name in ``by``, a row of them for each of ``rows``; then `finish`."""
    figure, axes = panels(height, (len(rows), len(names)), sharex=True, sharey="row")
    for column, name in zip(axes.T, names, strict=True):
        column[0].set_title(name_of(name))
        column[-1].set_xlabel(xlabel)
        for panel, row in zip(column, rows, strict=True):
            draw_lines(panel, select(table, **{by: name}), x, row.lines)
    return figure, axes


def finish(axes: np.ndarray, rows: Sequence[PanelRow], marks: Sequence[Line2D] = ()) -> None:
    """Labels, scales and names of lines, once everything is drawn that the scales must hold.

    ``marks`` stand below the figure, and with them the cross, where there is one.
    """
    for panels_, row in zip(axes, rows, strict=True):
        panels_[0].set_ylabel(row.label)
        for panel in panels_:
            _scale(panel, row)
        name_lines(panels_[-1])
    if marks := [*marks, *lost_marks(axes)]:
        axes.flat[0].figure.legend(handles=marks, loc="outside lower center", ncols=4)


def _scale(panel: Axes, row: PanelRow) -> None:
    if row.floor is not None:
        log_scale(panel, row.floor, row.top or np.inf)
    elif row.top is not None:
        panel.set_ylim(-0.04 * row.top, 1.04 * row.top)
    else:
        panel.set_ylim(bottom=0)


def legend(axes: Axes) -> None:
    """Legend to the right of the axes, where it covers nothing."""
    axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5), borderaxespad=0.0)


def lost_marks(panels_: np.ndarray) -> list[Line2D]:
    """Legend entry of the crosses of :func:`draw_lines`; none where these panels have none."""
    if not any(line.get_marker() == "x" for panel in panels_.flat for line in panel.lines):
        return []
    look: dict[str, Any] = {"color": "0.2", "marker": "x", "linestyle": "", "markersize": 4.5}
    return [Line2D([], [], label="infinite: not separating", **look)]


def networks_of(table: Table) -> list[str]:
    """Networks of a table in a fixed order."""
    found = set(np.asarray(table["network"]).tolist())
    return [name for name in NAMES if name in found] + sorted(found - set(NAMES))


def name_of(key: str) -> str:
    """Name to print; a network of the user's own goes by its name in the configuration."""
    return NAMES.get(key, key.replace("_", " "))


def value_of(value: object) -> str:
    """Value of a swept parameter to print."""
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def colour_of(key: str) -> str:
    """Its fixed colour; one shade for all names that have none."""
    return COLOURS.get(key, _BROWN)
