"""Numbers and tables as a reader of a terminal sees them."""

import math
from collections.abc import Sequence

from kkt_unlearning.precision import ROUND_OFF


def number(value: float, size: float = 1.0) -> str:
    """Three digits; ``–`` where there is none, ``∞`` where it is infinite, 0 for round-off.

    ``size`` is of the numbers of its kind: 1 for what is relative or in units of the margin, and for
    multipliers, whose units are those of the features, what they are about.
    """
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞"
    if abs(value) < ROUND_OFF * size:
        return "0"
    return f"{value:.3g}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns two blanks apart; the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = []
    for row in (head, *rows):
        cells = [row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
