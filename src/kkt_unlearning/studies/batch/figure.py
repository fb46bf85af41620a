"""Batch unlearning: ε for a given δ against the size of the forget set, beside doing nothing."""

from collections.abc import Sequence

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
)

QUANTITIES = (
    *("epsilon", "restored_bound", "delta", "relative_delta", "delta_budget"),
    *("tau", "tau_star", "distance_original", "kappa"),
    *(epsilon_at(), epsilon_at(nothing=True)),
)
STREAM_QUANTITIES = ("tau_star", "difference_batch")
LOST, REACHED = "share not separating", "share with kappa >= 1"
_RANDOM = {"choice": "random", "start": "exact"}
_NOTHING = {**_RANDOM, "quantity": epsilon_at(nothing=True)}
_LINES = (
    Line(_NOTHING, style.NOTHING, "original", "--"),
    Line({**_RANDOM, "quantity": epsilon_at()}, "the step", "exact"),
)
SYMBOLS = {"dimension": "d", "samples": "m", "correlation": "ρ", "separation": "α"}


def draw(table: Table, stream: Table) -> tuple[Figure, dict[str, np.ndarray]]:
    """ε for a given δ against k, beside doing nothing; a row a network, a column an end of the sweep.

    Args:
        table: rows of the measure batch.
        stream: rows of the measure stream, of the same settings.

    Returns:
        The figure, and all numbers: of all choices of samples and of both starts, the rest of the
        certificates, what breaks, streams, and the settings between the ends of the sweep. Shares (column
        ``median``) have no band.
    """
    drawn = stack([_batches(table), _stream(stream)])
    cases, networks = _ends(drawn), style.networks_of(drawn)
    label = "ε at θ̃ for relative δ = 0.1\n(lower is better)"
    rows_ = [PanelRow(f"{style.name_of(n)}\n{label}", _LINES, None, top=1.2) for n in networks]
    sizes = np.unique(table["samples"])
    of = f", of m = {sizes[0]:g}" if len(sizes) == 1 else ""
    with style.styled():
        shape = (len(networks), len(cases) // len(networks))
        figure, axes = style.panels(2.1 * shape[0] + 0.6, shape, sharex=True, sharey=True)
        for panel, case in zip(axes.flat, cases, strict=True):
            style.draw_lines(panel, select(drawn, case=case), "k", _LINES)
            panel.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        for panel, case in zip(axes[0], cases, strict=False):
            panel.set_title(case.partition("\n")[2])
        for panel in axes[-1]:
            panel.set_xlabel(f"k samples forgotten{of}")
        style.finish(axes, rows_)
    return figure, {name: column for name, column in drawn.items() if name != "case"}


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
