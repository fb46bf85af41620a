"""What of a forgotten sample is found in both networks and in one alone, against the dimension."""

import numpy as np
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.style import Line, PanelRow
from kkt_unlearning.studies.summary import Table, select, summarise

QUANTITIES = ("both", "both_miss", "alone", "overlap", "remaining", "multiplier")
_MODELS = (
    ("step", "prescribed step", "exact", "-"),
    ("downdate", "dual downdate", "trained", "-."),
    ("retrained", "retraining", "reference", "-"),
)


def _lines(quantity: str) -> list[Line]:
    """Found in ``quantity``; before, with one network only; and as much as the others span."""
    lines = [
        Line({"quantity": quantity, "model": model}, label, colour, dash)
        for model, label, colour, dash in _MODELS
    ]
    before = Line({"quantity": "alone", "model": "nothing"}, style.NOTHING, "original", "--")
    theirs = {"quantity": "overlap", "model": "nothing"}
    return [before, *lines, Line(theirs, "span of the others", "bound", ":")]


_ROWS = (
    PanelRow("before and after:\ncosine to the sample", _lines("both"), None, top=1.0),
    PanelRow("network after, alone:\ncosine to the sample", _lines("alone"), None, top=1.0),
)


def draw(table: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """Cosines to the forgotten sample after steps from trained weights, one column a network.

    Args:
        table: reconstruction rows.

    Returns:
        The figure, and the medians and bands of all cases, also of those from the exact KKT point.
    """
    found = {"both": 1 - np.asarray(table["both_miss"])}
    drawn = summarise(dict(table) | found, ["network", "start", "model", "dimension"], QUANTITIES)
    names, shown = style.networks_of(table), select(drawn, start="trained")
    with style.styled():
        figure, axes = style.grid(4.0, names, _ROWS, shown, "dimension", style.DIMENSION)
        for panel in axes.ravel():
            panel.set_xscale("log")
        style.finish(axes, _ROWS)
        for first in axes[:, 0]:
            first.set_yticks([0, 0.5, 1], ["hidden: 0", "0.5", "found: 1"])
    return figure, drawn
