"""Estimates of the KKT multipliers from a trained network against the exact dual."""

from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.summary import Table, from_records, groups, swept

ESTIMATES = ("least_squares", "loss_gradient", "orthogonal")
ERROR_FLOOR = 1e-6
_MARKERS = {"least_squares": "o", "loss_gradient": "X", "orthogonal": "^"}
_SHORT = {
    "least_squares": "least\nsquares",
    "loss_gradient": "loss\ngradients",
    "orthogonal": "orthogonal\nclosed form",
}


def draw(multipliers: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """Each estimate of each λ_i against the exact one, and its error over the largest exact λ.

    Args:
        multipliers: one row a sample, with the exact λ and a column for each estimate.

    Returns:
        The figure, and the points drawn (see :func:`relative_errors`).
        An infinite estimate stands at the upper edge and is counted there.
    """
    drawn = relative_errors(multipliers)
    networks = style.networks_of(multipliers)
    frame = pd.DataFrame(drawn)
    with style.styled():
        figure, axes = style.panels(5.2, (2, len(networks)))
        for (upper, lower), network in zip(axes.T, networks, strict=True):
            upper.set_title(style.name_of(network))
            _scatter(upper, frame[frame["network"] == network])
            _errors(lower, frame[frame["network"] == network])
        axes[0, 0].set_ylabel("estimated λ")
        axes[1, 0].set_ylabel("|estimate − exact| / largest λ")
        _name_estimates(axes[0, 0])
    return figure, drawn


def relative_errors(multipliers: Table) -> dict[str, np.ndarray]:
    """``|λ̂_i − λ_i| / max_k λ_k`` of each estimate of each sample, one row each."""
    found = []
    for (network, seed, *_), group in groups(multipliers, "network", "seed", *swept(multipliers)):
        largest = group["exact"].max()
        for name in ESTIMATES:
            for sample, exact, guess in zip(
                group["sample"], group["exact"], group[name], strict=True
            ):
                error = abs(guess - exact) / largest
                found.append((network, seed, sample, name, exact, guess, error))
    return from_records(_COLUMNS, found)


_COLUMNS = ("network", "seed", "sample", "estimate", "exact", "estimated", "error")


def _scatter(axes: Axes, frame: pd.DataFrame) -> None:
    finite = frame[np.isfinite(frame["estimated"])]
    for name in ESTIMATES:
        points = finite[finite["estimate"] == name]
        look = {"color": style.COLOURS[name], "marker": _MARKERS[name], "label": style.NAMES[name]}
        size = {"s": 14, "alpha": 0.7, "linewidth": 0, "legend": False}
        sns.scatterplot(data=points, x="exact", y="estimated", ax=axes, **look, **size)
    edge = 1.04 * frame["exact"].max()
    colour = style.COLOURS["reference"]
    axes.plot([0, edge], [0, edge], ":", color=colour, label="exact", zorder=0)
    axes.set(xlabel="exact λ", ylabel="")
    lost = frame[np.isinf(frame["estimated"])]
    if len(lost):
        _mark_infinite(axes, lost["exact"], len(frame))


def _name_estimates(axes: Axes) -> None:
    """In the upper left corner, which no sample with a sensible estimate reaches."""
    for line, name in enumerate(ESTIMATES):
        look: dict[str, Any] = {"color": style.COLOURS[name], "fontsize": 7, "va": "top"}
        look |= {"xycoords": "axes fraction", "textcoords": "offset points"}
        axes.annotate(style.NAMES[name], (0.04, 0.95), (0, -10 * line), **look)


def _mark_infinite(axes: Axes, exact: pd.Series, cases: int) -> None:
    top, place = np.full(len(exact), 0.97), axes.get_xaxis_transform()
    axes.plot(exact, top, "x", color="0.2", transform=place, markersize=4.0)
    note = f"×: infinite, {len(exact)} of {cases}"
    axes.text(0.03, 0.9, note, transform=axes.transAxes, fontsize=7, va="top")


def _errors(axes: Axes, frame: pd.DataFrame) -> None:
    """Boxes over samples and replicates, whiskers at 10 and 90 %."""
    error = frame["error"].clip(lower=ERROR_FLOOR).where(np.isfinite(frame["error"]))
    samples = [error[frame["estimate"] == name].dropna() for name in ESTIMATES]
    drawn = axes.boxplot(samples, widths=0.5, whis=(10, 90), patch_artist=True, showfliers=True)
    for box, cap, name in zip(drawn["boxes"], drawn["fliers"], ESTIMATES, strict=True):
        box.set(facecolor=style.COLOURS[name], alpha=0.6, linewidth=0.7)
        cap.set(marker=".", markersize=2.5, markeredgecolor=style.COLOURS[name])
    for line in drawn["medians"]:
        line.set(color="black", linewidth=1.2)
    axes.set_xticks(range(1, len(ESTIMATES) + 1), [_SHORT[name] for name in ESTIMATES])
    axes.grid(False, axis="x")
    style.log_scale(axes, ERROR_FLOOR)
