"""The certificate surface of one unlearned network: least ε over the allowed δ and τ."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from kkt_unlearning.certificates.surface import Surface
from kkt_unlearning.studies import style

_FLOOR = 1e-4  # smaller ε have the colour of this one
_LEVELS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
_TICKS = 6


def draw(surface: Surface, index: int = 0) -> Figure:
    """A map of relative ε, relative δ to the right and τ upwards, from 0 on; grey without a certificate.

    Args:
        surface: from :func:`kkt_unlearning.certificates.surface.surface`.
        index: which of its steps.
    """
    delta, tau, epsilon = surface.delta[index], surface.tau[index], surface.epsilon[index]
    values = np.ma.masked_invalid(np.maximum(epsilon, _FLOOR).T)
    with style.styled():
        figure, axes = style.panels(4.4, (1, 1))
        panel = axes[0, 0]
        panel.grid(False)
        panel.set_facecolor("0.85")
        mesh = panel.pcolormesh(
            values, cmap="viridis_r", norm=LogNorm(_FLOOR, 1.0), rasterized=True
        )
        _contours(panel, values)
        _ticks(panel.set_xticks, surface.relative_delta[index])
        _ticks(panel.set_yticks, tau)
        panel.set_xlabel("relative δ allowed: slack λ (q − 1) over the mean λ")
        panel.set_ylabel("τ allowed: 1 − cosine to the unlearned network")
        _mark(panel, "θ̃", surface.delta_star[index], delta, surface.tau_restored[index], tau)
        panel.set_title(
            "bottom row: the network θ′ itself; top row: an exact KKT point;\n"
            "θ̃: the network put back into its activation cell, at the δ allowed to it"
        )
        figure.colorbar(mesh, ax=panel, label="least relative ε found (1e-4: or less)")
    return figure


def _contours(panel: Axes, values: np.ma.MaskedArray) -> None:
    values = values[:-1]  # at the last τ the exact KKT point is reached, and ε falls to 0
    rows, columns = values.shape
    inside = values.compressed()
    levels = [level for level in _LEVELS if inside.size and inside.min() < level < inside.max()]
    if levels:
        lines = panel.contour(
            np.arange(columns) + 0.5,
            np.arange(rows) + 0.5,
            values,
            levels,
            colors="white",
            linewidths=0.8,
        )
        panel.clabel(lines, fmt="%g", fontsize=7)


def _mark(
    panel: Axes, name: str, x: float, columns: np.ndarray, y: float, rows: np.ndarray
) -> None:
    """A point between the cells of the grid, where it lies on it."""
    if x <= columns[-1] and y <= rows[-1]:
        at = [
            float(np.interp(value, grid, np.arange(len(grid)) + 0.5))
            for value, grid in ((x, columns), (y, rows))
        ]
        panel.plot(*at, "o", color="white", markersize=4)
        panel.annotate(name, (at[0], at[1]), (5, -9), textcoords="offset points", color="white")


def _ticks(place: Callable[..., object], values: Sequence[float]) -> None:
    """Some of the grid's values at the middle of their cells; the first is 0."""
    chosen = np.unique(np.linspace(0, len(values) - 1, _TICKS).round().astype(int))
    place(chosen + 0.5, [f"{values[i]:.2g}" for i in chosen])
