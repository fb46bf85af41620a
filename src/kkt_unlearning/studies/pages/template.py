"""Templates (Jinja) of pages, and how numbers are written in them."""

import math
from collections.abc import Mapping
from typing import Any

import jinja2

from kkt_unlearning.studies.scorecard import replicates_needed

SIGNS = {"at_most": "≤", "at_least": "≥", "equals": "="}


def fill(template: str, *, html: bool = False, **values: Any) -> str:
    """The template with its expressions replaced by values.

    Args:
        template: text in Jinja's language; the functions below and ``sign`` are added to its filters.
        html: whether what expressions give is escaped for HTML.
        values: names that the template may use.

    Raises:
        jinja2.UndefinedError: the template uses a name that is not there.
    """
    environment = jinja2.Environment(
        autoescape=html,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "number": number,
        "sign": SIGNS.__getitem__,
        "cell": cell,
        "interval": interval,
        "percent": percent,
        "distance": distance,
        "undecided": undecided,
    }
    return environment.from_string(template).render(**values)


def number(value: float) -> str:
    """A number to 3 significant digits, *infinite*, or *not measured* for nan."""
    if math.isnan(value):
        return "not measured"
    if math.isinf(value):
        return "infinite" if value > 0 else "minus infinite"
    return f"{value:.3g}"


def interval(row: Mapping[str, Any]) -> str:
    """Interval of a row of the scorecard, or why there is none."""
    if row["replicates"]:
        return f"{number(row['low'])} … {number(row['high'])}"
    return "–" if row["verdict"] == "not tested" or row["origin"] == "check" else "one case"


def distance(row: Mapping[str, Any]) -> str:
    """How far what was measured is from the threshold: over its size, or as it is where that is 0."""
    return "–" if math.isnan(row["by"]) else number(row["by"] / (abs(row["threshold"]) or 1.0))


def percent(share: float) -> str:
    """A share in whole percent, rounded down: 94.9 % is not 95 %."""
    return f"{math.floor(100 * share + 1e-9)} %"


def undecided(row: Mapping[str, Any]) -> str:
    """The share that agrees with an open row, and about how many replicates would decide it, to 2 digits."""
    needed = replicates_needed(row["agreement"], row["replicates"])
    share = percent(row["agreement"])
    return f"{share}, about {float(f'{needed:.2g}'):.0f} replicates" if needed < math.inf else share


def cell(text: str) -> str:
    """Text in a cell of a Markdown table, whose columns a bar would end."""
    return text.replace("|", "\\|")
