"""Words inside a panel, next to what they speak of."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke


def note(axes: Axes, at: tuple[float, float], text: str, colour: str, **more: Any) -> None:
    """A text at a place in data, in the colour of its line; none outside the panel or where it is infinite.

    A white rim keeps it off what it crosses. ``more``: of matplotlib's ``text``.
    """
    if not np.isfinite(at).all():
        return
    rim = [withStroke(linewidth=2.0, foreground="white")]
    look: dict[str, Any] = {"color": colour, "fontsize": 6.5, "va": "center", "ha": "center"}
    axes.text(*at, text, path_effects=rim, clip_on=True, **{**look, **more})
