"""Batch unlearning: the certificate against the size of the forget set, and a stream of deletions."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from kkt_unlearning.studies import style
from kkt_unlearning.studies.columns import epsilon_at
from kkt_unlearning.studies.style import Line, PanelRow
from kkt_unlearning.studies.summary import (
    Table,
    crossing,
    from_records,
    groups,
    rows,
    select,
    stack,
    summarise,
    swept,
    take,
)

EPSILON_FLOOR, DISTANCE_FLOOR = 1e-3, 1e-5
QUANTITIES = (
    *("epsilon", "restored_bound", "delta", "relative_delta", "delta_budget"),
    *("tau", "tau_star", "distance_original", "kappa"),
    *(epsilon_at(), epsilon_at(nothing=True)),
)
STREAM_QUANTITIES = ("tau_star", "difference_batch")
LOST, REACHED = "share not separating", "share with kappa >= 1"
CHOICES = {  # name at its line, colour
    "random": ("random", "clarke"),
    "correlated": ("correlated", "two_layer"),
    "multipliers": ("largest λ", "exact"),
    "coupled": ("coupled", "autograd"),
}
VARIANTS = {
    "kept": ("first multipliers", "clarke"),
    "reestimated_autograd": ("0/1 derivatives", "autograd"),
    "reestimated_clarke": ("Clarke", "trained"),
    "resolved": ("solved again", "exact"),
}
SYMBOLS = {"dimension": "d", "samples": "m", "correlation": "ρ", "separation": "α"}


def draw(table: Table, stream: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """ε for a given δ, what breaks, and streams against k; a column a network and end of the sweep.

    Args:
        table: rows of the measure batch.
        stream: rows of the measure stream, of the same settings.

    Returns:
        The figure, and the numbers drawn, with the rest of the certificates and the settings between the ends
        of the sweep beside them. Shares (column ``median``) have no band.
    """
    drawn = stack([_batches(table), _stream(stream)])
    cases = _ends(drawn)
    lines = _rows()
    with style.styled():
        figure, axes = style.grid(
            5.4,
            cases,
            lines,
            _bands_of(drawn, "random", *VARIANTS),
            "k",
            "k samples forgotten",
            by="case",
        )
        _references(axes, drawn, cases)
        _finish(axes, lines)
    return figure, {name: column for name, column in drawn.items() if name != "case"}


def _rows() -> tuple[PanelRow, ...]:
    idle = _line("random", epsilon_at(nothing=True), style.NOTHING, "original", "--")
    trained = _line("random", epsilon_at(), "random, trained", "trained", "--")
    from_trained = replace(trained, where={**trained.where, "start": "trained"})
    reached = _line("random", REACHED, "κ ≥ 1, random", "bound", "--")
    return (
        PanelRow(
            "relative ε at θ̃\nfor δ = 0.1 λ̄",
            (idle, *_choices(epsilon_at()), from_trained),
            EPSILON_FLOOR,
        ),
        PanelRow("share of sets\nthat lose a margin", (*_choices(LOST), reached), None, top=1.0),
        PanelRow("stream: τ*", tuple(_streams("tau_star")), DISTANCE_FLOOR),
    )


def _line(choice: str, quantity: str, label: str, colour: str, dash: str = "-") -> Line:
    where = {"choice": choice, "quantity": quantity, "start": "exact"}
    return Line(where, label, colour, dash, _FLOORS.get(quantity, 0.0))


_FLOORS = {epsilon_at(): EPSILON_FLOOR, "tau_star": DISTANCE_FLOOR}


def _choices(quantity: str) -> Iterable[Line]:
    """A line for each choice of samples; only the first row of panels names them."""
    for choice, (label, colour) in CHOICES.items():
        yield _line(choice, quantity, label if quantity == epsilon_at() else f"_{choice}", colour)


def _streams(quantity: str) -> Iterable[Line]:
    return (_line(variant, quantity, *look) for variant, look in VARIANTS.items())


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
    """Cases of the first and last point of the sweep, in the order of networks."""
    cases: dict[str, list[str]] = {}
    for (network, case), _ in groups(drawn, "network", "case"):
        cases.setdefault(network, []).append(case)
    networks = style.networks_of(drawn)
    ends = [list(dict.fromkeys([cases[n][0], cases[n][-1]])) for n in networks]
    return [case for column in ends for case in column]


def _bands_of(drawn: Table, *names: str) -> dict[str, np.ndarray]:
    """The numbers with the band of these choices alone: four in one panel hide one another."""
    shown = np.isin(drawn["choice"], names)
    return {**drawn, **{end: np.where(shown, drawn[end], np.nan) for end in ("low", "high")}}


def _references(axes: np.ndarray, drawn: Table, cases: Sequence[str]) -> None:
    """Where the median κ of random sets reaches 1, and the τ* of doing nothing."""
    for column, case in zip(axes.T, cases, strict=True):
        where = {"case": case, "choice": "random", "start": "exact"}
        kappa = select(drawn, **where, quantity="kappa")
        kappa = take(kappa, np.argsort(kappa["k"], kind="stable"))
        at = crossing(kappa["k"], kappa["median"], 1.0)
        for panel in column[:2]:
            panel.axvline(at, color="0.4", linewidth=0.8, linestyle="-.", label="_κ = 1")
        idle = select(drawn, **where, quantity="distance_original")
        idle = take(idle, np.argsort(idle["k"], kind="stable"))
        style.nothing_line(column[2], idle["k"], idle["median"])


def _finish(axes: np.ndarray, lines: Sequence[PanelRow]) -> None:
    for panel in axes.flat:
        panel.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        for line in panel.lines:
            line.set_markersize(1.5 if line.get_marker() == "o" else 3.5)
    look: dict[str, Any] = {"color": "0.4", "linewidth": 0.8, "linestyle": "-."}
    style.finish(axes, lines, [Line2D([], [], label="random sets: median κ = 1", **look)])
