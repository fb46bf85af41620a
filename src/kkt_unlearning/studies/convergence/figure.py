"""What the guarantee is worth along training, against time and against the loss."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.style import Line, PanelRow
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

TAU_FLOOR, EPSILON_FLOOR = 1e-4, 1e-3
_PANELS = (  # quantity, agent, label, floor
    ("tau_star", "exact", "τ*\n(0/1)", TAU_FLOOR),
    ("epsilon", "exact", "relative ε at θ̃\n(0/1)", EPSILON_FLOOR),
    ("epsilon", "clarke", "relative ε at θ̃\n(Clarke)", EPSILON_FLOOR),
    ("holds", "exact", "share of cases\n(0/1)", None),
    ("holds", "clarke", "share of cases\n(Clarke)", None),
)
_BY = ["training", "loss", "descent", "agent"]


def draw(table: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """τ*, ε and how often the guarantee holds, against the step (left) and against ``−log L`` (right).

    Args:
        table: rows along several trainings, with the columns of
            :func:`kkt_unlearning.studies.convergence.rows.convergence_rows`.

    Returns:
        The figure, and the medians and bands that it shows; for ``holds`` the share of cases, for ``onset``
        the first step from which on a case holds (``step`` is 0 there).
    """
    drawn = _summary(table)
    rows = [
        PanelRow(label, _lines(drawn, quantity, agent, floor), floor)
        for quantity, agent, label, floor in _PANELS
    ]
    with style.styled():
        figure, axes = style.panels(7.4, (len(rows), 2), sharex="col", sharey="row")
        deep = take(drawn, drawn["minus_log_loss"] > 0)
        for panels, row in zip(axes, rows, strict=True):
            style.draw_lines(panels[0], drawn, "step", row.lines)
            style.draw_lines(panels[1], deep, "minus_log_loss", row.lines)
        _mark(axes, rows, table, drawn)
        style.finish(axes, rows)
        _tidy(axes)
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


def _lines(drawn: Table, quantity: str, agent: str, floor: float | None) -> list[Line]:
    cases = select(drawn, quantity=quantity, agent=agent)
    return [
        Line(
            {"training": training, "agent": agent, "quantity": quantity},
            f"{loss},\n{descent} step",
            loss,
            "-" if descent == "normalised" else "--",
            floor=floor or 0.0,
        )
        for (training, loss, descent), _ in groups(cases, "training", "loss", "descent")
    ]


def _mark(axes: np.ndarray, rows: Sequence[PanelRow], table: Table, drawn: Table) -> None:
    """The level that ε must not exceed, and the median step from which on the guarantee holds."""
    level = float(table["epsilon_level"][0])
    for panels, (quantity, agent, *_), row in zip(axes, _PANELS, rows, strict=True):
        if quantity == "epsilon":
            for panel in panels:
                panel.axhline(level, color="0.35", linewidth=0.8, linestyle=":")
        if quantity == "holds":
            for line in row.lines:
                where = {**line.where, "agent": agent, "quantity": "onset"}
                at = float(select(drawn, **where)["median"][0])
                if np.isfinite(at):
                    look = {"color": style.colour_of(line.colour), "linestyle": ":"}
                    panels[0].axvline(at, linewidth=0.8, zorder=0, **look)


def _tidy(axes: np.ndarray) -> None:
    """Logarithmic x axes, shares from 0 to 1, one legend."""
    for panel in axes.flat:
        panel.set_xscale("log")
    for (quantity, *_), panels in zip(_PANELS, axes, strict=True):
        if quantity == "holds":
            panels[0].set_ylim(-0.04, 1.04)
    for panel in axes[1:, 1]:
        _without_legend(panel)
    axes[-1, 0].set_xlabel("step of training")
    axes[-1, 1].set_xlabel("−log L, L the loss of all samples")


def _without_legend(panel: Axes) -> None:
    legend = panel.get_legend()
    if legend is not None:
        legend.remove()
