"""Unlearning in networks of two, three and four layers: the distance to retraining, and the certificate."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.columns import epsilon_at
from kkt_unlearning.studies.style import Line, PanelRow
from kkt_unlearning.studies.summary import Table, select, stack, summarise, take

AGAINST_STEP = (
    *(epsilon_at(), epsilon_at(nothing=True), "epsilon", "epsilon_autograd"),
    *("epsilon_orthogonal", "delta", "tau", "distance_retrained", "distance_retrained_original"),
)
AGAINST_DIMENSION = (
    *("part_training", "part_cell", "part_flips", "part_total", "epsilon", "delta", "tau"),
    *("input_cosine", "class_cosine", "residual", "residual_autograd"),
    *("margin_same", "margin_other", "margin_forgotten"),
    *("distance_retrained", "distance_retrained_original"),
    *("distance_continued", "distance_continued_original"),
)
FLOOR = 1e-3


def _row(label: str, quantity: str, nothing: str) -> PanelRow:
    where = {"panel": "step", "layers": "equal"}
    before = Line(where | {"quantity": nothing}, style.NOTHING, "original", "--", FLOOR, marker="")
    after = Line(where | {"quantity": quantity}, "after the step", "exact", floor=FLOOR)
    return PanelRow(label, (before, after), FLOOR)


_ROWS = (
    _row(
        "1 − cosine of θ′ to the\nretrained network\n(lower is better)",
        "distance_retrained",
        "distance_retrained_original",
    ),
    _row(style.EPSILON, epsilon_at(), epsilon_at(nothing=True)),
)


def draw(table: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """The distance to retraining, and ε, against the step at the largest d; a column a network.

    Args:
        table: rows of the measure depth over a sweep of the dimension.

    Returns:
        The figure, and medians and bands of all quantities: against the step, and after the prescribed one
        against d.
    """
    along = take(table, table["dimension"] == table["dimension"].max())
    drawn = stack(
        [
            _summary("step", along, AGAINST_STEP),
            _summary("dimension", select(table, fraction=1.0), AGAINST_DIMENSION),
        ]
    )
    names, label = style.networks_of(table), style.STEP_SIZE
    with style.styled():
        figure, axes = style.grid(4.4, names, _ROWS, drawn, "fraction", label)
        for panel in axes.flat:
            panel.axvline(1.0, color="0.6", linewidth=0.8, linestyle=":", zorder=0, label="_")
        style.finish(axes, _ROWS)
    return figure, drawn


def _summary(panel: str, table: Table, quantities: Sequence[str]) -> dict[str, np.ndarray]:
    by = ["network", "dimension", "layers", "fraction"]
    found = summarise(table, by, quantities)
    return {"panel": np.full(len(found["network"]), panel)} | found
