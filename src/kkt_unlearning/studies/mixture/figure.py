"""Generalisation on the Gaussian mixture as a diagram of dimension and separation."""

from typing import Any

import numpy as np
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.mixture.prediction import (
    bayes_accuracy,
    max_margin_accuracy,
    sign_share,
)
from kkt_unlearning.studies.notes import note
from kkt_unlearning.studies.summary import BAND, Table, from_records, groups, quantile, select

ACCURACIES = ("accuracy_original", "accuracy_unlearned", "accuracy_retrained")
_MAPS = {  # what the three maps of a network show
    "accuracy_unlearned": "accuracy after the step",
    "lost": f"minus {style.NOTHING}\n(percentage points)",
    "from_retrained": "minus retrained\n(percentage points)",
}
LEVEL = 0.9  # of the contours
_ACCURACY: dict[str, Any] = {"cmap": "viridis", "vmin": 0.5, "vmax": 1.0}
_DIFFERENCE: dict[str, Any] = {"cmap": "RdBu", "vmin": -5.0, "vmax": 5.0}  # percentage points


def draw(table: Table, dataset: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """Maps of the accuracy after unlearning, its change, and its difference to retraining.

    Args:
        table: evaluation rows of a sweep over dimension and separation.
        dataset: geometry of the same data sets.

    Returns:
        The figure, and its numbers: one row a network (none for signs), cell and quantity; ``lost`` and
        ``from_retrained`` in percentage points. Predicted accuracies and signs stand beside them.
    """
    table = select(table, start="exact", fraction=1.0)
    samples = int(np.max(dataset["rank"]))
    drawn = _numbers(table, dataset, samples)
    networks = style.networks_of(table)
    with style.styled():
        height = 0.6 + 1.75 * len(networks)
        figure, axes = style.panels(height, (len(networks), 3), sharex=True, sharey=True)
        for row, network in zip(axes, networks, strict=True):
            for panel, quantity in zip(row, _MAPS, strict=True):
                _heat(panel, select(drawn, network=network, quantity=quantity), samples)
            row[0].set_ylabel(f"{style.name_of(network)}\nseparation α")
        for top, bottom, title in zip(axes[0], axes[-1], _MAPS.values(), strict=True):
            top.set_title(title)
            bottom.set_xlabel("dimension d")
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
    write = "{:.2f}".format if accuracy else _signed
    seaborn.heatmap(
        grid,
        annot=np.vectorize(write, otypes=[object])(grid),
        fmt="",
        annot_kws={"fontsize": 6.5, "va": "bottom" if accuracy else "center"},
        cbar=False,
        xticklabels=[f"{value:g}" for value in d],
        yticklabels=[f"{value:g}".replace("-", "−") for value in alpha],
        ax=axes,
        **look,
    )
    axes.invert_yaxis()
    axes.tick_params(rotation=0)
    if accuracy:
        _contour(axes, d, alpha, samples)


def _signed(points: float) -> str:
    """With one decimal and a sign; 0 has none."""
    rounded = round(points, 1)
    return f"{rounded:+.1f}".replace("-", "−") if rounded else "0"


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
        look: dict[str, Any] = {"colors": "0.1", "linewidths": 1.2}
        line = axes.contour(x + 0.5, y + 0.5, predicted, levels=[LEVEL], **look)
        middle = np.median(np.asarray(line.get_paths()[0].vertices, float)[:, 1])
        where = (float(x[-1]) / 2 + 1.0, float(middle) - 0.08)  # between the numbers of two cells
        note(axes, where, f"predicted: {LEVEL:g}", "0.1", va="top")
