"""The certificate against the step as a fraction of the prescribed one: the paper's Figure 1, and more."""

import numpy as np
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.joint import epsilon_at
from kkt_unlearning.studies.style import Line, PanelRow
from kkt_unlearning.studies.summary import Table, summarise

EPSILON_FLOOR, TAU_FLOOR = 1e-5, 1e-6
QUANTITIES = (
    epsilon_at(),
    epsilon_at(nothing=True),
    "epsilon",
    "restored_bound",
    "epsilon_autograd",
    "epsilon_clarke",
    "epsilon_bound",
    "delta",
    "delta_budget",
    "tau",
    "tau_star",
)


def _line(
    quantity: str, start: str, label: str, colour: str, dash: str = "-", *, floor: float = 0.0
) -> Line:
    return Line({"quantity": quantity, "start": start}, label, colour, dash, floor)


_RESTORED = (
    _line(epsilon_at(nothing=True), "exact", "doing nothing", "original", floor=EPSILON_FLOOR),
    _line(epsilon_at(), "exact", "from the exact\nKKT point", "exact", floor=EPSILON_FLOOR),
    _line(
        epsilon_at(), "trained", "from the\ntrained weights", "trained", "--", floor=EPSILON_FLOOR
    ),
    _line(
        "restored_bound",
        "exact",
        "bound for the\nδ allowed to it",
        "exact",
        ":",
        floor=EPSILON_FLOOR,
    ),
)
_UNRESTORED = (
    _line("epsilon_autograd", "exact", "0/1 derivative", "autograd"),
    _line("epsilon_clarke", "exact", "Clarke derivative", "clarke", "--"),
    _line("epsilon_bound", "exact", "bound (Clarke)", "bound", ":"),
)
_SLACKNESS = (
    _line("delta", "exact", "from the exact\nKKT point", "exact"),
    _line("delta_budget", "exact", "allowed to it", "exact", ":"),
    _line("delta", "trained", "from the\ntrained weights", "trained", "--"),
)
_DIRECTION = (
    _line("tau_star", "exact", "τ* to the KKT\npoint next to θ̃", "tau_star", floor=TAU_FLOOR),
    _line("tau", "exact", "τ to θ̃", "tau", floor=TAU_FLOOR),
)
_ROWS = (
    PanelRow("ε at θ̃, δ = 0.1 λ̄", _RESTORED, EPSILON_FLOOR),
    PanelRow("relative ε at θ′ (τ = 0)", _UNRESTORED, None),
    PanelRow("δ at θ̃", _SLACKNESS, None),
    PanelRow("1 − cosine to θ′", _DIRECTION, TAU_FLOOR),
)


def draw(table: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """ε, δ, τ and their bounds against the fraction α of the prescribed step, one column a network.

    Args:
        table: evaluation rows with several fractions.

    Returns:
        The figure, and the medians and bands that it shows.
    """
    drawn = summarise(table, ["network", "start", "fraction"], QUANTITIES)
    networks = style.networks_of(table)
    with style.styled():
        figure, axes = style.grid(7.6, networks, _ROWS, drawn, "fraction", "step / prescribed step")
        for panel in axes.flat:
            panel.axvline(1.0, color="0.6", linewidth=0.8, linestyle=":", zorder=0)
        style.finish(axes, _ROWS)
    return figure, drawn
