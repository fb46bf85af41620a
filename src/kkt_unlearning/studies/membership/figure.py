"""What membership inference sees of a forgotten sample, against the size of the step."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.labels import name_lines
from kkt_unlearning.studies.style import Line
from kkt_unlearning.studies.summary import Table, rows, select, stack, summarise

SHADES = ("tau", "clarke", "two_layer", "retrained", "reference")  # one colour a dimension
ALONG = "dimension"
QUANTITIES = ("auc", "auc_nothing", "tpr_1", "tpr_10", "tau_star", "epsilon", "scaled_shift")


def draw(table: Table, klom: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """AUC of U-LiRA against the step, a line for each dimension, one column a network.

    Args:
        table: attacks, one row an attack, fraction and sample.
        klom: divergences, one row a set, fraction and sample.

    Returns:
        The figure, and medians and 10-90 % bands over pools and samples; ``series`` is the attack, of which
        one is drawn, or ``klom``.
    """
    drawn = _numbers(table, klom)
    networks = style.networks_of(table)
    with style.styled():
        figure, axes = style.panels(2.9, (1, len(networks)), sharex=True, sharey=True)
        for panel, network in zip(axes[0], networks, strict=True):
            panel.set_title(style.name_of(network))
            panel.set_xlabel(style.STEP_SIZE)
            _draw_panel(panel, select(drawn, network=network, series="u_lira"))
        axes[0, 0].set_ylabel("AUC of the membership attack\nU-LiRA (lower: better hidden)")
        name_lines(axes[0, -1], at_edge=True)
    return figure, drawn


def _numbers(table: Table, klom: Table) -> dict[str, np.ndarray]:
    unlearned = select(table, models="unlearned")
    keys = ["network", ALONG, "fraction"]
    named = {"series": unlearned["attack"], "scaled_shift": _scaled(unlearned)}
    attacks = summarise(unlearned | named, ["series", *keys], QUANTITIES)
    forgotten = select(klom, set="forget")
    named = forgotten | {"series": np.full(rows(forgotten), "klom")}
    return stack(
        [attacks, summarise(named, ["series", *keys], ["klom", "klom_nothing", "noise_mean"])]
    )


def _scaled(table: Table) -> np.ndarray:
    """The shift that τ* allows an output, over the standard deviation of models without the sample."""
    spread = np.where(table["spread"] > 0, table["spread"], np.nan)
    return table["shift_bound"] / spread


def _draw_panel(axes: Axes, lira: Table) -> None:
    """A line for each dimension; chance, and what is found if nothing is done, at the largest one."""
    dimensions = np.unique(lira[ALONG]).tolist()
    names = [f"d = {d:.0f}" for d in dimensions]
    if len(names) > 1:
        names[-1] += "\n(most orthogonal)"
    lines = [
        Line({ALONG: d}, name, SHADES[i % len(SHADES)])
        for i, (d, name) in enumerate(zip(dimensions, names, strict=True))
    ]
    style.draw_lines(axes, select(lira, quantity="auc"), "fraction", lines)
    idle = select(lira, quantity="auc_nothing", **{ALONG: dimensions[-1]})
    ends = np.min(idle["fraction"]), np.max(idle["fraction"])
    style.nothing_line(axes, ends, np.full(2, idle["median"][0]))
    look: dict[str, Any] = {"color": style.COLOURS["reference"], "linewidth": 0.9}
    axes.plot(ends, (0.5, 0.5), ":", label="chance", **look)
