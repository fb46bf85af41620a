"""How many activations the step flips, and how far undoing the flips turns the network."""

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
    select,
    stack,
    summarise,
    swept,
    take,
)

TAU_FLOOR = 1e-6
KINDS = (
    "flipped",
    "kink_off",
    "kink_on",
    "off_on",
    "opposed_off_on",
    "predicted_off_on",
    "on_off",
)
_SHARE = Line({"panel": "share", "line": "flipped"}, "flipped by the step", "flipped")
_ANGLE = Line({"panel": "angle", "line": "tau_restored"}, "θ̃: flips undone", "tau", floor=TAU_FLOOR)
_CLUSTERS = {  # where on the axis, name, colour
    "turned": (1.08, "θ* if a neuron\nturned on", "opposed"),
    "none": (0.93, "θ* if none did", "exact"),
}
_IDLE = "nothing_epsilon"
_TRAINED = ("share", "turned_in_training")
_FOUND = ["tau_halved", "tau_restored"]  # in the table of the surface
_CASE = ("network", "training", "seed", "forget")


def draw(flips: Table, surface: Table, training: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """The share of flipped entries, and the angle that undoes them, along the sweep.

    Args:
        flips: counts of flips and τ*; surface: the surface on its grid; both along one swept parameter.
        training: counts of flips and τ* of networks trained in steps of several sizes.

    Returns:
        The figure, and medians and bands, ``x`` against ``median``, by panel and line. Beside what is drawn
        they have all kinds of flips, two cuts through the surface, and shares and τ* against the size of the
        training steps. τ* is a point for each case, by whether the step turned a supporting entry on.
    """
    along = next(iter(swept(surface)), None)
    inside = take(surface, _at_middle(surface, along))
    parts = [_shares(flips, along), _angles(surface, along), _exact(flips, along)]
    drawn = stack([*parts, *_cuts(inside), *_trainings(training)])
    with style.styled():
        figure, axes = style.panels(2.5, (1, 2))
        _against_sweep(axes[0], drawn, along)
    return figure, drawn


def _against_sweep(axes: np.ndarray, drawn: Table, along: str | None) -> None:
    share, angle = axes
    idle = select(drawn, panel="angle", line="distance_original")
    style.nothing_line(share, idle["x"], np.zeros(len(idle["x"])))
    style.nothing_line(angle, idle["x"], idle["median"], f"{style.NOTHING}\n(from θ to θ*)")
    style.draw_lines(share, drawn, "x", [_SHARE])
    style.draw_lines(angle, drawn, "x", [_ANGLE])
    share.set_title("two-layer ReLU: flips")
    share.set_ylabel("share of retained\npre-activations")
    share.set_ylim(bottom=-0.01)
    for cluster, (aside, name, colour) in _CLUSTERS.items():
        star = select(drawn, panel="tau_star", line=cluster)
        style.dots(angle, aside * star["x"], star["median"], TAU_FLOOR, name, colour)
    angle.set_title("two-layer ReLU: distances")
    angle.set_ylabel("1 − cosine of θ′ to …\n(lower is nearer)")
    style.log_scale(angle, TAU_FLOOR)
    label = {"dimension": style.DIMENSION}.get(along or "", (along or "").replace("_", " "))
    for panel in axes:
        _swept_axis(panel, np.unique(idle["x"]), label)
        name_lines(panel, at_edge=True)


def _swept_axis(panel: Axes, values: np.ndarray, label: str) -> None:
    if (values > 0).all():
        panel.set_xscale("log")
    panel.set_xticks(values, [f"{value:g}" for value in values])
    panel.set_xticks([], minor=True)
    panel.set_xlabel(label)


def _at_middle(table: Table, along: str | None) -> np.ndarray:
    """Where the sweep has its middle value; everywhere if there is none."""
    if along is None:
        return np.ones(len(table["seed"]), bool)
    values = np.unique(table[along])
    return np.asarray(table[along]) == values[(len(values) - 1) // 2]


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
    table = dict(flips) | {kind: flips[kind] / flips["entries"] for kind in KINDS[1:]}
    table["flipped"] = flips["share"]
    found = summarise(table, [along] if along else ["experiment"], KINDS)
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
    shares = summarise(training, [at], _TRAINED)
    points = _points(training, training[at])
    idle = summarise(training, [at], ["distance_original"])
    return [
        _records("share against training", shares, "quantity", at),
        _records("angle against training", idle, "quantity", at),
        _records("tau_star against training", points, "cluster", "x"),
    ]
