"""What of a forgotten sample is found in both networks and in one alone, against the dimension."""

import numpy as np
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.style import Line, PanelRow
from kkt_unlearning.studies.summary import Table, summarise

QUANTITIES = ("both_miss", "alone", "overlap", "remaining", "multiplier")
FLOOR = 1e-6
_MODELS = (
    ("step", "after the step", "exact", "-"),
    ("restored", "restored", "clarke", "--"),
    ("downdate", "dual downdate", "trained", "-."),
    ("retrained", "retrained", "reference", "-"),
)


def _lines(quantity: str, start: str, *, floor: float = 0.0) -> list[Line]:
    return [
        Line({"quantity": quantity, "start": start, "model": model}, label, colour, dash, floor)
        for model, label, colour, dash in _MODELS
    ]


def _alone(start: str) -> list[Line]:
    before = Line(
        {"quantity": "alone", "start": start, "model": "nothing"}, style.NOTHING, "original", "--"
    )
    theirs = {"quantity": "overlap", "start": start, "model": "nothing"}
    return [
        before,
        *_lines("alone", start),
        Line(theirs, "span of the others", "bound", ":"),
    ]


_ROWS = (
    PanelRow(
        "both networks: 1 − cosine\n(low: found)", _lines("both_miss", "exact", floor=FLOOR), FLOOR
    ),
    PanelRow("one exact network:\ncosine (high: found)", _alone("exact"), None, top=1.0),
    PanelRow("one trained network:\ncosine (high: found)", _alone("trained"), None, top=1.0),
)


def draw(table: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """Cosines to the forgotten sample, one column a network.

    Args:
        table: reconstruction rows.

    Returns:
        The figure, and the medians and bands that it shows.
    """
    drawn = summarise(table, ["network", "start", "model", "dimension"], QUANTITIES)
    names = style.networks_of(table)
    with style.styled():
        figure, axes = style.grid(5.6, names, _ROWS, drawn, "dimension", "dimension d")
        for panel in axes.ravel():
            panel.set_xscale("log")
        style.finish(axes, _ROWS)
    return figure, drawn
