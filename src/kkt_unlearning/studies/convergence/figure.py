"""What the guarantee is worth against the loss that training has reached."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from kkt_unlearning.studies import style
from kkt_unlearning.studies.labels import name_lines
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

_PANELS = (  # quantity, title, label, floor
    ("tau_star", "distance to KKT", "τ*", 1e-3),
    ("epsilon", "stationarity", "relative ε at θ̃", 1e-3),
    ("holds", "ε and τ small enough", "share of cases", None),
)
_AGENTS = {  # name and colour, the reference first so that it lies below
    "nothing": (style.NOTHING, "original"),
    "exact": ("derivatives 0/1", "autograd"),
    "clarke": ("Clarke", "clarke"),
}
_BY = ["training", "loss", "descent", "agent"]
_MARKERS = {"exponential": "o", "logistic": "D"}
_DASHES = {"normalised": "-", "constant": "--"}


def draw(table: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """τ*, ε and how often the guarantee holds against ``−log L``: a colour for what the step was made with.

    Args:
        table: rows along several trainings, with the columns of
            :func:`kkt_unlearning.studies.convergence.rows.convergence_rows`.

    Returns:
        The figure, and the medians that it shows with their bands; for ``holds`` the share of cases, for
        ``onset`` the first step from which on a case holds (``step`` is 0 there).
    """
    drawn = _summary(table)
    deep = take(drawn, drawn["minus_log_loss"] > 0)
    with style.styled():
        figure, axes = style.panels(2.9, (1, len(_PANELS)))
        for panel, (quantity, title, label, floor) in zip(axes[0], _PANELS, strict=True):
            shown = select(deep, quantity=quantity)
            style.draw_lines(panel, shown, "minus_log_loss", _lines(shown, floor))
            panel.set(xscale="log", ylabel=label, title=title)
            panel.set_xlabel("−log L, L the loss")
            if quantity == "epsilon":
                level = float(table["epsilon_level"][0])
                panel.axhline(level, color="0.35", linewidth=0.8, linestyle=":")
            _scale(panel, floor)
        name_lines(axes[0, -1])
        _legend(figure, deep)
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


def _lines(shown: Table, floor: float | None) -> list[Line]:
    """A line for each training and agent; those of one agent have one name and colour."""
    return [
        Line(
            {"training": training, "agent": agent},
            *_AGENTS[agent],
            _DASHES.get(descent, "-"),
            floor or 0.0,
            _MARKERS.get(loss, "s"),
            band=False,
        )
        for agent in _AGENTS
        for (training, loss, descent), _ in groups(
            select(shown, agent=agent), "training", "loss", "descent"
        )
    ]


def _scale(panel: Axes, floor: float | None) -> None:
    if floor is None:
        panel.set_ylim(-0.04, 1.04)
    else:
        style.log_scale(panel, floor)


def _legend(figure: Figure, drawn: Table) -> None:
    """The trainings, which differ in markers and dashes only."""
    entries = []
    for (loss, descent), _ in groups(drawn, "loss", "descent"):
        look: dict[str, Any] = {"color": "0.3", "linestyle": _DASHES.get(descent, "-")}
        look |= {"marker": _MARKERS.get(loss, "s"), "label": f"{loss} loss, {descent} step"}
        entries.append(Line2D([], [], **look))
    figure.legend(handles=entries, loc="outside lower center", ncols=2)
