"""Several runs of one experiment beside one another: one figure with all, and the numbers that differ."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from kkt_unlearning.studies import style
from kkt_unlearning.studies.columns import epsilon_at
from kkt_unlearning.studies.own.measured import Number, Setting, settings, told_apart
from kkt_unlearning.studies.steps import EPSILON_FLOOR, MOST_COLUMNS, TAU_FLOOR, grid, with_titles
from kkt_unlearning.studies.style import Line, PanelRow
from kkt_unlearning.studies.summary import Table, distinct, rows, stack, summarise

MOST_RUNS = 6  # of which each has a colour

_NOTHING = epsilon_at(nothing=True)
_PANELS = (
    ("ε at θ̃, δ = 0.1 λ̄", epsilon_at(), EPSILON_FLOOR),
    ("relative ε at θ′ (τ = 0)", "epsilon_clarke", None),
    ("relative δ at θ̃", "relative_delta", None),
    ("τ*: 1 − cosine\nto a KKT point", "tau_star", TAU_FLOOR),
)
_QUANTITIES = (*(quantity for _, quantity, _ in _PANELS), _NOTHING)
_DASHES = {"exact": "-", "trained": "--"}

Runs = Mapping[str, Table]  # by the name that a reader sees


def common(tables: Sequence[Table]) -> list[str]:
    """Columns that tell settings apart in every run."""
    return [name for name in told_apart(tables[0]) if all(name in told_apart(t) for t in tables)]


def draw(runs: Runs) -> tuple[Figure, dict[str, np.ndarray]]:
    """The panels of the step-size figure with a line for each run, which has its name at its end.

    Args:
        runs: at least two tables of the measure ``certificate``.

    Returns:
        The figure, and the medians and bands that it shows.
    """
    by = common(list(runs.values()))
    parts = []
    for run, table in runs.items():
        found = summarise(table, [*by, "start", "fraction"], _QUANTITIES)
        parts.append({"run": np.full(rows(found), run, dtype=object), **found})
    drawn = stack(parts)
    titled = with_titles(drawn, by)
    titles = list(dict.fromkeys(titled["title"].tolist()))[:MOST_COLUMNS]
    panels = [_row(number, runs) for number in range(len(_PANELS))]
    with style.styled():
        figure = grid(titles, panels, titled, room=1.0, marks=_key())
    return figure, drawn


def _row(number: int, runs: Runs) -> PanelRow:
    label, quantity, floor = _PANELS[number]
    lines = [
        Line(
            {"run": run, "quantity": quantity, "start": start}, run, f"run{place}", dash, floor or 0
        )
        for place, run in enumerate(runs)
        for start, dash in _DASHES.items()
    ]
    if number == 0:
        lines += [
            Line(
                {"run": run, "quantity": _NOTHING, "start": "exact"},
                run,
                f"run{place}",
                ":",
                EPSILON_FLOOR,
            )
            for place, run in enumerate(runs)
        ]
    return PanelRow(label, lines, floor)


def _key() -> list[Line2D]:
    """What the kinds of lines are, whatever the run."""
    named = {style.name_of(start): dash for start, dash in _DASHES.items()} | {style.NOTHING: ":"}
    looks: list[dict[str, Any]] = [{"label": name, "ls": dash} for name, dash in named.items()]
    return [Line2D([], [], color="0.3", **look) for look in looks]


@dataclass(frozen=True)
class Difference:
    """One number in all runs.

    Attributes:
        setting: title of the setting.
        quantity: a key of `measured.MEASURES`.
        numbers: by run; None where the run does not have the setting.
        apart: whether the intervals of two runs have no number in common; None where one has none.
    """

    setting: str
    quantity: str
    numbers: dict[str, Number | None]
    apart: bool | None


def differences(runs: Runs, resamples: int, seed: int) -> Iterator[Difference]:
    """Every number of every setting in all runs, after the step nearest to the prescribed one."""
    by = common(list(runs.values()))
    found: dict[str, dict[str, Setting]] = {}
    for run, table in runs.items():
        for setting in settings(table, by, resamples, seed):
            found.setdefault(setting.title, {})[run] = setting
    for title, of_run in found.items():
        for quantity in next(iter(of_run.values())).numbers:
            numbers = {
                run: of_run[run].numbers[quantity] if run in of_run else None for run in runs
            }
            yield Difference(title, quantity, numbers, _apart(list(numbers.values())))


def _apart(numbers: Sequence[Number | None]) -> bool | None:
    known = [number for number in numbers if number and not np.isnan(number.low)]
    if len(known) < 2:
        return None
    return any(one.apart(other) for one in known for other in known)


def sweeps(runs: Runs) -> dict[str, dict[str, list[Any]]]:
    """Of each column in which settings are told apart in some run, but not in all, its values by run."""
    tables = list(runs.values())
    some = dict.fromkeys(name for table in tables for name in told_apart(table))
    pooled = [name for name in some if name not in common(tables)]
    return {
        name: {run: distinct(table, name) for run, table in runs.items() if name in table}
        for name in pooled
    }
