"""Generalisation on the Gaussian mixture as a diagram of dimension and separation."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.mixture.prediction import (
    bayes_accuracy,
    max_margin_accuracy,
    sign_share,
)
from kkt_unlearning.studies.summary import BAND, Table, from_records, groups, quantile, select

ACCURACIES = ("accuracy_original", "accuracy_unlearned", "accuracy_retrained")
_MAPS = {  # what the three maps of a network show, differences in percentage points
    "accuracy_unlearned": "accuracy, unlearned",
    "lost": "minus original",
    "from_retrained": "minus retrained",
}
LEVEL = 0.9  # of the contours
_ACCURACY: dict[str, Any] = {"cmap": "viridis", "vmin": 0.5, "vmax": 1.0}
_DIFFERENCE: dict[str, Any] = {"cmap": "RdBu", "vmin": -5.0, "vmax": 5.0}  # percentage points


def draw(table: Table, dataset: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """Accuracy after unlearning in every cell, what it lost, and how far it is from retraining.

    Args:
        table: evaluation rows of a sweep over dimension and separation.
        dataset: geometry of the same data sets.

    Returns:
        The figure, and the numbers drawn: one row a network (none for signs), cell and quantity; ``lost`` and
        ``from_retrained`` in percentage points.
    """
    table = select(table, start="exact", fraction=1.0)
    samples = int(np.max(dataset["rank"]))
    drawn = _numbers(table, dataset, samples)
    networks = style.networks_of(table)
    with style.styled():
        figure, axes = style.panels(2.15 * (len(networks) + 1), (len(networks) + 1, 3))
        for row, network in zip(axes, networks, strict=False):
            for panel, (quantity, title) in zip(row, _MAPS.items(), strict=True):
                _heat(panel, select(drawn, network=network, quantity=quantity), samples)
                panel.set_title(title)
            row[0].set_ylabel(f"{style.name_of(network)}\nseparation α")
        _against(axes[-1, 0], drawn, networks)
        _signs(axes[-1, 1], drawn)
        axes[-1, 2].set_axis_off()
        axes[-1, 2].set_title("", loc="left")
    return figure, drawn


def _numbers(table: Table, dataset: Table, samples: int) -> dict[str, np.ndarray]:
    found = []
    for (network, d, alpha), cases in groups(table, "network", "dimension", "separation"):
        values = {name: cases[name] for name in ACCURACIES}
        after = cases["accuracy_unlearned"]
        values["lost"] = 100 * (after - cases["accuracy_original"])
        values["from_retrained"] = 100 * (after - cases["accuracy_retrained"])
        found += [_spread(network, d, alpha, name, value) for name, value in values.items()]
        predicted = float(max_margin_accuracy(samples, d, alpha))
        found.append((network, d, alpha, "predicted", *[predicted] * 3))
        found.append((network, d, alpha, "bayes", *[float(bayes_accuracy(d, alpha))] * 3))
    for (d, alpha), cases in groups(dataset, "dimension", "separation"):
        found.append(_spread("", d, alpha, "sign_agreement", cases["sign_agreement"]))
        found.append(("", d, alpha, "sign_predicted", *[float(sign_share(d, alpha))] * 3))
    names = ("network", "dimension", "separation", "quantity", "mean", "low", "high")
    return from_records(names, found)


def _spread(network: str, d: float, alpha: float, name: str, values: np.ndarray) -> tuple:
    return (network, d, alpha, name, float(np.mean(values)), *(quantile(values, q) for q in BAND))


def _heat(axes: Axes, cells: Table, samples: int) -> None:
    """Cells as squares with their numbers; accuracies with the contour of the predicted one."""
    d, alpha = np.unique(cells["dimension"]), np.unique(cells["separation"])
    grid = np.full((len(alpha), len(d)), np.nan)
    place = np.searchsorted(alpha, cells["separation"]), np.searchsorted(d, cells["dimension"])
    grid[place] = cells["mean"]
    accuracy = "accuracy_unlearned" in cells["quantity"]
    look = _ACCURACY if accuracy else _DIFFERENCE
    axes.imshow(grid, origin="lower", aspect="auto", **look)
    for (i, j), value in np.ndenumerate(grid):
        text = f"{value:.2f}" if accuracy else f"{round(value, 1) + 0.0:+.1f}"
        dark = accuracy and value < 0.8
        spot: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 6.5}
        axes.text(j, i + 0.25 * accuracy, text, color="white" if dark else "black", **spot)
    if accuracy:
        _contour(axes, d, alpha, samples)
    axes.set_xticks(range(len(d)), [f"{value:g}" for value in d])
    axes.set_yticks(range(len(alpha)), [f"{value:g}" for value in alpha])
    axes.set_xlabel("dimension d")
    axes.grid(False)


def _contour(axes: Axes, d: np.ndarray, alpha: np.ndarray, samples: int) -> None:
    """Where the predicted accuracy is `LEVEL`; axes count cells, so d and α are read off between them."""
    if min(len(d), len(alpha)) < 2:
        return
    x, y = np.linspace(0, len(d) - 1, 100), np.linspace(0, len(alpha) - 1, 100)
    at = np.exp(np.interp(x, np.arange(len(d)), np.log(d)))
    predicted = np.asarray(
        max_margin_accuracy(samples, at, np.interp(y, np.arange(len(alpha)), alpha)[:, None])
    )
    if predicted.min() < LEVEL < predicted.max():
        axes.contour(x, y, predicted, levels=[LEVEL], colors="#d55e00", linewidths=1.4)


def _against(axes: Axes, drawn: Table, networks: list[str]) -> None:
    """Accuracy after unlearning against its prediction, a mark for each cell."""
    for network in networks:
        cells = select(drawn, network=network)
        look: dict[str, Any] = {"color": style.colour_of(network), "label": style.name_of(network)}
        predicted = select(cells, quantity="predicted")["mean"]
        measured = select(cells, quantity="accuracy_unlearned")["mean"]
        axes.plot(predicted, measured, linestyle="", marker="o", **look)
    axes.plot([0.5, 1], [0.5, 1], ":", color=style.COLOURS["reference"])
    axes.set(xlabel="predicted accuracy", ylabel="accuracy, unlearned", title="against theory")
    axes.legend(loc="upper left", handletextpad=0.1, borderpad=0.1)


def _signs(axes: Axes, drawn: Table) -> None:
    found = select(drawn, quantity="sign_agreement")
    dimensions = np.unique(found["dimension"])
    for d, shade in zip(dimensions, np.linspace(0.35, 1, len(dimensions)), strict=True):
        cells = select(found, dimension=d)
        colour = style.COLOURS["clarke"]
        low, high = cells["mean"] - cells["low"], cells["high"] - cells["mean"]
        bars = np.maximum(np.array([low, high]), 0.0)
        look = {"color": colour, "alpha": shade, "label": f"d = {d:g}"}
        axes.errorbar(cells["separation"], cells["mean"], bars, fmt="o", linewidth=0.8, **look)
        alpha = np.linspace(found["separation"].min(), found["separation"].max(), 100)
        axes.plot(alpha, sign_share(d, alpha), "-", color=colour, alpha=shade, linewidth=0.9)
    axes.set_xlabel("separation α")
    axes.set_ylim(0.45, 1.02)
    axes.set(title="telling signs", ylabel="share of pairs")
    axes.legend(loc="upper left", handletextpad=0.1, borderpad=0.1)
