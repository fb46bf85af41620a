"""Batch unlearning: the certificate against the size of the forget set, and a stream of deletions."""

from collections.abc import Iterable, Sequence
from typing import cast

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from kkt_unlearning.studies import style
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

KAPPA_FLOOR, EPSILON_FLOOR, DELTA_FLOOR, DISTANCE_FLOOR = 1e-2, 1e-4, 1e-2, 1e-5
EPSILON_CEILING, DELTA_CEILING, KAPPA_CEILING = 1e1, 1e3, 1e1
QUANTITIES = (
    *("epsilon", "restored_bound", "delta", "delta_budget"),
    *("tau", "tau_star", "distance_original", "kappa"),
)
STREAM_QUANTITIES = ("tau_star", "difference_batch")
LOST, REACHED = "share not separating", "share with kappa >= 1"
CHOICES = {  # name in the legend, colour
    "random": ("random", "clarke"),
    "correlated": ("correlated with\none another", "two_layer"),
    "multipliers": ("largest multipliers", "exact"),
    "coupled": ("coupled to\nthe rest", "autograd"),
}
VARIANTS = {
    "kept": ("first multipliers\n(= one batch)", "clarke"),
    "reestimated_autograd": ("estimated anew,\nderivatives 0/1", "autograd"),
    "reestimated_clarke": ("estimated anew,\nClarke", "trained"),
    "resolved": ("solved anew", "exact"),
}
SYMBOLS = {"dimension": "d", "samples": "m", "correlation": "ρ", "separation": "α"}


def draw(table: Table, stream: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """κ, lost margins, ε, δ and directions against the size k; a column a network and end of the sweep.

    Args:
        table: rows of the measure batch.
        stream: rows of the measure stream, of the same settings.

    Returns:
        The figure, and the numbers drawn, those of the settings between the ends of the sweep too. Shares
        (column ``median``) have no band.
    """
    drawn = stack([_batches(table), _stream(stream)])
    cases = _ends(drawn)
    lines = _rows()
    with style.styled():
        figure, axes = style.grid(
            8.8, cases, lines, _bands_of(drawn, "random", *VARIANTS), "k", "k", by="case"
        )
        _breaks(axes, drawn, cases)
        _finish(axes, lines)
    return figure, {name: column for name, column in drawn.items() if name != "case"}


def _rows() -> tuple[PanelRow, ...]:
    reached = _line("random", REACHED, "random: κ ≥ 1,\nno bound", "bound", "--")
    trained = _line("random", "epsilon", "random, from the\ntrained weights", "trained", "--")
    return (
        PanelRow("κ", tuple(_choices("kappa")), KAPPA_FLOOR),
        PanelRow("share of sets", (*_choices(LOST), reached), None),
        PanelRow(
            "relative ε at θ̃",
            (
                *_choices("epsilon"),
                _line("random", "restored_bound", "bound, random", "bound", ":"),
                Line({**trained.where, "start": "trained"}, *_look(trained)),
            ),
            EPSILON_FLOOR,
        ),
        PanelRow(
            "δ at θ̃",
            (*_choices("delta"), _line("random", "delta_budget", "allowed, random", "bound", ":")),
            DELTA_FLOOR,
        ),
        PanelRow(
            "1 − cosine of θ′ to …",
            (
                *_choices("tau_star"),
                _line("random", "tau", "θ̃ (τ), random", "tau", "--"),
                _line("random", "distance_original", "before the step,\nrandom", "original"),
            ),
            DISTANCE_FLOOR,
        ),
        PanelRow("stream: τ*", tuple(_streams("tau_star")), DISTANCE_FLOOR),
    )


def _line(choice: str, quantity: str, label: str, colour: str, dash: str = "-") -> Line:
    where = {"choice": choice, "quantity": quantity, "start": "exact"}
    return Line(where, label, colour, dash, _FLOORS.get(quantity, 0.0))


def _look(line: Line) -> tuple:
    return line.label, line.colour, line.dash, line.floor


_FLOORS = {
    "kappa": KAPPA_FLOOR,
    "epsilon": EPSILON_FLOOR,
    "restored_bound": EPSILON_FLOOR,
    "delta": DELTA_FLOOR,
    "delta_budget": DELTA_FLOOR,
    "tau": DISTANCE_FLOOR,
    "tau_star": DISTANCE_FLOOR,
    "distance_original": DISTANCE_FLOOR,
}


def _choices(quantity: str) -> Iterable[Line]:
    """A line for each choice of points; only the first row of panels names them in its legend."""
    for choice, (label, colour) in CHOICES.items():
        yield _line(choice, quantity, label if quantity == "kappa" else f"_{choice}", colour)


def _streams(quantity: str) -> Iterable[Line]:
    return (_line(variant, quantity, *look) for variant, look in VARIANTS.items())


def _batches(table: Table) -> dict[str, np.ndarray]:
    by = [*swept(table), "network", "start", "choice", "forget_size"]
    exact, trained = (select(table, start=start) for start in ("exact", "trained"))
    parts = [summarise(exact, by, QUANTITIES), _shares(exact, by)]
    if rows(trained):
        parts.append(summarise(trained, by, ["epsilon"]))
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


def _breaks(axes: np.ndarray, drawn: Table, cases: Sequence[str]) -> None:
    """Where the median κ of random sets reaches 1, and that level."""
    for column, case in zip(axes.T, cases, strict=True):
        where = {"case": case, "choice": "random", "start": "exact", "quantity": "kappa"}
        kappa = select(drawn, **where)
        kappa = take(kappa, np.argsort(kappa["k"], kind="stable"))
        at = crossing(kappa["k"], kappa["median"], 1.0)
        column[0].axhline(1.0, color="0.4", linewidth=0.8, linestyle="-.")
        for panel in column[:4]:
            label = "random: κ = 1" if panel is column[0] else "_κ = 1"
            panel.axvline(at, color="0.4", linewidth=0.8, linestyle="-.", label=label)


def _finish(axes: np.ndarray, lines: Sequence[PanelRow]) -> None:
    style.finish(axes, lines)
    ceilings = {0: KAPPA_CEILING, 2: EPSILON_CEILING, 3: DELTA_CEILING}
    for row, ceiling in ceilings.items():
        for panel in axes[row]:
            style.log_scale(panel, cast(float, lines[row].floor), ceiling)
    for panel in axes.flat:
        panel.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        for line in panel.lines:
            line.set_markersize(1.5 if line.get_marker() == "o" else 3.5)
    for panel in axes[1]:
        panel.set_ylim(0.0, 1.05)
    style.legend(
        axes[1, -1], [Line2D([], [], color="0.2", label="a margin is lost:\nnot separating")]
    )
    style.legend(axes[2, -1], [style.lost_mark()])
