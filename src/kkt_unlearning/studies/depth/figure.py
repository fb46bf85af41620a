"""Unlearning in networks of two, three and four layers: the certificate, and which terms are left."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.columns import epsilon_at
from kkt_unlearning.studies.style import Line, PanelRow
from kkt_unlearning.studies.summary import Table, select, stack, summarise, take

EPSILON_FLOOR, PART_FLOOR, DISTANCE_FLOOR = 1e-3, 1e-4, 1e-3
AGAINST_STEP = (
    *(epsilon_at(), epsilon_at(nothing=True), "epsilon", "epsilon_autograd"),
    *("epsilon_orthogonal", "delta", "tau"),
)
AGAINST_DIMENSION = (
    *("part_training", "part_cell", "part_flips", "part_total", "epsilon", "delta", "tau"),
    *("input_cosine", "class_cosine", "residual", "residual_autograd"),
    *("margin_same", "margin_other", "margin_forgotten"),
    *("distance_retrained", "distance_retrained_original"),
    *("distance_continued", "distance_continued_original"),
)


def _line(
    quantity: str,
    label: str,
    colour: str,
    dash: str = "-",
    *,
    layers: str = "equal",
    floor: float = 0.0,
) -> Line:
    return Line({"quantity": quantity, "layers": layers}, label, colour, dash, floor)


def _part(*look: str) -> Line:
    return _line(*look, floor=PART_FLOOR)


def _distance(*look: str, layers: str = "equal") -> Line:
    return _line(*look, layers=layers, floor=DISTANCE_FLOOR)


def _epsilon(*look: str, layers: str = "equal") -> Line:
    return _line(*look, layers=layers, floor=EPSILON_FLOOR)


_STEP = PanelRow(
    "relative ε at θ̃\nfor δ = 0.1 λ̄",
    (
        _epsilon(epsilon_at(nothing=True), style.NOTHING, "original", "--"),
        _epsilon(epsilon_at(), "at θ̃", "all_layers"),
        _epsilon(epsilon_at(), "deeper layers by half", "deeper_halved", "--", layers="halved"),
    ),
    EPSILON_FLOOR,
)
_DIMENSION = (
    PanelRow(
        "what is left of\nstationarity at θ′",
        (
            _part("part_flips", "derivatives that changed", "changed"),
            _part("part_cell", "gradients that moved", "cell"),
            _part("part_training", "left from training", "trained", "--"),
        ),
        PART_FLOOR,
    ),
    PanelRow(
        "1 − cosine to the\nretrained network",
        (
            _distance("distance_retrained_original", style.NOTHING, "original", "--"),
            _distance("distance_retrained", "after the step", "all_layers"),
            _distance(
                "distance_retrained",
                "deeper layers by half",
                "deeper_halved",
                "--",
                layers="halved",
            ),
        ),
        DISTANCE_FLOOR,
    ),
)


def draw(table: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """ε against the step at the largest d; terms and distances against d; a column a network.

    Args:
        table: rows of the measure depth over a sweep of the dimension.

    Returns:
        The figure, and the medians and bands that it shows.
    """
    along = take(table, table["dimension"] == table["dimension"].max())
    drawn = stack(
        [
            _summary("step", along, AGAINST_STEP),
            _summary("dimension", select(table, fraction=1.0), AGAINST_DIMENSION),
        ]
    )
    names, rows = style.networks_of(table), (_STEP, *_DIMENSION)
    with style.styled():
        figure, axes = style.panels(6.4, (len(rows), len(names)), sharex="row", sharey="row")
        for column, name in zip(axes.T, names, strict=True):
            column[0].set_title(style.name_of(name))
            _column(column, select(drawn, network=name), rows)
        style.finish(axes, rows)
    return figure, drawn


def _summary(panel: str, table: Table, quantities: Sequence[str]) -> dict[str, np.ndarray]:
    by = ["network", "dimension", "layers", "fraction"]
    found = summarise(table, by, quantities)
    return {"panel": np.full(len(found["network"]), panel)} | found


def _column(axes: Sequence[Axes], drawn: Table, rows: Sequence[PanelRow]) -> None:
    first, *others = axes
    style.draw_lines(first, select(drawn, panel="step"), "fraction", rows[0].lines)
    first.axvline(1.0, color="0.6", linewidth=0.8, linestyle=":", zorder=0)
    first.set_xlabel("step / prescribed step")
    for panel, row in zip(others, rows[1:], strict=True):
        style.draw_lines(panel, select(drawn, panel="dimension"), "dimension", row.lines)
        panel.set_xscale("log")
    others[-1].set_xlabel("dimension d")
