"""A result table as the explorer holds it: median and band of every quantity in every setting.

``docs/theory.md``, section 6, defines the quantities.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kkt_unlearning.studies.explorer.shown import (
    PANELS,
    PARAMETERS,
    QUANTITIES,
    WAY_PANELS,
    WAY_QUANTITIES,
    Panel,
    Quantity,
    data,
    named,
    way,
)
from kkt_unlearning.studies.summary import Table, groups, rows, summarise, swept, take

SIGNIFICANT_DIGITS = 6
NO_BETA = -1.0  # nan is unlike itself, so that rows would not be grouped by it
_DECADE = 10.0  # a parameter that spans more has a logarithmic axis

Json = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """One kind of table.

    Attributes:
        title: what it is about.
        by: columns beside the swept ones, the network and the training that tell settings apart.
        quantities, panels: what is shown of it.
    """

    title: str
    by: tuple[str, ...]
    quantities: tuple[Quantity, ...] = QUANTITIES
    panels: tuple[Panel, ...] = PANELS


# measure -> how its table is shown
KINDS = {
    "certificate": Kind("one ascent step", ("start", "forget_size", "fraction")),
    "batch": Kind("forget sets of every size", ("start", "choice", "forget_size", "fraction")),
    "depth": Kind("deeper networks", ("layers", "forget_size", "fraction")),
    "recovery": Kind("ways to forget", ("forget_size", "way", "steps"), WAY_QUANTITIES, WAY_PANELS),
}


def study(name: str, measure: str, table: Table, dataset: Json, homes: Sequence[Json]) -> Json:
    """Median and 10-90 % band of the quantities, over replicates and forget sets, in every setting.

    Args:
        name: of the experiment.
        measure: a key of ``KINDS``.
        table: rows of that measure, with the columns ``experiment`` to ``network`` of all tables.
        dataset: settings of the data set, ``source`` among them.
        homes: ``{"values": {swept parameter: value}, "home": text}`` for each point of the sweep;
            equal texts mean equal data, whatever the experiment.

    Returns:
        What JSON can hold: numbers to 6 significant digits, infinite ones as text, nan as null.
        ``points`` lists, setting by setting, the numbers of its values in ``parameters``.
    """
    kind = KINDS[measure]
    sweep = swept(table)
    table, ways = _with_ways(table) if measure == "recovery" else (table, {})
    by = [*sweep, "network", "training", *kind.by]
    parameters = [_parameter(column, np.asarray(table[column])) for column in by]
    quantities = [quantity for quantity in kind.quantities if _is_measured(table, quantity)]
    found = [(dict(zip(by, key, strict=True)), group) for key, group in groups(table, *by)]
    settings = [setting for setting, _ in found]
    return {
        "experiment": name,
        "measure": measure,
        "title": kind.title,
        "data": data(dataset),
        "samples": dataset.get("samples"),
        "parameters": parameters,
        "panels": [vars(panel) for panel in kind.panels],
        "quantities": [quantity.described() for quantity in quantities],
        "ways": {text: shown.described() for text, shown in ways.items()},
        "points": _numbers(settings, parameters),
        "homes": _homes(settings, sweep, homes),
        "networks": [rows(group) for _, group in found],
        "replicates": [len(np.unique(group["seed"])) for _, group in found],
        "values": _values(table, by, quantities),
    }


def _values(table: Table, by: Sequence[str], quantities: Sequence[Quantity]) -> Json:
    """Column -> for each setting median, low, high, how many numbers, and how many are infinite."""
    drawn = summarise(table, by, [quantity.column for quantity in quantities])
    names = ("median", "low", "high", "count", "infinite")
    cells = zip(*(drawn[name].tolist() for name in names), strict=True)
    values: Json = {quantity.column: [] for quantity in quantities}
    for column, cell in zip(drawn["quantity"].tolist(), cells, strict=True):
        values[column].append([plain(value) for value in cell])
    return values


def plain(value: float) -> float | str | None:
    """A number to 6 significant digits as JSON has it: ``"Infinity"``, and null for nan."""
    if math.isnan(value):
        return None
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value if isinstance(value, int) else float(f"{value:.{SIGNIFICANT_DIGITS}g}")


def _is_measured(table: Table, quantity: Quantity) -> bool:
    column = table.get(quantity.column)
    return column is not None and not np.isnan(np.asarray(column, float)).all()


def _parameter(column: str, cells: np.ndarray) -> Json:
    """Values of a parameter, ascending if they are numbers, else in order of first appearance."""
    numeric = cells.dtype.kind in "iuf"
    found = sorted(set(cells.tolist())) if numeric else list(dict.fromkeys(cells.tolist()))
    logarithmic = numeric and found[0] > 0 and found[-1] >= _DECADE * found[0]
    return {
        "name": column,
        "title": PARAMETERS.get(column, column.replace("_", " ")),
        "numeric": numeric,
        "logarithmic": logarithmic,
        "values": [_cell(value) for value in found],
        "titles": [f"{value:g}" if numeric else named(str(value)) for value in found],
    }


def _numbers(settings: Sequence[Json], parameters: Sequence[Json]) -> list[list[int]]:
    """For each setting the numbers of its values among those of the parameters."""
    numbers = [{value: n for n, value in enumerate(shown["values"])} for shown in parameters]
    names = [shown["name"] for shown in parameters]
    return [
        [number[_cell(setting[name])] for name, number in zip(names, numbers, strict=True)]
        for setting in settings
    ]


def _homes(settings: Sequence[Json], sweep: Sequence[str], homes: Sequence[Json]) -> list[str]:
    """Where the data of each setting lie."""
    known = {tuple(home["values"][name] for name in sweep): home["home"] for home in homes}
    return [known.get(tuple(setting[name] for name in sweep), "") for setting in settings]


def _cell(value: Any) -> Any:
    return value if isinstance(value, bool | int | float) else str(value)


def _with_ways(table: Table) -> tuple[Table, dict[str, Any]]:
    """The table of methods with one column for method, start and β, and how each looks.

    ε is the least of θ′ and θ̃, and a cost holds that of the multipliers, as in the figure.
    """
    beta = np.asarray(table["beta"], float)
    cases = {
        **table,
        "beta": np.where(np.isnan(beta), NO_BETA, beta),
        "epsilon_least": np.minimum(table["epsilon"], table["epsilon_clarke"]),
        "gradients": np.asarray(table["cost"], float) + table["cost_dual"],
        "way": np.full(rows(table), "", dtype=object),
    }
    ways = {}
    for key, _ in groups(cases, "method", "start", "beta"):
        text = " ".join(f"{part:g}" if isinstance(part, float) else part for part in key)
        ways[text] = way(*key)
        same = [
            np.asarray(cases[n]) == v for n, v in zip(("method", "start", "beta"), key, strict=True)
        ]
        cases["way"][np.logical_and.reduce(same)] = text
    return take(cases, np.ones(rows(table), bool)), ways
