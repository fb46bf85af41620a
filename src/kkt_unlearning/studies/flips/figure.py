"""How many activations the step flips, and the surface between the two ends of its certificate."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.labels import name_lines
from kkt_unlearning.studies.style import Line
from kkt_unlearning.studies.summary import (
    Table,
    from_records,
    groups,
    halving,
    median,
    select,
    stack,
    summarise,
    swept,
    take,
)

EPSILON_FLOOR, TAU_FLOOR = 1e-4, 1e-6
KINDS = {
    "flipped": "all flips",
    "kink_off": "kink → off",
    "kink_on": "kink → on",
    "off_on": "off → on",
    "opposed_off_on": "against the label",
    "predicted_off_on": "the same, predicted",
    "on_off": "on → off",
}
_COLOURS = {"opposed_off_on": "opposed", "predicted_off_on": "opposed"}
_CLUSTERS = {
    "turned": ("τ*: an entry turned on", "opposed"),
    "none": ("τ*: none turned on", "tau_star"),
}
_WAYS = {
    "tau_star_bound": ("bound of τ*", "tau_star", ":"),
    "tau_halved": ("τ for half of ε", "halved", "-"),
    "tau_restored": ("τ to θ̃", "tau", "-"),
}
_IDLE = "nothing_epsilon"
_TRAINED = {
    "share": ("by the step", "flipped"),
    "turned_in_training": ("by training", "opposed"),
}
_FOUND = ["tau_halved", "tau_restored"]  # in the table of the surface
_SHOWN = 7  # lines of a cut, about
_CASE = ("network", "training", "seed", "forget")


def draw(flips: Table, surface: Table, training: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """Shares of flipped entries and the angles that undo them along the sweep; two cuts through the surface.

    Below stand the shares, and τ*, against the size of the training steps.

    τ* is a point for each case, coloured by whether the step turned a supporting entry on.

    Args:
        flips: counts of flips and τ*; surface: the surface on its grid; both along one swept parameter.
        training: counts of flips and τ* of networks trained in steps of several sizes.

    Returns:
        The figure, and the medians and bands that it shows: ``x`` against ``median``, by panel and line.
    """
    along = next(iter(swept(surface)), None)
    surface, middle = _at_middle(surface, along)
    parts = [_shares(flips, along), _angles(surface, along), _exact(flips, along)]
    drawn = stack([*parts, *_cuts(take(surface, middle)), *_trainings(training)])
    with style.styled():
        figure, axes = style.panels(7.4, (3, 2))
        _against_sweep(axes[0], drawn, along)
        inside = take(surface, middle)
        restored = median(inside["tau_restored"] / inside["tau_star"])
        _cut(axes[1, 0], select(drawn, panel="epsilon against tau"), "τ / τ*", "δ", restored)
        _cut(axes[1, 1], select(drawn, panel="epsilon against delta"), "δ / δ*", "τ")
        axes[1, 0].set_ylabel("relative ε")
        _against_training(axes[2], drawn)
    return figure, drawn


def _at_middle(table: Table, along: str | None) -> tuple[Table, np.ndarray]:
    """The rows at the middle value of the sweep; all where there is none."""
    if along is None:
        return table, np.ones(len(table["seed"]), bool)
    values = np.unique(table[along])
    return table, np.asarray(table[along]) == values[(len(values) - 1) // 2]


def _records(panel: str, found: Table, line: str, x: str | None) -> dict[str, np.ndarray]:
    size = len(found["median"])
    at = np.zeros(size) if x is None else np.asarray(found[x], float)
    names = ("median", "low", "high", "count", "infinite")
    return {
        "panel": np.full(size, panel),
        "line": np.array([str(value) for value in np.asarray(found[line]).tolist()]),
        "x": at,
    } | {name: found[name] for name in names}


def _shares(flips: Table, along: str | None) -> dict[str, np.ndarray]:
    """Every kind of flip as a share of the retained entries."""
    kinds = [kind for kind in KINDS if kind != "flipped"]
    table = dict(flips) | {kind: flips[kind] / flips["entries"] for kind in kinds}
    table["flipped"] = flips["share"]
    found = summarise(table, [along] if along else ["experiment"], list(KINDS))
    return _records("share", found, "quantity", along)


def _angles(surface: Table, along: str | None) -> dict[str, np.ndarray]:
    """τ of the restored network and the τ that halves ε, of each case."""
    by, rows = ([along] if along else []), []
    full = select(surface, delta_share=float(np.max(surface["delta_share"])))
    for _, case in groups(full, *by, *_CASE):
        at, star = [case[name][0] for name in by], float(case["tau_star"][0])
        halved = halving(case["tau_share"], case["epsilon"]) * star
        rows.append((*at, halved, float(case["tau_restored"][0])))
    table = from_records([*by, *_FOUND], rows) | {"all": np.zeros(len(rows))}
    found = summarise(table, by or ["all"], _FOUND)
    return _records("angle", found, "quantity", along)


def _exact(flips: Table, along: str | None) -> dict[str, np.ndarray]:
    """τ* of each case, by cluster, the median of its bound where nothing is turned on, and θ to θ*."""
    points = _points(flips, flips[along] if along else np.zeros(len(flips["tau_star"])))
    none = take(flips, flips["supporting_on"] == 0)
    found = summarise(none, [along] if along else ["experiment"], ["tau_star_bound"])
    bound = _records("angle", found, "quantity", along)
    idle = summarise(flips, [along] if along else ["experiment"], ["distance_original"])
    nothing = _records("angle", idle, "quantity", along)
    return stack([_records("tau_star", points, "cluster", "x"), bound, nothing])


def _points(flips: Table, x: np.ndarray) -> dict[str, np.ndarray]:
    """τ* of each case at ``x``, with its cluster."""
    star, one = np.asarray(flips["tau_star"], float), np.ones(len(x), int)
    points = {"median": star, "low": star, "high": star, "count": one, "infinite": 0 * one}
    cluster = np.where(flips["supporting_on"] > 0, "turned", "none")
    return points | {"cluster": cluster, "x": np.asarray(x, float)}


def _cuts(surface: Table) -> list[dict[str, np.ndarray]]:
    """ε along each share; ε of doing nothing, which no τ changes, for each δ and for the largest."""
    found = summarise(surface, ["delta_share", "tau_share"], ["epsilon"])
    idle = summarise(surface, ["delta_share", "tau_share"], [_IDLE])
    last = select(idle, delta_share=float(np.max(idle["delta_share"])))
    first = select(idle, tau_share=float(np.min(idle["tau_share"])))
    return [
        _records("epsilon against tau", found, "delta_share", "tau_share"),
        _records("epsilon against tau", last, "quantity", "tau_share"),
        _records("epsilon against delta", found, "tau_share", "delta_share"),
        _records("epsilon against delta", first, "quantity", "delta_share"),
    ]


def _trainings(training: Table) -> list[dict[str, np.ndarray]]:
    at = "training_step"
    shares = summarise(training, [at], list(_TRAINED))
    points = _points(training, training[at])
    idle = summarise(training, [at], ["distance_original"])
    return [
        _records("share against training", shares, "quantity", at),
        _records("angle against training", idle, "quantity", at),
        _records("tau_star against training", points, "cluster", "x"),
    ]


def _against_training(axes: Sequence[Axes], drawn: Table) -> None:
    lines = [
        Line({"panel": "share against training", "line": name}, *look)
        for name, look in _TRAINED.items()
    ]
    style.draw_lines(axes[0], drawn, "x", lines)
    _clusters(axes[1], select(drawn, panel="tau_star against training"))
    idle = select(drawn, panel="angle against training")
    style.nothing_line(axes[1], idle["x"], idle["median"])
    values = np.unique(select(drawn, panel="share against training")["x"])
    for panel in axes:
        _swept_axis(panel, values, "size of the training steps")
    axes[0].set_ylabel("share of entries flipped")
    axes[1].set_ylabel("τ*: 1 − cosine of θ′ to θ*")
    _ends(axes)


def _swept_axis(panel: Axes, values: np.ndarray, label: str) -> None:
    if (values > 0).all():
        panel.set_xscale("log")
    panel.set_xticks(values, [f"{value:g}" for value in values])
    panel.set_xticks([], minor=True)
    panel.set_xlabel(label)


def _against_sweep(axes: Sequence[Axes], drawn: Table, along: str | None) -> None:
    shares = [
        Line(
            {"panel": "share", "line": kind},
            label,
            _COLOURS.get(kind, kind),
            ":" if kind.startswith("predicted") else "-",
            band=kind == "flipped",  # seven in one panel hide one another
        )
        for kind, label in KINDS.items()
    ]
    angles = [
        Line({"panel": "angle", "line": name}, *look, floor=TAU_FLOOR)
        for name, look in _WAYS.items()
    ]
    label = {"dimension": "dimension d"}.get(along or "", (along or "").replace("_", " "))
    for panel, lines in zip(axes, (shares, angles), strict=True):
        if lines is angles:
            _clusters(panel, select(drawn, panel="tau_star"))
            idle = select(drawn, panel="angle", line="distance_original")
            style.nothing_line(panel, idle["x"], idle["median"])
        style.draw_lines(panel, drawn, "x", lines)
        _swept_axis(panel, np.unique(select(drawn, panel="share")["x"]), label)
    axes[0].set_ylabel("share of retained entries")
    axes[1].set_ylabel("1 − cosine to θ′")
    _ends(axes)


def _ends(axes: Sequence[Axes]) -> None:
    """Scales from 0 and from the floor of τ, and what lines and points are."""
    axes[0].set_ylim(bottom=0)
    style.log_scale(axes[1], TAU_FLOOR)
    for panel in axes:
        name_lines(panel, at_edge=True)


def _clusters(axes: Axes, points: Table) -> None:
    """The points of each cluster beside their place on the axis."""
    for (cluster, (label, colour)), aside in zip(_CLUSTERS.items(), (1.08, 0.93), strict=True):
        found = select(points, line=cluster)
        at, y = aside * found["x"], np.maximum(found["median"], TAU_FLOOR)
        look: dict[str, Any] = {"color": style.colour_of(colour), "label": label, "alpha": 0.5}
        axes.plot(at, y, ".", markersize=4, markeredgewidth=0, zorder=1, **look)


def _cut(axes: Axes, table: Table, xlabel: str, symbol: str, restored: float | None = None) -> None:
    """ε along one share, a line for each value of the other; 0 stands at the left end of the axis."""
    x = np.unique(table["x"])
    floor = x[x > 0].min() / 8 if (x > 0).any() else 0.1
    idle = select(table, line=_IDLE)
    lines = sorted(set(table["line"].tolist()) - {_IDLE}, key=float)
    lines = [*lines[: -1 : -(-len(lines) // _SHOWN)], lines[-1]]
    shades = mpl.colormaps["viridis"](np.linspace(0.0, 0.88, len(lines)))
    for line, shade in reversed(list(zip(lines, shades, strict=True))):
        found = select(table, line=line)
        order = np.argsort(found["x"], kind="stable")
        at, y = np.maximum(found["x"][order], floor), found["median"][order]
        y = np.where(np.isfinite(y), np.maximum(y, EPSILON_FLOOR), np.nan)
        label = f"{symbol} = {_multiple(float(line), symbol)}"
        axes.plot(at, y, "o-", color=shade, label=label, markeredgewidth=0)
    order = np.argsort(idle["x"], kind="stable")
    at, y = np.maximum(idle["x"][order], floor), np.maximum(idle["median"][order], EPSILON_FLOOR)
    style.nothing_line(axes, at, y)
    if restored is not None and restored > 0:
        axes.axvline(restored, color="0.4", linewidth=0.8, linestyle=":", zorder=0)
        axes.text(restored, 0.02, " θ̃", transform=axes.get_xaxis_transform(), fontsize=7)
    axes.set_xscale("log")
    axes.set_xlabel(xlabel)
    ticks = [10.0**power for power in range(int(np.ceil(np.log10(floor))), 1)][-5:]
    names = [f"$10^{{{round(np.log10(tick))}}}$" for tick in ticks]
    axes.set_xticks([floor, *ticks], ["0", *names])
    axes.set_xticks([], minor=True)
    style.log_scale(axes, EPSILON_FLOOR, 1.2)
    name_lines(axes)


def _multiple(share: float, symbol: str) -> str:
    """``0``, ``0.1 δ*``, ``δ*``."""
    return {0.0: "0", 1.0: f"{symbol}*"}.get(share, f"{share:g} {symbol}*")
