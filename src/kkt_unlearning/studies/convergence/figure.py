"""What the guarantee is worth against the loss that training has reached."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from kkt_unlearning.studies import style
from kkt_unlearning.studies.style import Line
from kkt_unlearning.studies.summary import (
    Table,
    from_records,
    groups,
    median,
    onset,
    select,
    stack,
    summarise,
    take,
)

_FLOOR = 1e-3  # of ε
_EPSILON = "ε at θ̃ (lower is better)"
_LOSS = "−log of the loss\n(trained longer →)"
_PANELS = (  # title, along, its label, quantity, its label
    ("against the steps", "step", "steps of training", "epsilon", _EPSILON),
    ("against the loss", "minus_log_loss", _LOSS, "epsilon", _EPSILON),
    (
        "against the loss",
        "minus_log_loss",
        _LOSS,
        "holds",
        "share with small ε and τ\n(higher is better)",
    ),
)
_BY = ["training", "loss", "descent", "agent"]
_AGENT = "clarke"  # the derivatives that the steps shown are made with
_MARKERS = {"exponential": "o", "logistic": "D"}
_DESCENTS = {"normalised": "linear", "constant": "two_layer"}  # colours


def draw(table: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """ε against the steps, ε and how often the guarantee holds against ``−log L``: a line for each training.

    Args:
        table: rows along several trainings, with the columns of
            :func:`kkt_unlearning.studies.convergence.rows.convergence_rows`.

    Returns:
        The figure, and medians with bands for all agents, of τ* as well; for ``holds`` the share of cases,
        for ``onset`` the first step from which on a case holds (``step`` is 0 there).
    """
    drawn = _summary(table)
    deep = take(drawn, drawn["minus_log_loss"] > 0)
    with style.styled():
        figure, axes = style.panels(2.9, (1, len(_PANELS)))
        for panel, (title, x, xlabel, quantity, label) in zip(axes[0], _PANELS, strict=True):
            shown = select(deep, quantity=quantity)
            style.draw_lines(panel, shown, x, _lines(shown))
            panel.set(xscale="log", xlabel=xlabel, ylabel=label, title=title)
            if quantity == "epsilon":
                level = float(table["epsilon_level"][0])
                panel.axhline(level, color="0.35", linewidth=0.8, linestyle=":")
                look: dict[str, Any] = {"transform": panel.get_yaxis_transform(), "va": "top"}
                panel.text(0.03, 0.93 * level, "small enough", color="0.35", fontsize=6.5, **look)
                style.log_scale(panel, _FLOOR)
            else:
                panel.set_ylim(-0.04, 1.04)
        _name(axes[0, 0])
        _name_losses(axes[0, 1], deep)
    return figure, drawn


def _summary(table: Table) -> dict[str, np.ndarray]:
    """Medians and bands by training, agent, snapshot and quantity, with the median ``−log L`` beside them."""
    numbers = summarise(table, [*_BY, "step"], ["tau_star", "epsilon"])
    shares = summarise(
        dict(table) | {"holds": np.asarray(table["holds"], float)}, [*_BY, "step"], ["holds"]
    )
    means = [np.mean(np.asarray(group["holds"], float)) for _, group in groups(table, *_BY, "step")]
    shares |= dict.fromkeys(("median", "low", "high"), np.array(means))
    drawn = stack([numbers, shares, _onsets(table)])
    depth = {
        key: median(group["minus_log_loss"]) for key, group in groups(table, "training", "step")
    }
    keys = zip(drawn["training"].tolist(), drawn["step"].tolist(), strict=True)
    return drawn | {"minus_log_loss": np.array([depth.get(key, np.nan) for key in keys])}


def _onsets(table: Table) -> dict[str, np.ndarray]:
    """The first step from which on the guarantee holds, of each case, summed up as the rest."""
    rows = []
    for key, case in groups(table, *_BY, "seed", "forget"):
        order = np.argsort(case["step"], kind="stable")
        rows.append((*key[: len(_BY)], 0, onset(case["step"][order], case["holds"][order])))
    return summarise(from_records([*_BY, "step", "onset"], rows), [*_BY, "step"], ["onset"])


def _lines(shown: Table) -> list[Line]:
    """A line for each training, of doing nothing first so that it lies below."""
    return [
        Line(
            {"training": training, "agent": agent},
            f"{descent} step" if agent == _AGENT else style.NOTHING,
            _DESCENTS.get(descent, "") if agent == _AGENT else "original",
            "-" if agent == _AGENT else "--",
            marker=_MARKERS.get(loss, "s") if agent == _AGENT else "",
            floor=_FLOOR if shown["quantity"][0] == "epsilon" else 0.0,
            band=False,
        )
        for agent in ("nothing", _AGENT)
        for (training, loss, descent), _ in groups(
            select(shown, agent=agent), "training", "loss", "descent"
        )
    ]


def _name(panel: Axes) -> None:
    """Each kind of step and doing nothing once, below the end of a line."""
    named = {str(line.get_label()): line for line in panel.lines}
    for name in (style.NOTHING, *(f"{descent} step" for descent in _DESCENTS)):
        if line := named.get(name):
            end = tuple(np.asarray(line.get_xydata(), float)[-1])
            look: dict[str, Any] = {"color": line.get_color(), "ha": "right", "va": "top"}
            look |= {"fontsize": 6.5, "textcoords": "offset points"}
            panel.annotate(name, end, (0, -5), **look)


def _name_losses(panel: Axes, drawn: Table) -> None:
    """What the markers are, where the panel is empty."""
    entries = [
        Line2D([], [], color="0.3", marker=_MARKERS.get(loss, "s"), label=f"{loss} loss")
        for (loss,), _ in groups(drawn, "loss")
    ]
    panel.legend(handles=entries, loc="lower left", borderaxespad=0.2)
