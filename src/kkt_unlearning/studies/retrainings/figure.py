"""The distance to the retrained network, after the step, before it, and of a second retraining."""

import numpy as np
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.style import Line, PanelRow
from kkt_unlearning.studies.summary import Table, stack, summarise

QUANTITIES = ("distance", "outputs_fresh", "outputs_forgotten", "labels_differ")
FLOORS = {"distance": 1e-5, "outputs_fresh": 1e-3, "outputs_forgotten": 1e-3}
_METHODS = (
    ("nothing", style.NOTHING, "original", "--"),
    ("prescribed", "prescribed step", "exact", "-"),
    ("retraining", "a second\nretraining", "trained", "-"),
)
_LABELS = {
    "distance": "weights:\n1 − cosine",
    "outputs_fresh": "outputs on fresh\nsamples, relative",
    "outputs_forgotten": "output at the\nforgotten sample",
    "labels_differ": "fresh samples with\nanother label",
}


def _row(quantity: str) -> PanelRow:
    """Its lines; only the first row of panels names them in a legend."""
    floor, named = FLOORS.get(quantity), "" if quantity == QUANTITIES[0] else "_"
    lines = [
        Line({"quantity": quantity, "method": method}, named + label, colour, dash, floor or 0.0)
        for method, label, colour, dash in _METHODS
    ]
    return PanelRow(_LABELS[quantity], lines, floor)


def draw(gaussian: Table, digits: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """Distances to the retrained two-layer network: Gaussian data against d, images against mixing.

    Args:
        gaussian, digits: retrainings rows.

    Returns:
        The figure, and the medians and bands that it shows, those of other networks too: ``x`` is the
        dimension or the mixing.
    """
    drawn = stack([_drawn(gaussian, "dimension"), _drawn(digits, "mixing")])
    lines = [_row(quantity) for quantity in QUANTITIES]
    panels = {
        "dimension": ("Gaussian data", "dimension d"),
        "mixing": ("handwritten digits", "mixing t"),
    }
    with style.styled():
        figure, axes = style.panels(6.6, (len(lines), len(panels)), sharex="col", sharey="row")
        for column, (along, (title, label)) in zip(axes.T, panels.items(), strict=True):
            shown = _two_layers(drawn, along)
            column[0].set_title(f"{style.name_of('two_layer')}, {title}")
            column[-1].set_xlabel(label)
            for panel, row in zip(column, lines, strict=True):
                style.draw_lines(panel, shown, "x", row.lines)
                panel.set_xscale("log")
        style.finish(axes, lines)
    return figure, drawn


def _drawn(table: Table, along: str) -> dict[str, np.ndarray]:
    found = summarise(table, ["experiment", "network", "method", along], QUANTITIES)
    x = {"along": np.full(len(found[along]), along), "x": np.asarray(found[along], float)}
    return x | {name: column for name, column in found.items() if name != along}


def _two_layers(drawn: Table, along: str) -> Table:
    shown = (drawn["along"] == along) & (np.asarray(drawn["network"]) != "linear")
    return {name: column[shown] for name, column in drawn.items()}
