"""Descent-ascent on dependent samples, and the prescribed step on the same correlation axis."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.summary import Table, from_records, groups, select, take

MINIMISED = ("full", "retrained", "descent_ascent")
SHOWN_ALPHAS = 3  # of descent-ascent on the joined axis, from the largest that still have points
_CLOSER, _FURTHER, _NONE = "closer", "further", "none"  # regions
_TINTS = {_CLOSER: "#e0f1ec", _FURTHER: "#f8e4d8", _NONE: "0.88"}
_INKS = {_CLOSER: style.COLOURS["exact"], _FURTHER: style.COLOURS["autograd"], _NONE: "0.3"}
_DESCENT, _PRESCRIBED = style.COLOURS["loss_gradient"], style.COLOURS["clarke"]


def draw(
    block: Table, pair: Table, boundary: Table, step: Table
) -> tuple[Figure, dict[str, np.ndarray]]:
    """Both methods on one axis of ρ, and the α that harm on a pair.

    Args:
        block, pair, boundary, step: tables of :mod:`kkt_unlearning.studies.dependence.rows`.

    Returns:
        The figure, and its numbers: one row a panel, line and point. Those of the minimisers in a block and
        of the limit λ → 0 are not drawn.
    """
    ridge = float(np.max(block["ridge"]))
    panels = [
        *_block_lines(select(block, ridge=ridge)),
        *_boundary_lines(select(boundary, ridge=ridge)),
        *_joined_lines(select(pair, ridge=ridge), step),
        *_limit_lines(boundary),
    ]
    names = ("panel", "line", "x", "y")
    drawn = from_records(names, [record for line in panels for record in _records(*line)])
    with style.styled():
        figure, axes = style.panels(3.1, (1, 2), width_ratios=(1.7, 1))
        _draw_joined(axes[0, 0], select(drawn, panel="joined"))
        _draw_boundary(axes[0, 1], select(drawn, panel="boundary"))
    return figure, drawn


Curve = tuple[str, str, np.ndarray, np.ndarray]


def _records(panel: str, line: str, x: np.ndarray, y: np.ndarray) -> Iterator[tuple]:
    return ((panel, line, float(a), float(b)) for a, b in zip(x, y, strict=True))


def _block_lines(block: Table) -> Iterator[Curve]:
    for name in (f"{kind}_{loss}" for loss in MINIMISED for kind in ("w", "numeric")):
        yield "block", name, block["alpha"], block[name]


def _boundary_lines(boundary: Table) -> Iterator[Curve]:
    for name in ("first_harmful_alpha", "last_alpha", "lemma_9_alpha"):
        yield "boundary", name, boundary["correlation"], boundary[name]


def _joined_lines(pair: Table, step: Table) -> Iterator[Curve]:
    found = [(alpha, group) for (alpha,), group in groups(pair, "alpha") if alpha > 0]
    finite = [(a, g) for a, g in found if np.isfinite(g["ratio"]).sum() > 1]
    for alpha, group in finite[:: max(1, len(finite) // SHOWN_ALPHAS)][:SHOWN_ALPHAS]:
        yield "joined", f"descent-ascent, α = {alpha:g}", group["correlation"], group["ratio"]
    step = select(step, others=step["others"].min())
    for (points,), group in groups(step, "points"):
        ratio = np.where(group["ratio"] > 0, group["ratio"], np.nan)  # 0 without correlation
        yield "joined", f"prescribed step, m = {points:g}", group["correlation"], ratio


def _limit_lines(boundary: Table) -> Iterator[Curve]:
    correlations = np.unique(boundary["correlation"])
    for rho in correlations[:: max(1, len(correlations) // 4)]:
        group = select(boundary, correlation=rho)
        yield "limit", f"ρ = {rho:.2f}", group["ridge"], group["last_alpha"]


def _draw_joined(axes: Axes, lines: Table) -> None:
    """The ratio of distances against ρ, above and below the 1 of doing nothing."""
    names = list(dict.fromkeys(lines["line"].tolist()))
    steps = [name for name in names if name.startswith("prescribed")]
    shown = dict.fromkeys(set(names) - set(steps), _DESCENT)
    shown |= dict.fromkeys((*steps[:1], *steps[-1:]), _PRESCRIBED)  # least and largest group
    for name, colour in sorted(shown.items()):
        line = select(lines, line=name)
        line = take(line, np.isfinite(line["y"]))
        axes.plot(line["x"], line["y"], color=colour, label=name)
        for x, y in zip(line["x"][:1], line["y"][:1], strict=True):
            _name_start(axes, name, (x, y), least=name == steps[0])
    ascended = lines["y"][[name not in steps for name in lines["line"].tolist()]]
    low, high = np.nanmin(lines["y"]) / 3, 3 * np.nanmax([1, *ascended])
    axes.set(yscale="log", xlim=(0, 1), ylim=(low, high))
    axes.axhspan(low, 1, color=_TINTS[_CLOSER], linewidth=0, zorder=-1)
    axes.axhspan(1, high, color=_TINTS[_FURTHER], linewidth=0, zorder=-1)
    style.nothing_line(axes, (0, 1), (1, 1), zorder=1)
    _write(axes, 0.32, 1.07, style.NOTHING, "0.45", va="bottom")
    bold: dict[str, Any] = {"weight": "bold", "va": "center"}
    _write(axes, 0.02, high / 1.5, "further from retraining: harm", _INKS[_FURTHER], **bold)
    _write(axes, 0.02, low * 1.5, "closer to retraining: help", _INKS[_CLOSER], **bold)
    axes.set_yticks([0.1, 1, 10], ["0.1", "1", "10"])
    axes.set_xlabel("correlation ρ of forgotten and retained samples")
    axes.set_ylabel("distance to retraining,\nafter / before the method")
    axes.set_title("linear model: both methods")


def _name_start(axes: Axes, name: str, start: tuple[float, float], *, least: bool) -> None:
    """A name where its line begins, on that side on which there is room."""
    look: dict[str, Any] = {"fontsize": 6.5, "textcoords": "offset points"}
    if name.startswith("prescribed"):
        look["color"] = _PRESCRIBED
        text, offset = (name, (6, -2)) if least else (name.replace(", ", ",\n"), (-19, 13))
        axes.annotate(text, start, offset, va="top" if least else "bottom", **look)
    elif start[0] > 0.3:
        axes.annotate(name, start, (-4, 0), ha="right", va="center", color=_DESCENT, **look)
    else:
        axes.annotate(name, start, (4, 4), va="bottom", color=_DESCENT, **look)


def _write(axes: Axes, x: float, y: float, text: str, colour: str, **look: Any) -> None:
    axes.text(x, y, text, color=colour, fontsize=6.5, **look)


def _draw_boundary(axes: Axes, lines: Table) -> None:
    """Where descent-ascent on a pair helps, harms and has no minimum."""
    harmful, last = (select(lines, line=name) for name in ("first_harmful_alpha", "last_alpha"))
    x = harmful["x"]
    low, high = np.min(harmful["y"]) / 4, np.max(last["y"])
    edges = (low + 0 * x, harmful["y"], last["y"], high + 0 * x)
    for tint, below, above in zip(_TINTS.values(), edges[:-1], edges[1:], strict=True):
        axes.fill_between(x, below, above, color=tint, linewidth=0, zorder=1)
    style.nothing_line(axes, x, harmful["y"], zorder=2)
    axes.set(yscale="log", ylim=(low, high), xlim=(0, 1))
    at = float(np.sqrt(harmful["y"] * last["y"])[len(x) // 2])
    look: dict[str, Any] = {"weight": "bold", "va": "center"}
    _write(axes, 0.05, high / 3, "no minimum: it diverges", _INKS[_NONE], **look)
    _write(axes, float(x[len(x) // 2]), at, "further:\nharm", _INKS[_FURTHER], **look, ha="center")
    _write(axes, 0.95, low * 2, "closer: help", _INKS[_CLOSER], **look, ha="right")
    axes.set_xlabel("correlation ρ of a pair")
    axes.set_ylabel("α: forgotten per retained sample")
    axes.set_title("descent-ascent alone")
