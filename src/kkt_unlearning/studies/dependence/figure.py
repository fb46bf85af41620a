"""Descent-ascent on dependent samples, and the prescribed step on the same correlation axis."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.labels import name_lines
from kkt_unlearning.studies.summary import Table, from_records, groups, select, take

_LOOKS = {
    "w_full": ("all samples, $w_D$", "original"),
    "w_retrained": ("retrained, $w_R$", "retrained"),
    "w_descent_ascent": ("descent-ascent, $w_{DA}$", "autograd"),
}
_DASHES = ("-", "--", "-.", ":")
SHOWN_ALPHAS = 3  # of descent-ascent on the joined axis, from the largest that still have points


def draw(
    block: Table, pair: Table, boundary: Table, step: Table
) -> tuple[Figure, dict[str, np.ndarray]]:
    """Minimisers in a block, the α that harm on a pair, both methods on one axis of ρ, the limit λ → 0.

    Args:
        block, pair, boundary, step: tables of :mod:`kkt_unlearning.studies.dependence.rows`.

    Returns:
        The figure, and the numbers drawn: one row a panel, line and point.
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
        figure, axes = style.panels(5.6, (2, 2))
        _draw_block(axes[0, 0], select(drawn, panel="block"), select(block, ridge=ridge), ridge)
        _draw_boundary(axes[0, 1], select(drawn, panel="boundary"), ridge)
        _draw_joined(axes[1, 0], select(drawn, panel="joined"), ridge)
        _draw_limit(axes[1, 1], select(drawn, panel="limit"))
    return figure, drawn


Curve = tuple[str, str, np.ndarray, np.ndarray]


def _records(panel: str, line: str, x: np.ndarray, y: np.ndarray) -> Iterator[tuple]:
    return ((panel, line, float(a), float(b)) for a, b in zip(x, y, strict=True))


def _block_lines(block: Table) -> Iterator[Curve]:
    for name in _LOOKS:
        yield "block", name, block["alpha"], block[name]
        yield (
            "block",
            name.replace("w_", "numeric_", 1),
            block["alpha"],
            block[name.replace("w_", "numeric_", 1)],
        )


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


def _draw_block(axes: Axes, lines: Table, block: Table, ridge: float) -> None:
    for name, (label, colour) in _LOOKS.items():
        closed = select(lines, line=name)
        numeric = select(lines, line=name.replace("w_", "numeric_", 1))
        axes.plot(closed["x"], closed["y"], "-", color=style.COLOURS[colour], label=label)
        axes.plot(numeric["x"], numeric["y"], "o", color=style.COLOURS[colour], markersize=3)
    inside = block["alpha"][np.asarray(block["lemma_3"], bool)]
    if inside.size:
        axes.axvspan(inside.min(), inside.max(), color="0.9", linewidth=0)
        place: dict[str, Any] = {"transform": axes.get_xaxis_transform(), "ha": "center"}
        axes.text(inside.mean(), 0.04, "Lemma 3: away", fontsize=6.5, color="0.35", **place)
    axes.set_xlabel("α: forgotten per retained sample")
    axes.set_ylabel("minimiser w")
    axes.set_title(f"one block, λ = {ridge:g}")
    name_lines(axes)


def _draw_boundary(axes: Axes, lines: Table, ridge: float) -> None:
    looks = {
        "last_alpha": ("no minimum above", "-", "autograd"),
        "first_harmful_alpha": ("harms above", "-", "two_layer"),
        "lemma_9_alpha": ("Lemma 9: fails above", "--", "reference"),
    }
    for name, (label, dash, colour) in looks.items():
        line = select(lines, line=name)
        line = take(line, np.isfinite(line["y"]))
        axes.plot(line["x"], line["y"], dash, color=style.COLOURS[colour], label=label)
    axes.set_yscale("log")
    axes.set_xlabel("correlation ρ of the pair")
    axes.set_ylabel("α")
    axes.set_title(f"a pair, λ = {ridge:g}")
    name_lines(axes)


def _draw_joined(axes: Axes, lines: Table, ridge: float) -> None:
    counts = {"descent": 0, "prescribed": 0}
    for name in dict.fromkeys(lines["line"].tolist()):
        line = select(lines, line=name)
        kind = "descent" if name.startswith("descent") else "prescribed"
        colour = style.COLOURS["autograd" if kind == "descent" else "clarke"]
        dash = _DASHES[counts[kind] % len(_DASHES)]
        counts[kind] += 1
        axes.plot(line["x"], line["y"], dash, color=colour, label=name)
    style.nothing_line(axes, (0, 1), (1, 1))
    axes.set_yscale("log")
    axes.set_xlabel("correlation ρ")
    axes.set_ylabel("distance to retraining, after/before")
    axes.set_title("above 1 it harms")
    name_lines(axes)


def _draw_limit(axes: Axes, lines: Table) -> None:
    names = list(dict.fromkeys(lines["line"].tolist()))
    shades = np.linspace(0.35, 1.0, max(len(names), 1))
    for name, shade in zip(names, shades, strict=True):
        line = select(lines, line=name)
        axes.plot(
            line["x"], line["y"], "o-", color=style.COLOURS["clarke"], alpha=shade, label=name
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("penalty λ")
    axes.set_ylabel("largest α with a minimum")
    axes.set_title("towards max-margin, λ → 0")
    name_lines(axes)
