"""Natural data as they are and made more orthogonal: is Assumption 2.3 the reason?"""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from kkt_unlearning.studies import style
from kkt_unlearning.studies.natural.assumption import UNTESTED, Finding, finding, forgotten_support
from kkt_unlearning.studies.style import Line
from kkt_unlearning.studies.summary import Table, median, rows, select, stack, summarise

DELTA_FLOOR = 1e-3
QUANTITIES = (
    "epsilon",
    "relative_delta",
    "tau",
    "tau_star",
    "accuracy_original",
    "accuracy_unlearned",
)
GEOMETRY = ("psi", "phi", "gram_condition", "rank", "separable")
NAMES = {"digits": "images (digits)", "tabular": "measurements", "text": "text (docstrings)"}
GAUSSIAN = "gaussian"


def draw(
    digits: Table,
    digits_dataset: Table,
    digits_multipliers: Table,
    tabular: Table,
    tabular_dataset: Table,
    tabular_multipliers: Table,
    text: Table,
    text_dataset: Table,
    text_multipliers: Table,
    gaussian: Table,
    gaussian_dataset: Table,
    gaussian_multipliers: Table,
) -> tuple[Figure, dict[str, np.ndarray]]:
    """δ over the mean multiplier against φ as the inner products shrink, one panel a data set.

    Args:
        digits, tabular, text: evaluation rows of a sweep over ``mixing``, with the geometry and
            the exact multipliers of the same data.
        gaussian: the same for Gaussian data in several dimensions.

    Returns:
        The figure, and the numbers drawn, with the geometry of every setting and the verdicts.
        Medians are over forgotten support vectors; those without a certificate count as infinite.
    """
    natural = {
        "digits": (digits, digits_dataset, digits_multipliers),
        "tabular": (tabular, tabular_dataset, tabular_multipliers),
        "text": (text, text_dataset, text_multipliers),
    }
    reference = (gaussian, gaussian_dataset, gaussian_multipliers)
    found = {name: finding(*tables) for name, tables in natural.items()}
    parts = [_numbers(name, "mixing", tables, found[name]) for name, tables in natural.items()]
    drawn = stack([*parts, _numbers(GAUSSIAN, "dimension", reference)])
    networks = style.networks_of(digits)
    with style.styled():
        figure, axes = style.panels(3.0, (1, len(natural)), sharex=True, sharey=True)
        shown = select(drawn, quantity="relative_delta")
        for panel, (name, tables) in zip(axes[0], natural.items(), strict=True):
            panel.set_title(_title(name, tables[1], found[name]), fontsize=7.5)
            panel.set_xlabel("φ, largest inner product")
            _lines(panel, shown, name, networks)
            panel.axvline(_dominant(*tables[1:]), color="0.4", linewidth=0.9, linestyle="-.")
            panel.axhline(1.0, color=style.COLOURS["original"], linewidth=1.0, linestyle="--")
        axes[0, 0].set_ylabel("δ at θ̃ / mean multiplier")
        style.log_scale(axes[0, 0], DELTA_FLOOR)
        _phi_axis(axes[0, 0], drawn)
        _legend(figure, axes, networks)
    return figure, drawn


def _numbers(
    name: str, along: str, tables: tuple[Table, Table, Table], found: Finding | None = None
) -> dict[str, np.ndarray]:
    """Medians and bands of the certificate and the geometry at each setting, with its median φ."""
    table, dataset, multipliers = tables
    cases = forgotten_support(table, multipliers, along)
    geometry = {**dataset, "network": np.full(rows(dataset), "")}
    summary = stack(
        [
            summarise(cases, [along, "network"], QUANTITIES),
            summarise(geometry, [along, "network"], GEOMETRY),
        ]
    )
    phi = {float(t): median(select(dataset, **{along: t})["phi"]) for t in dataset[along]}
    settings, size = summary.pop(along), rows(summary)
    return {
        "data": np.full(size, name),
        "verdict": np.full(size, found.verdict if found else UNTESTED),
        "setting": np.array([f"{along}={value:g}" for value in settings]),
        "phi": np.array([phi[float(value)] for value in settings]),
        **summary,
    }


def _lines(axes: Axes, rows_: Table, name: str, networks: list[str]) -> None:
    for network in networks:
        label = style.name_of(network)
        reference = Line({"data": GAUSSIAN, "network": network}, label, network, ":", DELTA_FLOOR)
        line = Line({"data": name, "network": network}, label, network, floor=DELTA_FLOOR)
        style.draw_lines(axes, rows_, "phi", [reference, line])
        as_it_is = select(rows_, data=name, network=network, setting="mixing=1")
        at: dict[str, Any] = {
            "color": style.colour_of(network),
            "markersize": 8,
            "markerfacecolor": "none",
        }
        height = np.where(np.isfinite(as_it_is["median"]), as_it_is["median"], np.nan)
        axes.plot(as_it_is["phi"], np.maximum(height, DELTA_FLOOR), "o", **at)


def _title(name: str, dataset: Table, found: Finding) -> str:
    phi = median(select(dataset, mixing=1.0)["phi"])
    return f"{NAMES[name]}, φ = {phi:.2g}\n{found.verdict}"


def _dominant(dataset: Table, multipliers: Table) -> float:
    """φ at which ``(m − 1) φ/(1 − ψ) = 1``."""
    samples = np.unique(multipliers["sample"]).size
    return (1 - median(dataset["psi"])) / max(samples - 1, 1)


def _phi_axis(axes: Axes, drawn: Table) -> None:
    natural = drawn["phi"][(drawn["data"] != GAUSSIAN) & (drawn["phi"] > 0)]
    axes.set_xscale("log")
    if natural.size:
        axes.set_xlim(0.7 * natural.min(), 1.4 * natural.max())


def _legend(figure: Figure, axes: np.ndarray, networks: list[str]) -> None:
    look: dict[str, Any] = {"color": "0.3", "linestyle": ""}
    grey = style.COLOURS["original"]
    entries = [
        *(Line2D([], [], color=style.colour_of(n), label=style.name_of(n)) for n in networks),
        Line2D(
            [], [], marker="o", markersize=8, fillstyle="none", label="the data as they are", **look
        ),
        Line2D([], [], color="0.3", linestyle=":", label="Gaussian data of the same size"),
        Line2D([], [], color="0.4", linestyle="-.", label="(m − 1) φ / (1 − ψ) = 1"),
        Line2D([], [], color=grey, linestyle="--", label="cost of doing nothing"),
    ]
    figure.legend(handles=[*entries, *style.lost_marks(axes)], loc="outside lower center", ncols=3)
