"""Why the stationarity residual of automatic differentiation stalls: the kinks, along training."""

import numpy as np
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.style import Line
from kkt_unlearning.studies.summary import Table, select, summarise

QUANTITIES = (
    "residual_autograd",
    "residual_clarke",
    "distance_exact",
    "snap_distance",
    "kink_fraction",
    "normalised_margin",
)
_SHOWN = "normalised step"  # gets further than the constant one in as many
_PANELS = (  # title, label, quantities with name, colour and place of the name, lowest value
    (
        "stationarity residual",
        "relative residual (lower is better)",
        (
            ("residual_autograd", "derivatives 0 or 1", "autograd", (0.97, 0.84)),
            ("residual_clarke", "Clarke: from 0 to 1\non a kink", "clarke", (0.55, 0.35)),
        ),
        1e-3,
    ),
    (
        "distance to KKT",
        "1 − cosine of θ to the exact\nKKT point (lower is better)",
        (("distance_exact", "", "flipped", (0, 0)),),
        1e-6,
    ),
    (
        "share near a kink",
        "share of pre-activations\nwithin reach of one more step",
        (("kink_fraction", "", "flipped", (0, 0)),),
        None,
    ),
)


def draw(table: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """Residuals, distance to the exact KKT point and kinks, with the normalised step where there is one.

    Args:
        table: stationarity rows along training, with the normalised and with the constant step.

    Returns:
        The figure, and medians and bands of all quantities with either step.
    """
    drawn = summarise(table, ["network", "descent", "step"], QUANTITIES)
    drawn["descent"] = np.array([f"{name} step" for name in drawn["descent"]])
    steps = drawn["descent"].tolist()
    shown = select(drawn, descent=_SHOWN if _SHOWN in steps else steps[0])
    with style.styled():
        figure, axes = style.panels(2.7, (1, len(_PANELS)))
        for panel, (title, label, looks, floor) in zip(axes[0], _PANELS, strict=True):
            for quantity, name, colour, place in looks:
                line = Line({"quantity": quantity}, name, colour, floor=floor or 0.0)
                style.draw_lines(panel, shown, "step", [line])
                look = {"color": style.COLOURS[colour], "fontsize": 6.5, "ha": "right"}
                panel.text(*place, name, transform=panel.transAxes, **look)
            panel.set(xscale="log", title=title, ylabel=label, xlabel="step of training")
            if floor is None:
                panel.set_ylim(0, 1)
            else:
                style.log_scale(panel, floor)
    return figure, drawn
