"""The step on real data, beside doing nothing and retraining."""

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from kkt_unlearning.studies import style
from kkt_unlearning.studies.columns import DELTAS, epsilon_at
from kkt_unlearning.studies.style import Line, PanelRow
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

DISTANCE_FLOOR = 1e-4
CERTIFICATE = (
    *(epsilon_at(), epsilon_at(nothing=True), "epsilon", "relative_delta", "tau_star"),
    *("distance_retrained", "distance_retrained_original"),
)
ACCURACIES = ("accuracy_original", "accuracy_unlearned", "accuracy_retrained")
CROWDING = "(m − 1) φ / (1 − ψ)"


def _beside(step: str, nothing: str, floor: float = 0.0) -> tuple[Line, Line]:
    """What a step leaves and what doing nothing does."""
    grey = Line({"quantity": nothing}, style.NOTHING, "original", "--", marker="", band=False)
    return grey, Line({"quantity": step}, "after the step", "exact", "", floor=floor, bars=True)


_ROWS = (
    PanelRow(
        style.EPSILON,
        _beside(epsilon_at(), epsilon_at(nothing=True)),
        None,
        top=1.0,
    ),
    PanelRow(
        "1 − cosine of θ′ to retrained\n(lower is better)",
        _beside("distance_retrained", "distance_retrained_original", DISTANCE_FLOOR),
        DISTANCE_FLOOR,
    ),
)


def draw(table: Table, dataset: Table, multipliers: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """ε and the distance to the retrained network against the step size, over forgotten support samples.

    Args:
        table: evaluation rows with several fractions.
        dataset: ψ and φ of each replicate.
        multipliers: exact multipliers of the same data sets.

    Returns:
        The figure, and its medians and bands, with the column ``panel``: beside what it shows those from
        the trained weights and for other δ, the geometry, the multipliers and the accuracy.
    """
    drawn = _numbers(table, dataset, multipliers)
    shown = select(drawn, panel="certificate", start="exact")
    with style.styled():
        networks = style.networks_of(table)
        figure, axes = style.grid(4.6, networks, _ROWS, shown, "x", style.STEP_SIZE)
        for panel, network in zip(axes[0], networks, strict=True):
            panel.set_title(f"{style.name_of(network)}, digits")
        axes[0, 0].margins(x=0.02)  # names begin at the frame
        for panel in axes.flat:
            panel.axvline(1.0, color="0.6", linewidth=0.8, linestyle=":", zorder=0)
        style.finish(axes, _ROWS)
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
