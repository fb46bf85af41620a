"""Names at the right ends of lines, in the place of a legend."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.transforms import offset_copy

_LINE_HEIGHT = 6.5 * 1.4 / 72  # inches from one name to the next
_GAP = 4.0  # points from the end of a line to its name


def name_lines(axes: Axes, *, at_edge: bool = False) -> None:
    """The name of each line at its right end, in its colour; where ends are near, names are moved apart.

    Call it when the scales and limits are set. ``at_edge``: lines end at several places, so that all names
    stand right of the panel. Lines of one name are named once, at the first of those that
    go on furthest; those whose name begins with an underscore have none, as in a legend.
    """
    named: dict[str, Line2D] = {}
    for line in sorted(filter(_is_named, axes.lines), key=lambda line: -_right_end(line)[0]):
        named.setdefault(str(line.get_label()), line)
    ends = [_right_end(line) for line in named.values()]
    inverse = axes.transAxes.inverted()
    heights = [float(inverse.transform(axes.transData.transform(end))[1]) for end in ends]
    figure: Any = axes.figure
    line_height = _LINE_HEIGHT / (axes.get_position().height * figure.get_figheight())
    room = [line_height * (1 + name.count("\n")) for name in named]
    where = offset_copy(axes.get_xaxis_transform(), figure, x=_GAP, units="points")
    for (name, line), (x, _), height in zip(named.items(), ends, apart(heights, room), strict=True):
        stroke = [withStroke(linewidth=1.5, foreground="white")]  # over other lines
        look: dict[str, Any] = {"va": "center", "fontsize": 6.5, "path_effects": stroke}
        x = axes.get_xlim()[1] if at_edge else x
        axes.text(x, height, name, color=line.get_color(), transform=where, **look)


def _is_named(line: Line2D) -> bool:
    points = np.asarray(line.get_xydata(), float)
    return not str(line.get_label()).startswith("_") and bool(np.isfinite(points[:, 1]).any())


def _right_end(line: Line2D) -> tuple[float, float]:
    points = np.asarray(line.get_xydata(), float)
    x, y = points[np.isfinite(points[:, 1])][-1]
    return float(x), float(y)


def apart(heights: Sequence[float], room: Sequence[float]) -> list[float]:
    """Heights in a panel, ``[0, 1]``, of names that take this ``room`` each: none covers another.

    They keep their order and stay as near as can be. Less the room that the names below take, they must not
    fall from one to the next: those that would share their mean.
    """
    if not heights:
        return []
    order = np.argsort(heights, kind="stable")
    half = np.asarray(room, float)[order] / 2
    below = np.cumsum(np.concatenate([[0.0], half[:-1] + half[1:]]))
    pools: list[list[float]] = []
    for height in np.asarray(heights, float)[order] - below:
        pools.append([height])
        while len(pools) > 1 and np.mean(pools[-2]) > np.mean(pools[-1]):
            pools[-2:] = [pools[-2] + pools[-1]]
    found = np.concatenate([[np.mean(pool)] * len(pool) for pool in pools])
    placed = np.empty(len(heights))
    placed[order] = np.clip(found, 0, max(1 - below[-1], 0)) + below
    return placed.tolist()
