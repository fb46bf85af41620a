"""The whole story on real data: geometry, support vectors, certificate, directions, accuracy."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from kkt_unlearning.studies import style
from kkt_unlearning.studies.columns import DELTAS, epsilon_at
from kkt_unlearning.studies.summary import (
    Table,
    crowding,
    forgets_support_vector,
    from_records,
    groups,
    select,
    stack,
    summarise,
    support_vectors,
    take,
)

EPSILON_FLOOR, DISTANCE_FLOOR, SHARE_FLOOR = 1e-2, 1e-4, 1e-3
CERTIFICATE = (
    *(epsilon_at(), epsilon_at(nothing=True), "epsilon", "relative_delta", "tau_star"),
    *("distance_retrained", "distance_retrained_original"),
)
ACCURACIES = ("accuracy_original", "accuracy_unlearned", "accuracy_retrained")
CROWDING = "(m − 1) φ / (1 − ψ)"


def draw(table: Table, dataset: Table, multipliers: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """Six panels; the certificate is over the forgotten points that are support vectors.

    Args:
        table: evaluation rows with several fractions.
        dataset: ψ and φ of each replicate.
        multipliers: exact multipliers of the same data sets.

    Returns:
        The figure, and the medians and bands that it shows, with the column ``panel``.
    """
    networks = style.networks_of(table)
    drawn = _numbers(table, dataset, multipliers)
    with style.styled():
        figure, axes = style.panels(6.6, (3, 2))
        _geometry(axes[0, 0], select(drawn, panel="geometry"))
        _multipliers(axes[0, 1], drawn, networks)
        certificate = select(drawn, panel="certificate")
        label = "relative ε at θ̃, δ = 0.1 λ̄"
        _along(axes[1, 0], certificate, networks, epsilon_at(), label, EPSILON_FLOOR)
        axes[1, 0].set_title("against the step size")
        _given_delta(axes[1, 1], select(drawn, panel="given delta"), networks)
        label = "1 − cosine to retrained"
        _along(axes[2, 0], certificate, networks, "distance_retrained", label, DISTANCE_FLOOR)
        axes[2, 0].set_title("beside retraining")
        _accuracy(axes[2, 1], select(drawn, panel="accuracy"), networks)
        _legend(figure, networks)
    return figure, drawn


def _numbers(table: Table, dataset: Table, multipliers: Table) -> dict[str, np.ndarray]:
    hit = take(table, forgets_support_vector(table, multipliers))
    samples = len(np.unique(multipliers["sample"]))
    crowded = crowding(dataset, samples)
    geometry = {**dataset, "network": np.full(len(crowded), ""), CROWDING: crowded}
    prescribed = select(table, fraction=1.0, start="exact")
    along = summarise(hit, ["network", "start", "fraction"], CERTIFICATE)
    return stack(
        [
            _part("geometry", summarise(geometry, ["network"], ["psi", "phi", CROWDING])),
            _part("multipliers", summarise(_ranked(multipliers), _RANKED, ["share"]), "rank"),
            _part("support", summarise(_support_count(multipliers), ["network"], _COUNTED)),
            _part("certificate", along, "fraction"),
            *_at_deltas(select(hit, fraction=1.0, start="exact")),
            _part("accuracy", summarise(prescribed, ["network"], ACCURACIES)),
        ]
    )


def _at_deltas(cases: Table) -> Iterator[dict[str, np.ndarray]]:
    """ε of the prescribed step and of doing nothing, for each δ that is given."""
    for delta in DELTAS:
        both = {
            "step": cases[epsilon_at(delta)],
            "doing nothing": cases[epsilon_at(delta, nothing=True)],
        }
        found = summarise(dict(cases) | both, ["network"], list(both))
        yield _part(
            "given delta", found | {"delta": np.full(len(found["quantity"]), delta)}, "delta"
        )


_RANKED, _COUNTED = ("network", "rank"), ("support vectors",)


def _part(panel: str, table: Table, x: str | None = None) -> dict[str, np.ndarray]:
    """Bring a panel's table to the columns that all share; ``x`` is nan where there is none."""
    size = len(table["quantity"])
    rest = ("quantity", "median", "low", "high", "count", "infinite")
    return {
        "panel": np.full(size, panel),
        "network": table["network"],
        "start": table.get("start", np.full(size, "exact")),
        "x": np.asarray(table[x], float) if x else np.full(size, np.nan),
    } | {name: table[name] for name in rest}


def _ranked(multipliers: Table) -> dict[str, np.ndarray]:
    """``λ / max λ`` in falling order of each replicate."""
    found = [
        (network, rank + 1, share)
        for (network, _), group in groups(multipliers, "network", "seed")
        for rank, share in enumerate(np.sort(group["exact"] / group["exact"].max())[::-1])
    ]
    return from_records(("network", "rank", "share"), found)


def _support_count(multipliers: Table) -> dict[str, np.ndarray]:
    found = [
        (network, int(support_vectors(group["exact"]).sum()))
        for (network, _), group in groups(multipliers, "network", "seed")
    ]
    return from_records(("network", "support vectors"), found)


