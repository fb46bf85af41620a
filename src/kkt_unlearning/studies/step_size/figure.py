"""ε against the step as a fraction of the prescribed one: the paper's Figure 1, beside doing nothing."""

import numpy as np
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.columns import epsilon_at
from kkt_unlearning.studies.labels import name_lines
from kkt_unlearning.studies.steps import EPSILON_FLOOR, QUANTITIES
from kkt_unlearning.studies.style import Line
from kkt_unlearning.studies.summary import Table, select, summarise

_LINES = tuple(
    Line({"quantity": quantity, "start": start}, name, colour, dash, EPSILON_FLOOR)
    for quantity, start, name, colour, dash in (
        (epsilon_at(nothing=True), "exact", style.NOTHING, "original", "--"),
        ("epsilon_autograd", "exact", "θ′", "autograd", "-"),
        ("epsilon_autograd", "trained", "θ′, trained", "two_layer", "--"),
        (epsilon_at(), "exact", "θ̃", "exact", "-"),
        (epsilon_at(), "trained", "θ̃, trained", "trained", "--"),
    )
)


def draw(table: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """ε at the unlearned network θ′ and at the restored one θ̃ against the step, a panel a network.

    Args:
        table: evaluation rows with several fractions.

    Returns:
        The figure, and the medians and bands that it shows, with δ, τ, τ* and the bounds beside them.
    """
    drawn = summarise(table, ["network", "start", "fraction"], QUANTITIES)
    networks = style.networks_of(table)
    with style.styled():
        figure, axes = style.panels(3.2, (1, len(networks)), sharey=True)
        for panel, network in zip(axes[0], networks, strict=True):
            style.draw_lines(panel, select(drawn, network=network), "fraction", _LINES)
            panel.axvline(1.0, color="0.6", linewidth=0.8, linestyle=":", zorder=0)
            panel.set(title=style.name_of(network), xlabel="step / prescribed step")
        axes[0, 0].set_ylabel("relative ε")
        style.log_scale(axes[0, 0], EPSILON_FLOOR)
        name_lines(axes[0, -1])
    return figure, drawn
