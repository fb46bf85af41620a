"""Why the stationarity residual of automatic differentiation stalls: the kinks, along training."""

import numpy as np
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.style import Line, PanelRow
from kkt_unlearning.studies.summary import Table, summarise

QUANTITIES = (
    "residual_autograd",
    "residual_clarke",
    "distance_exact",
    "snap_distance",
    "kink_fraction",
    "normalised_margin",
)
RESIDUAL_FLOOR, DISTANCE_FLOOR = 1e-4, 1e-8


def _line(quantity: str, label: str, colour: str, dash: str = "-", *, floor: float = 0.0) -> Line:
    return Line({"quantity": quantity}, label, colour, dash, floor)


_ROWS = (
    PanelRow(
        "relative residual",
        (
            _line("residual_autograd", "derivatives 0/1", "autograd", floor=RESIDUAL_FLOOR),
            _line("residual_clarke", "Clarke", "clarke", "--", floor=RESIDUAL_FLOOR),
        ),
        RESIDUAL_FLOOR,
    ),
    PanelRow(
        "1 − cosine of θ to …",
        (
            _line("distance_exact", "exact KKT point", "exact", floor=DISTANCE_FLOOR),
            _line("snap_distance", "θ put on its kinks", "tau", "--", floor=DISTANCE_FLOOR),
        ),
        DISTANCE_FLOOR,
    ),
    PanelRow(
        "share of\npre-activations\non a kink",
        (_line("kink_fraction", "within reach of\none more step", "clarke"),),
        None,
    ),
)


def draw(table: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """Residuals, distance to the exact KKT point and kinks, one column a kind of step.

    Args:
        table: stationarity rows along training, with the normalised and with the constant step.

    Returns:
        The figure, and the medians and bands that it shows.
    """
    drawn = summarise(table, ["network", "descent", "step"], QUANTITIES)
    drawn["descent"] = np.array([f"{name} step" for name in drawn["descent"]])
    with style.styled():
        names, label = list(dict.fromkeys(drawn["descent"].tolist())), "step of training"
        figure, axes = style.grid(5.0, names, _ROWS, drawn, "step", label, by="descent")
        for panel in axes[-1]:
            panel.set_xscale("log")
        style.finish(axes, _ROWS)
    return figure, drawn
