"""Estimates of the KKT multipliers from a trained network against the exact dual."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.summary import Table, from_records, groups, select, swept

ESTIMATES = {
    "least_squares": "least\nsquares",
    "loss_gradient": "summed loss\ngradients",
    "orthogonal": "orthogonal\nclosed form",
}
ERROR_FLOOR = 1e-6


def draw(multipliers: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """The error of each estimate over the largest exact λ, a panel for each network.

    Args:
        multipliers: one row a sample, with the exact λ and a column for each estimate.

    Returns:
        The figure, and the points drawn (see :func:`relative_errors`).
        Infinite estimates are counted at the upper edge.
    """
    drawn = relative_errors(multipliers)
    networks = style.networks_of(multipliers)
    with style.styled():
        figure, axes = style.panels(2.9, (1, len(networks)), sharey=True)
        for panel, network in zip(axes[0], networks, strict=True):
            panel.set_title(style.name_of(network))
            _errors(panel, select(drawn, network=network))
        axes[0, 0].set_ylabel("|estimated − exact λ| / largest λ\n(lower is better)")
        style.log_scale(axes[0, 0], ERROR_FLOOR)
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


def _errors(axes: Axes, drawn: Table) -> None:
    """Boxes over samples and replicates, whiskers at 10 and 90 %."""
    place, samples = axes.get_xaxis_transform(), []
    for at, name in enumerate(ESTIMATES, start=1):
        error = select(drawn, estimate=name)["error"]
        finite = error[np.isfinite(error)]
        samples.append(np.maximum(finite, ERROR_FLOOR))
        if lost := np.count_nonzero(np.isinf(error)):
            note = f"infinite:\n{lost} of {len(error)}"
            axes.text(at, 0.97, note, transform=place, fontsize=7, ha="center", va="top")
    boxes = axes.boxplot(samples, widths=0.5, whis=(10, 90), patch_artist=True, showfliers=True)
    for box, cap, name in zip(boxes["boxes"], boxes["fliers"], ESTIMATES, strict=True):
        box.set(facecolor=style.COLOURS[name], alpha=0.6, linewidth=0.7)
        cap.set(marker=".", markersize=2.5, markeredgecolor=style.COLOURS[name])
    for line in boxes["medians"]:
        line.set(color="black", linewidth=1.2)
    axes.set_xticks(range(1, len(ESTIMATES) + 1), list(ESTIMATES.values()))
    for label, name in zip(axes.get_xticklabels(), ESTIMATES, strict=True):
        label.set_color(style.COLOURS[name])
    axes.grid(False, axis="x")
