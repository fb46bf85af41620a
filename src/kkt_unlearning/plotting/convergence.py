"""What the guarantee is worth along training, against time and against the loss."""

import numpy as np
from matplotlib.figure import Figure

from kkt_unlearning.plotting import style
from kkt_unlearning.plotting.style import Line, Row
from kkt_unlearning.summary import Table, groups, median, stack, summarise, take

TAU_FLOOR, EPSILON_FLOOR = 1e-5, 1e-3
_PANELS = (  # quantity, agent
    ("tau_star", "exact"),
    ("epsilon", "exact"),
    ("epsilon", "clarke"),
    ("holds", "exact"),
    ("holds", "clarke"),
)


def draw(table: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """τ*, ε and how often the guarantee holds, against the step (left) and against ``−log L`` (right).

    Args:
        table: rows along several trainings, with the columns of
            :func:`kkt_unlearning.convergence.convergence_rows`.

    Returns:
        The figure, and the medians and bands that it shows; for ``holds``, ``median`` is the share of cases.
    """
    drawn = _summary(table)
    lines = _rows(drawn)
    with style.styled():
        figure, axes = style.panels(8.4, (len(lines), 2), sharey="row")
        for panels, row in zip(axes, lines, strict=True):
            style.draw_lines(panels[0], drawn, "step", row.lines)
            style.draw_lines(
                panels[1], take(drawn, drawn["minus_log_loss"] > 0), "minus_log_loss", row.lines
            )
        for panel in axes.flat:
            panel.set_xscale("log")
        for panels in axes[:-1]:
            for panel in panels:
                panel.tick_params(labelbottom=False)
        for column in axes.T:
            for panel in column[1:]:
                panel.sharex(column[0])
        axes[-1, 0].set_xlabel("step of training")
        axes[-1, 1].set_xlabel("−log L")
        style.finish(axes, lines)
        for panels in axes[[row.floor is None for row in lines]]:
            for panel in panels:
                panel.set_ylim(-0.03, 1.03)
        for panel in axes[1:, 1]:
            panel.get_legend().remove()
    return figure, drawn


def _summary(table: Table) -> dict[str, np.ndarray]:
    """Medians and bands by training, snapshot, agent and quantity, with the median ``−log L`` beside them."""
    by = ["training", "loss", "descent", "agent", "step"]
    numbers = summarise(table, by, ["tau_star", "epsilon"])
    shares = summarise(dict(table) | {"holds": np.asarray(table["holds"], float)}, by, ["holds"])
    for group, place in _places(table, by, shares):
        share = float(np.mean(group["holds"]))
        for name in ("median", "low", "high"):
            shares[name][place] = share
    drawn = stack([numbers, shares])
    depth = {
        key: median(group["minus_log_loss"]) for key, group in groups(table, "training", "step")
    }
    keys = zip(drawn["training"].tolist(), drawn["step"].tolist(), strict=True)
    return drawn | {"minus_log_loss": np.array([depth[key] for key in keys])}


def _places(table: Table, by: list[str], summary: Table):
    """Rows of the table and the row of the summary that sums them up."""
    return ((group, place) for place, (_, group) in enumerate(groups(table, *by)))


def _rows(drawn: Table) -> list[Row]:
    labels = {
        "tau_star": "τ*",
        "epsilon": "relative ε at θ̃",
        "holds": "share that holds",
    }
    floors = {"tau_star": TAU_FLOOR, "epsilon": EPSILON_FLOOR, "holds": None}
    whose = {"exact": "0/1 derivatives", "clarke": "Clarke derivatives"}
    found = []
    for quantity, agent in _PANELS:
        floor = floors[quantity]
        lines = [
            Line(
                {"training": training, "agent": agent, "quantity": quantity},
                f"{loss},\n{descent}",
                loss,
                "-" if descent == "normalised" else "--",
                floor=floor or 0.0,
            )
            for (training, loss, descent), _ in groups(drawn, "training", "loss", "descent")
        ]
        found.append(Row(f"{labels[quantity]}\n({whose[agent]})", lines, floor))
    return found
