"""Templates (Jinja) of pages, and how numbers are written in them."""

import math
from typing import Any

import jinja2

SIGNS = {"at_most": "≤", "at_least": "≥", "equals": "="}


def fill(template: str, *, html: bool = False, **values: Any) -> str:
    """The template with its expressions replaced by values.

    Args:
        template: text in Jinja's language; filters ``number``, ``sign`` and ``cell`` are added to its own.
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
    environment.filters |= {"number": number, "sign": SIGNS.__getitem__, "cell": cell}
    return environment.from_string(template).render(**values)


def number(value: float) -> str:
    """A number to 3 significant digits, *infinite*, or *not measured* for nan."""
    if math.isnan(value):
        return "not measured"
    if math.isinf(value):
        return "infinite" if value > 0 else "minus infinite"
    return f"{value:.3g}"


def cell(text: str) -> str:
    """Text in a cell of a Markdown table, whose columns a bar would end."""
    return text.replace("|", "\\|")
