"""The certificate against the step as a fraction of the prescribed one, of any experiment that has one."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from kkt_unlearning.studies import style
from kkt_unlearning.studies.columns import epsilon_at
from kkt_unlearning.studies.style import Line, PanelRow
from kkt_unlearning.studies.summary import Table, groups, stack, summarise

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
    _line(epsilon_at(nothing=True), "exact", style.NOTHING, "original", floor=EPSILON_FLOOR),
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
    PanelRow("ε at θ̃ for\nrelative δ = 0.1", _RESTORED, EPSILON_FLOOR),
    PanelRow("relative ε at θ′ (τ = 0)", _UNRESTORED, None),
    PanelRow("δ at θ̃", _SLACKNESS, None),
    PanelRow("1 − cosine to θ′", _DIRECTION, TAU_FLOOR),
)


# Columns of panels, and how many inches each has where there are more than fit the page.
MOST_COLUMNS = 12
_EACH = 2.4


def draw(table: Table, by: Sequence[str] = ("network",)) -> tuple[Figure, dict[str, np.ndarray]]:
    """ε, δ, τ and their bounds against the fraction α of the prescribed step.

    Args:
        table: evaluation rows, usually with several fractions.
        by: columns that tell one column of panels from another, the network among them. Of more than
            `MOST_COLUMNS` the first ones are drawn.

    Returns:
        The figure, and the medians and bands of all columns.
    """
    drawn = summarise(table, [*by, "start", "fraction"], QUANTITIES)
    titled = with_titles(drawn, by)
    titles = list(dict.fromkeys(titled["title"].tolist()))[:MOST_COLUMNS]
    with style.styled():
        figure = grid(titles, _ROWS, titled)
    return figure, drawn


def grid(
    titles: Sequence[str],
    panels: Sequence[PanelRow],
    titled: Table,
    *,
    room: float = 0.0,
    marks: Sequence[Line2D] = (),
) -> Figure:
    """Panels against the step, a column for each title, with ``room`` inches to their right."""
    label = style.STEP_SIZE
    figure, axes = style.grid(7.6, titles, panels, titled, "fraction", label, by="title")
    figure.set_figwidth(max(style.WIDTH, _EACH * len(titles) + room))
    for panel in axes.flat:
        panel.axvline(1.0, color="0.6", linewidth=0.8, linestyle=":", zorder=0)
    style.finish(axes, panels, marks)
    return figure


def with_titles(table: Table, by: Sequence[str]) -> dict[str, np.ndarray]:
    """The table sorted by networks as figures have them, then as its rows are, with a column ``title``."""
    order = style.networks_of(table)
    found = sorted(
        ((dict(zip(by, key, strict=True)), cases) for key, cases in groups(table, *by)),
        key=lambda item: order.index(item[0]["network"]),
    )
    parts = []
    for values, cases in found:
        title = np.full(len(cases["network"]), title_of(values), dtype=object)
        parts.append({**cases, "title": title})
    return stack(parts)


def title_of(values: dict[str, object]) -> str:
    """``two-layer ReLU``, and in a second line what else tells the columns apart."""
    others = [
        f"{name} {style.value_of(value)}" for name, value in values.items() if name != "network"
    ]
    name = style.name_of(str(values["network"]))
    return "\n".join([name, ", ".join(others).replace("_", " ")] if others else [name])
