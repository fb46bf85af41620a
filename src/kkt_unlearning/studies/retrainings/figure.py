"""The distance to the retrained network, after the step, before it, and of a second retraining."""

import numpy as np
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.style import Line, PanelRow
from kkt_unlearning.studies.summary import Table, stack, summarise

QUANTITIES = ("distance", "outputs_fresh", "outputs_forgotten", "labels_differ")
_METHODS = (
    ("nothing", style.NOTHING, "original", "--"),
    ("prescribed", "prescribed step", "exact", "-"),
    ("retraining", "a second\nretraining", "trained", "-"),
)


def _row(quantity: str, label: str, floor: float) -> PanelRow:
    lines = [
        Line({"quantity": quantity, "method": method}, name, colour, dash, floor)
        for method, name, colour, dash in _METHODS
    ]
    return PanelRow(label, lines, floor)


_ROWS = (
    _row("distance", "in weights:\n1 − cosine", 1e-5),
    _row("outputs_fresh", "in outputs on fresh\nsamples, relative", 1e-3),
)
_PANELS = {
    "dimension": ("two-layer ReLU, Gaussian data", style.DIMENSION),
    "mixing": ("two-layer ReLU, digits", "mixing t (← more orthogonal)"),
}


def draw(gaussian: Table, digits: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """Distances to the retrained two-layer network: Gaussian data against d, images against mixing.

    Args:
        gaussian, digits: retrainings rows.

    Returns:
        The figure, and medians and bands of all quantities and networks; ``x``: dimension or mixing.
    """
    drawn = stack([_drawn(gaussian, "dimension"), _drawn(digits, "mixing")])
    with style.styled():
        figure, axes = style.panels(4.2, (2, 2), sharex="col", sharey="row")
        for column, (along, (title, label)) in zip(axes.T, _PANELS.items(), strict=True):
            shown = _two_layers(drawn, along)
            column[0].set_title(title)
            column[-1].set_xlabel(label)
            for panel, row in zip(column, _ROWS, strict=True):
                style.draw_lines(panel, shown, "x", row.lines)
                panel.set_xscale("log")
        style.finish(axes, _ROWS)
        figure.supylabel("distance to the retrained network (lower is nearer)", fontsize=8)
    return figure, drawn


def _drawn(table: Table, along: str) -> dict[str, np.ndarray]:
    found = summarise(table, ["experiment", "network", "method", along], QUANTITIES)
    x = {"along": np.full(len(found[along]), along), "x": np.asarray(found[along], float)}
    return x | {name: column for name, column in found.items() if name != along}


def _two_layers(drawn: Table, along: str) -> Table:
    shown = (drawn["along"] == along) & (np.asarray(drawn["network"]) != "linear")
    return {name: column[shown] for name, column in drawn.items()}