def _geometry(axes: Axes, rows: Table) -> None:
    labels = {"psi": "ψ", "phi": "φ", CROWDING: "(m − 1) φ\n/ (1 − ψ)"}
    _points(axes, np.arange(3), rows, style.COLOURS["clarke"], floor=SHARE_FLOOR)
    axes.plot([1.55, 2.45], [1.0, 1.0], color="0.4", linewidth=0.9, linestyle="-.")
    note = "Gram matrix\ndiagonally\ndominant\nbelow"
    axes.text(2.0, 0.8, note, fontsize=6.5, va="top", ha="center")
    axes.set(xlim=(-0.5, 2.5), ylabel="0 if orthonormal", title="near-orthogonality")
    axes.set_xticks(range(3), [labels[name] for name in rows["quantity"]])
    style.log_scale(axes, SHARE_FLOOR)


def _points(
    axes: Axes,
    at: np.ndarray,
    rows: Table,
    colour: str,
    floor: float = 0.0,
    *,
    hollow: bool = False,
) -> None:
    """Median with the band as a bar; nothing where the median is infinite."""
    found = {name: np.maximum(rows[name], floor) for name in ("low", "median", "high")}
    middle = np.where(np.isfinite(found["median"]), found["median"], np.nan)
    high = np.where(np.isfinite(found["high"]), found["high"], middle)
    look: dict[str, Any] = {"color": colour, "capsize": 2.5, "linewidth": 1.0, "markersize": 4}
    look |= {"markerfacecolor": "white"} if hollow else {}
    axes.errorbar(at, middle, [middle - found["low"], high - middle], fmt="o", **look)


def _multipliers(axes: Axes, drawn: Table, networks: Iterable[str]) -> None:
    counts = select(drawn, panel="support")
    for network in networks:
        where = {"network": network, "panel": "multipliers"}
        line = style.Line(where, network, network, floor=SHARE_FLOOR)
        style.draw_lines(axes, drawn, "x", [line])
    named = zip(map(style.name_of, counts["network"]), counts["median"], strict=True)
    text = [f"{name}: {count:g}" for name, count in named]
    place: dict[str, Any] = {
        "transform": axes.transAxes,
        "ha": "right",
        "va": "top",
        "fontsize": 6.5,
    }
    axes.text(0.97, 0.96, "\n".join(["support samples (median)", *text]), **place)
    axes.set(xlabel="point, by falling multiplier", ylabel="λ / largest λ")
    axes.set_title("exact multipliers")
    style.log_scale(axes, SHARE_FLOOR)


def _along(
    axes: Axes, rows: Table, networks: Iterable[str], quantity: str, label: str, *limits: float
) -> None:
    """One quantity against the fraction of the prescribed step, from both starts; step 0 is doing nothing."""
    for network in networks:
        for start, dash in (("exact", "-"), ("trained", "--")):
            where = {"network": network, "start": start, "quantity": quantity}
            line = style.Line(where, network, network, dash, limits[0])
            style.draw_lines(axes, rows, "x", [line])
    axes.axvline(1.0, color="0.6", linewidth=0.8, linestyle=":", zorder=0)
    axes.set(xlabel="step / prescribed step, 0 is doing nothing", ylabel=label)
    style.log_scale(axes, *limits)


def _given_delta(axes: Axes, rows: Table, networks: list[str]) -> None:
    """Intervals of ε for each δ that is allowed: of the step filled, of doing nothing beside it hollow."""
    at = np.arange(len(DELTAS))
    for shift, network in _side_by_side(networks):
        colour = style.colour_of(network)
        for quantity, hollow in (("step", False), ("doing nothing", True)):
            shown = select(rows, quantity=quantity, network=network)
            where = at[np.isin(DELTAS, shown["x"])] + shift + 0.1 * hollow
            _points(axes, where, shown, colour, EPSILON_FLOOR, hollow=hollow)
    axes.set_xticks(at, [f"{delta:g}" for delta in DELTAS])
    axes.set(xlim=(-0.5, len(at) - 0.5), xlabel="δ allowed / mean multiplier")
    axes.set(ylabel="relative ε at θ̃", title="for a given δ")
    style.log_scale(axes, EPSILON_FLOOR)


def _side_by_side(networks: list[str]) -> Iterable[tuple[float, str]]:
    return zip(np.linspace(-0.2, 0.1, len(networks)).tolist(), networks, strict=True)


def _accuracy(axes: Axes, rows: Table, networks: list[str]) -> None:
    for shift, network in _side_by_side(networks):
        shown = select(rows, network=network)
        original = select(shown, quantity=ACCURACIES[0])["median"]
        axes.hlines(original, -0.5, 2.5, style.colour_of(network), linestyle="dotted", zorder=0)
        _points(axes, np.arange(len(ACCURACIES)) + shift, shown, style.colour_of(network))
    axes.set_xticks(range(len(ACCURACIES)), ["original", "unlearned", "retrained"])
    axes.set(xlim=(-0.5, 2.5), ylabel="accuracy on fresh data", title="accuracy")


def _legend(figure: Figure, networks: list[str]) -> None:
    look: dict[str, Any] = {"linestyle": "", "marker": "o", "color": "0.3", "markersize": 4}
    entries = [Line2D([], [], color=style.colour_of(n), label=style.name_of(n)) for n in networks]
    entries += [
        Line2D([], [], color="0.3", label=style.NAMES["exact"]),
        Line2D([], [], color="0.3", linestyle="--", label=style.NAMES["trained"]),
        Line2D([], [], label="d: prescribed step", **look),
        Line2D([], [], label=f"d: {style.NOTHING}", markerfacecolor="white", **look),
    ]
    figure.legend(handles=entries, loc="outside lower center", ncols=3)
