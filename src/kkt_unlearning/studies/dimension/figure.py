"""How near the unlearned network comes to the retrained one as the dimension grows."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.columns import epsilon_at
from kkt_unlearning.studies.joint import share
from kkt_unlearning.studies.style import Line, PanelRow
from kkt_unlearning.studies.summary import (
    PowerLaw,
    Table,
    groups,
    power_law,
    rows,
    select,
    stack,
    summarise,
)

DISTANCE_FLOOR, EPSILON_FLOOR, DELTA_FLOOR = 1e-6, 1e-5, 1e-2
CLAIMED_SLOPE = -0.25  # of 1 − cos in d: √φ with φ ~ d^(−1/2)
QUANTITIES = (
    "distance_retrained",
    "distance_retrained_original",
    "tau_star",
    "tau",
    epsilon_at(),
    epsilon_at(nothing=True),
    "epsilon",
    "epsilon_clarke",
    "delta",
    "relative_delta",
    "delta_budget",
)
POINTS = "tau_star of a case"


def _line(quantity: str, label: str, colour: str, dash: str = "-", *, floor: float) -> Line:
    return Line({"quantity": quantity}, label, colour, dash, floor)


_DISTANCES = (
    _line("distance_retrained_original", style.NOTHING, "original", floor=DISTANCE_FLOOR),
    _line("distance_retrained", "retrained", "retrained", floor=DISTANCE_FLOOR),
    _line("tau", "θ̃ (τ)", "tau", floor=DISTANCE_FLOOR),
)
_EPSILONS = (
    _line("epsilon_clarke", "at θ′ (τ = 0)", "autograd", floor=EPSILON_FLOOR),
    _line(epsilon_at(nothing=True), style.NOTHING, "original", floor=EPSILON_FLOOR),
    _line(epsilon_at(), "at θ̃, δ = 0.1 λ̄", "exact", floor=EPSILON_FLOOR),
    _line("epsilon", "at θ̃, its own δ", "exact", "--", floor=EPSILON_FLOOR),
)
_DELTAS = (_line("relative_delta", "at θ̃", "exact", floor=DELTA_FLOOR),)
_SHARES = (
    _line("joint, exact", "from the exact point", "exact", floor=0.0),
    _line("joint, trained", "from trained weights", "trained", "--", floor=0.0),
    _line("joint, nothing", style.NOTHING, "original", floor=0.0),
)
_ROWS = (
    PanelRow("1 − cosine of θ′ to …", _DISTANCES, DISTANCE_FLOOR),
    PanelRow("relative ε", _EPSILONS, EPSILON_FLOOR),
    PanelRow("δ / mean multiplier", _DELTAS, DELTA_FLOOR),
    PanelRow("share of cases\nwith all three", _SHARES, None, top=1.0),
)


def draw(table: Table, dataset: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """``1 − cos`` to the retrained network, relative ε, δ and the share of joint success against d.

    Args:
        table: evaluation rows of a sweep over the dimension.
        dataset: geometry of the same data sets, for the order of φ in d.

    Returns:
        The figure, and the numbers drawn; rows ``exponent of … in …`` hold the fits over replicates
        (median, smallest, largest; ``dimension`` is nan).
    """
    joint = list(_shares(select(table, fraction=1.0)))
    table = select(table, start="exact", fraction=1.0)
    drawn = summarise(table, ["network", "dimension"], QUANTITIES)
    drawn = _append(stack([drawn, _points(table), *joint]), list(_fits(table, dataset)))
    networks = style.networks_of(table)
    with style.styled():
        figure, axes = style.grid(7.2, networks, _ROWS, drawn, "dimension", "dimension d")
        for panel, network in zip(axes[0], networks, strict=True):
            _annotate(panel, select(drawn, network=network))
        for panel in axes[-1]:
            panel.set_xscale("log")
        style.finish(axes, _ROWS)
    return figure, drawn


def _points(table: Table) -> dict[str, np.ndarray]:
    """τ* of each case: its two clusters lie apart, so that a median would jump from one to the other."""
    size = rows(table)
    star = np.asarray(table["tau_star"], float)
    return {
        "network": table["network"],
        "dimension": table["dimension"],
        "quantity": np.full(size, POINTS),
        **dict.fromkeys(("median", "low", "high"), star),
        "count": np.ones(size, int),
        "infinite": np.isinf(star).astype(int),
    }


def _shares(table: Table) -> Iterator[dict[str, np.ndarray]]:
    """Shares of the cases that succeed jointly, from either start, and with nothing done."""
    for name, start, nothing in (
        ("exact", "exact", False),
        ("trained", "trained", False),
        ("nothing", "exact", True),
    ):
        for (network, dimension), cases in groups(
            select(table, start=start), "network", "dimension"
        ):
            found = share(cases, nothing=nothing)
            row = {"network": network, "dimension": dimension, "quantity": f"joint, {name}"}
            row |= dict.fromkeys(("median", "low", "high"), found)
            yield {
                k: np.array([v]) for k, v in (row | {"count": rows(cases), "infinite": 0}).items()
            }


def _fits(table: Table, dataset: Table) -> Iterator[tuple[str, str, PowerLaw]]:
    yield "", "exponent of phi in d", power_law(dataset, "dimension", "phi", "dimension")
    for network in style.networks_of(table):
        rows = select(table, network=network)
        for quantity in ("distance_retrained", "tau_star", "tau", "delta"):
            for name, column in (("phi", "phi"), ("d", "dimension")):
                law = power_law(rows, column, quantity, "dimension")
                yield network, f"exponent of {quantity} in {name}", law


def _append(drawn: Table, fits: list[tuple[str, str, PowerLaw]]) -> dict[str, np.ndarray]:
    laws = [law for _, _, law in fits]
    extra = {
        "network": [network for network, _, _ in fits],
        "dimension": [np.nan] * len(fits),
        "quantity": [name for _, name, _ in fits],
        "median": [law.exponent for law in laws],
        "low": [law.low for law in laws],
        "high": [law.high for law in laws],
        "count": [law.exponents.size for law in laws],
        "infinite": [0] * len(fits),
    }
    return {name: np.concatenate([drawn[name], extra[name]]) for name in drawn}


def _annotate(axes: Axes, drawn: Table) -> None:
    """τ* of each case, the slope of the claim through the first point, and the fitted exponent."""
    points = select(drawn, quantity=POINTS)
    star = np.where(np.isfinite(points["median"]), points["median"], np.nan)
    look: dict[str, Any] = {"color": style.COLOURS["tau_star"], "alpha": 0.4, "zorder": 1}
    look |= {"markersize": 3, "markeredgewidth": 0, "label": "KKT points (τ*)"}
    axes.plot(0.95 * points["dimension"], np.maximum(star, DISTANCE_FLOOR), ".", **look)
    shown = select(drawn, quantity="distance_retrained")
    d = np.asarray(shown["dimension"], float)
    claim = shown["median"][0] * (d / d[0]) ** CLAIMED_SLOPE
    axes.plot(d, claim, ":", color=style.COLOURS["reference"], label="slope √φ")
    fit = select(drawn, quantity="exponent of distance_retrained in phi")
    middle, low, high = (fit[name][0] for name in ("median", "low", "high"))
    fitted = f"$p = {middle:.2f}\\ ({low:.2f}\\ …\\ {high:.2f})$"
    text = f"retrained $\\sim \\varphi^p$,\n{fitted}"
    axes.text(0.03, 0.08, text, transform=axes.transAxes, fontsize=7, va="bottom")
