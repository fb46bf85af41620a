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
_LEAD = 12.0  # the same where a thin line leads from the one to the other
_OVER = [withStroke(linewidth=1.5, foreground="white")]  # a name over other lines


def name_lines(axes: Axes, *, at_edge: bool = False) -> None:
    """The name of each line at its right end, in its colour; where ends are near, names are moved apart.

    If they are, a thin line leads from the end of each line to its name. Call it when the scales and limits
    are set. ``at_edge``: lines end at several places, so that all names stand right of the panel. Lines of
    one name are named once, at the first of those that go on furthest; those whose name begins with an
    underscore have none, as in a legend.
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
    placed = apart(heights, room)
    moved = [abs(at - end) > line_height / 2 for at, end in zip(placed, heights, strict=True)]
    gap = _LEAD if any(moved) else _GAP
    for (name, line), (x, _), end, at in zip(named.items(), ends, heights, placed, strict=True):
        place = (axes.get_xlim()[1] if at_edge else x, at)
        _write(axes, name, place, gap, line.get_color(), (x, end) if any(moved) else None)


def _write(
    axes: Axes,
    name: str,
    place: tuple[float, float],
    gap: float,
    colour: Any,
    end: tuple[float, float] | None,
) -> None:
    """A name ``gap`` points right of its place, and a thin line to it from ``end``, if given.

    Both are x in data and y as a share of the height of the panel.
    """
    near = axes.get_xaxis_transform()
    figure: Any = axes.figure
    far = offset_copy(near, figure, x=gap, units="points")
    look: dict[str, Any] = {"color": colour, "va": "center", "fontsize": 6.5}
    if end is None:
        axes.text(*place, name, transform=far, path_effects=[*_OVER], **look)
        return
    lead = {"arrowstyle": "-", "color": colour, "linewidth": 0.5, "shrinkA": 1, "shrinkB": 0}
    options: dict[str, Any] = {"arrowprops": {**lead, "relpos": (0, 0.5)}, "annotation_clip": False}
    note = axes.annotate(name, end, place, xycoords=near, textcoords=far, **options, **look)
    note.set_path_effects([*_OVER])


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
