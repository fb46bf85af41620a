"""How near the unlearned network comes to the retrained one as the dimension grows."""

from collections.abc import Iterator

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.columns import epsilon_at
from kkt_unlearning.studies.joint import share
from kkt_unlearning.studies.notes import note
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

FLOOR = 1e-6
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


def _line(quantity: str, label: str, colour: str) -> Line:
    return Line({"quantity": quantity}, label, colour, floor=FLOOR)


def _nothing(quantity: str, label: str = style.NOTHING) -> Line:
    return Line({"quantity": quantity}, label, "original", "--", marker="", band=False)


_DISTANCES = (
    _nothing("distance_retrained_original"),
    _line("distance_retrained", "retrained", "retrained"),
)
_CERTIFICATE = (
    _nothing(epsilon_at(nothing=True), "ε of\ndoing nothing"),
    _line("epsilon", "ε", "two_layer"),
    _line("relative_delta", "relative δ", "trained"),
    _line("tau", "τ", "tau"),
)
_ROWS = (
    PanelRow("1 − cosine of θ′ to …\n(lower is nearer)", _DISTANCES, FLOOR),
    PanelRow("certificate at θ̃\n(lower is better)", _CERTIFICATE, FLOOR),
)


def draw(table: Table, dataset: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """``1 − cos`` of θ′ to the retrained network, and the certificate at θ̃, against d.

    Args:
        table: evaluation rows of a sweep over the dimension.
        dataset: geometry of the same data sets, for the order of φ in d.

    Returns:
        The figure, and its numbers, with ε at θ′ and for a given δ, τ* and the shares of joint success
        beside them; rows ``exponent of … in …`` hold the fits over replicates (median, smallest, largest;
        ``dimension`` is nan).
    """
    joint = list(_shares(select(table, fraction=1.0)))
    table = select(table, start="exact", fraction=1.0)
    drawn = summarise(table, ["network", "dimension"], QUANTITIES)
    drawn = _append(stack([drawn, _points(table), *joint]), list(_fits(table, dataset)))
    networks = style.networks_of(table)
    with style.styled():
        figure, axes = style.grid(4.6, networks, _ROWS, drawn, "dimension", style.DIMENSION)
        axes[0, 0].set_xscale("log")
        axes[0, 0].margins(x=0.02)  # names begin at the frame
        for panel, network in zip(axes[0], networks, strict=True):
            points = select(drawn, network=network, quantity=POINTS)
            name, colour = "exact KKT point,\neach case (τ*)", "tau_star"
            style.dots(panel, points["dimension"], points["median"], FLOOR, name, colour)
        style.finish(axes, _ROWS)
        for panel, network in zip(axes[-1], networks, strict=True):
            _name_floor(panel, select(drawn, network=network))
    return figure, drawn


def _name_floor(axes: Axes, drawn: Table) -> None:
    """What lies on the floor at every d, where one line covers the other."""
    names = {"epsilon": "ε", "tau": "τ"}
    found = [name for q, name in names.items() if max(select(drawn, quantity=q)["median"]) <= FLOOR]
    if len(found) == len(names):
        middle = np.exp(np.mean(np.log(axes.get_xlim())))
        note(axes, (float(middle), 2 * FLOOR), " and ".join(found), style.colour_of("tau"))


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
