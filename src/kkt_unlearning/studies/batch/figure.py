"""Batch unlearning against the size of the forget set: ε, what breaks, and a stream, beside doing nothing."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from kkt_unlearning.studies import style
from kkt_unlearning.studies.columns import epsilon_at
from kkt_unlearning.studies.style import Line, PanelRow
from kkt_unlearning.studies.summary import (
    Table,
    from_records,
    groups,
    rows,
    select,
    stack,
    summarise,
    swept,
    take,
)

QUANTITIES = (
    *("epsilon", "restored_bound", "delta", "relative_delta", "delta_budget"),
    *("tau", "tau_star", "distance_original", "kappa"),
    *(epsilon_at(), epsilon_at(nothing=True)),
)
STREAM_QUANTITIES = ("tau_star", "difference_batch")
LOST, REACHED = "share not separating", "share with kappa >= 1"
FLOOR = 1e-5  # of τ*
_BREAKS = "share of sets that lose\na margin (lower is better)"


def _line(quantity: str, name: str, colour: str, choice: str = "random", **look: Any) -> Line:
    where = {"choice": choice, "start": "exact", "quantity": quantity}
    return Line(where, name, colour, marker="", **look)


def _nothing(quantity: str) -> Line:
    return _line(quantity, style.NOTHING, "original", dash="--", band=False)


_ROWS = (
    PanelRow(
        style.EPSILON,
        (_nothing(epsilon_at(nothing=True)), _line(epsilon_at(), "one step", "exact")),
        None,
        top=1.2,
    ),
    PanelRow(_BREAKS, (), None),  # of all networks
    PanelRow(
        "τ*: 1 − cosine to an exact\nKKT point (lower is nearer)",
        (
            _nothing("distance_original"),
            _line("tau_star", "one step", "exact", band=False, floor=FLOOR),
            _line("tau_star", "one by one", "clarke", "kept", dash="-.", band=False, floor=FLOOR),
            _line("tau_star", "one by one,\nsolved again", "trained", "resolved", floor=FLOOR),
        ),
        FLOOR,
    ),
)
SYMBOLS = {"dimension": "d", "samples": "m", "correlation": "ρ", "separation": "α"}


def draw(table: Table, stream: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """ε for a given δ, the share that breaks, and τ* against k; a column an end of the sweep.

    Args:
        table: rows of the measure batch.
        stream: rows of the measure stream, of the same settings.

    Returns:
        The figure, which is of the last network, and all numbers: of all networks, choices of samples and
        starts, the rest of the certificates, and the settings between the ends of the sweep. Shares (column
        ``median``) have no band.
    """
    drawn = stack([_batches(table), _stream(stream)])
    cases, sizes = _ends(drawn), np.unique(table["samples"])
    of = f", of m = {sizes[0]:g}" if len(sizes) == 1 else ""
    with style.styled():
        label = f"k samples forgotten{of}"
        figure, axes = style.grid(5.8, cases, _ROWS, drawn, "k", label, by="case")
        for panel in axes.flat:
            panel.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        for panel, case in zip(axes[1], cases, strict=True):
            style.draw_lines(panel, _of_all_networks(drawn, case), "k", _broken(drawn))
            style.nothing_line(panel, (np.min(drawn["k"]), np.max(drawn["k"])), (0, 0))
        style.finish(axes, _ROWS)
    return figure, {name: column for name, column in drawn.items() if name != "case"}


def _broken(drawn: Table) -> list[Line]:
    """Lines of what breaks, the last network in the colour that it has in all panels."""
    *others, last = style.networks_of(drawn)
    found = [_line(LOST, style.name_of(last), "exact", band=False)]
    found += [_line(LOST, style.name_of(name), name, band=False) for name in others]
    return [
        replace(line, where={**line.where, "network": name})
        for line, name in zip(found, (last, *others), strict=True)
    ]


def _of_all_networks(drawn: Table, case: str) -> Table:
    """The numbers at the point of the sweep of this case."""
    point = case.partition("\n")[2]
    same = [name.partition("\n")[2] == point for name in drawn["case"].tolist()]
    return take(drawn, np.array(same))


def _batches(table: Table) -> dict[str, np.ndarray]:
    by = [*swept(table), "network", "start", "choice", "forget_size"]
    exact, trained = (select(table, start=start) for start in ("exact", "trained"))
    parts = [summarise(exact, by, QUANTITIES), _shares(exact, by)]
    if rows(trained):
        parts.append(summarise(trained, by, ["epsilon", epsilon_at()]))
    return _labelled(stack(parts), table)


def _stream(stream: Table) -> dict[str, np.ndarray]:
    size = len(stream["seed"])
    table = {**stream, "start": np.full(size, "exact"), "choice": stream["variant"]}
    table["forget_size"] = stream["deletions"]
    by = [*swept(stream), "network", "start", "choice", "forget_size"]
    return _labelled(summarise(table, by, STREAM_QUANTITIES), stream)


def _shares(table: Table, by: Sequence[str]) -> dict[str, np.ndarray]:
    found = []
    for key, cases in groups(table, *by):
        shares = {LOST: cases["outcome"] != "separating", REACHED: cases["kappa"] >= 1}
        for quantity, hits in shares.items():
            share = float(np.mean(hits))
            found.append((*key, quantity, share, share, share, len(hits), 0))
    names = (*by, "quantity", "median", "low", "high", "count", "infinite")
    return from_records(names, found)


def _labelled(summary: Table, table: Table) -> dict[str, np.ndarray]:
    """With ``k`` for the size, and the column ``case`` that names network and point of the sweep."""
    parameters = swept(table)
    names = []
    for row in range(len(summary["network"])):
        values = [f"{SYMBOLS.get(p, p)} = {summary[p][row]:g}" for p in parameters]
        names.append(
            "\n".join([style.name_of(str(summary["network"][row])), ", ".join(values)]).strip()
        )
    rest = {name: column for name, column in summary.items() if name != "forget_size"}
    return {"case": np.array(names), **rest, "k": np.asarray(summary["forget_size"], float)}


def _ends(drawn: Table) -> list[str]:
    """Cases of the first and last point of the sweep, of the last network."""
    last = select(drawn, network=style.networks_of(drawn)[-1])
    cases = [case for (case,), _ in groups(last, "case")]
    return list(dict.fromkeys([cases[0], cases[-1]]))
