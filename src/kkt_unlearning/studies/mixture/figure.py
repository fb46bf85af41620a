"""Generalisation on the Gaussian mixture as a diagram of dimension and separation."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from kkt_unlearning.studies import style
from kkt_unlearning.studies.mixture.prediction import (
    bayes_accuracy,
    max_margin_accuracy,
    sign_share,
)
from kkt_unlearning.studies.summary import BAND, Table, from_records, groups, quantile, select

ACCURACIES = {
    "accuracy_original": "original",
    "accuracy_unlearned": "unlearned",
    "accuracy_retrained": "retrained",
}
LEVEL = 0.9  # of the contours


def draw(table: Table, dataset: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """Mean accuracies in every cell with the predicted contour, and the share of telling signs.

    Args:
        table: evaluation rows of a sweep over dimension and separation.
        dataset: geometry of the same data sets.

    Returns:
        The figure, and the numbers drawn: one row a network (none for signs), cell and quantity.
    """
    table = select(table, start="exact", fraction=1.0)
    samples = int(np.max(dataset["rank"]))
    drawn = _numbers(table, dataset, samples)
    networks = style.networks_of(table)
    with style.styled():
        figure, axes = style.panels(2.15 * (len(networks) + 1), (len(networks) + 1, 3))
        for row, network in zip(axes, networks, strict=False):
            for panel, quantity in zip(row, ACCURACIES, strict=True):
                image = _heat(panel, select(drawn, network=network, quantity=quantity), samples)
                panel.set_title(f"{style.name_of(network)}: {ACCURACIES[quantity]}")
            row[0].set_ylabel("separation α")
        bar = figure.colorbar(image, ax=axes[:-1].ravel().tolist(), shrink=0.7, pad=0.01)
        bar.set_label("accuracy on fresh data")
        _below(axes[-1], drawn, networks, samples)
    return figure, drawn


def _numbers(table: Table, dataset: Table, samples: int) -> dict[str, np.ndarray]:
    found = []
    for (network, d, alpha), cases in groups(table, "network", "dimension", "separation"):
        values = {name: cases[name] for name in ACCURACIES}
        values["loss"] = cases["accuracy_original"] - cases["accuracy_unlearned"]
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


def _heat(axes: Axes, cells: Table, samples: int) -> AxesImage:
    """Cells as squares with their numbers, and the contour of the predicted accuracy."""
    d, alpha = np.unique(cells["dimension"]), np.unique(cells["separation"])
    grid = np.full((len(alpha), len(d)), np.nan)
    place = np.searchsorted(alpha, cells["separation"]), np.searchsorted(d, cells["dimension"])
    grid[place] = cells["mean"]
    image = axes.imshow(grid, origin="lower", aspect="auto", cmap="viridis", vmin=0.5, vmax=1.0)
    for (i, j), value in np.ndenumerate(grid):
        shade = "white" if value < 0.8 else "black"
        axes.text(
            j, i + 0.25, f"{value:.2f}"[-4:], ha="center", va="center", fontsize=6, color=shade
        )
    _contour(axes, d, alpha, samples)
    axes.set_xticks(range(len(d)), [f"{value:g}" for value in d])
    axes.set_yticks(range(len(alpha)), [f"{value:g}" for value in alpha])
    axes.set_xlabel("dimension d")
    axes.grid(False)
    return image


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


def _below(row: np.ndarray, drawn: Table, networks: list[str], samples: int) -> None:
    """Loss of accuracy, accuracy against its prediction, share of telling signs."""
    losses, against, signs = row
    for network in networks:
        colour = style.colour_of(network)
        cells = select(drawn, network=network)
        predicted = select(cells, quantity="predicted")["mean"]
        look = {"linestyle": "", "marker": "o", "color": colour, "label": style.name_of(network)}
        losses.plot(predicted, select(cells, quantity="loss")["mean"], **look)
        against.plot(predicted, select(cells, quantity="accuracy_unlearned")["mean"], **look)
    losses.axhline(0, color="0.4", linewidth=0.9)
    losses.set_xlabel("predicted accuracy")
    losses.set_ylabel("original − unlearned")
    losses.set_title("lost accuracy")
    against.plot([0.5, 1], [0.5, 1], ":", color=style.COLOURS["reference"])
    against.set_xlabel("predicted accuracy")
    against.set_ylabel("accuracy")
    against.set_title("unlearned, measured")
    against.legend(loc="upper left")
    _signs(signs, drawn)


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
    axes.set_title("pairs with a telling sign")
    axes.legend(loc="upper left")
