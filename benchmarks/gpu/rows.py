"""One line of the table: a number, and what it has to be."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

COLUMNS = ("part", "what", "quantity", "value", "unit", "at_least", "at_most", "verdict")


@dataclass(frozen=True)
class Row:
    """A number that was checked (it must lie within the limits) or timed (the limits are goals)."""

    part: str
    what: str
    quantity: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def verdict(self) -> str:
        """``passed`` or ``FAILED`` for a check, ``reached`` or ``missed`` for a goal; nan is never good."""
        if self.at_least is None and self.at_most is None:
            return "measured"
        low = -float("inf") if self.at_least is None else self.at_least
        high = float("inf") if self.at_most is None else self.at_most
        good, bad = ("passed", "FAILED") if self.part == "check" else ("reached", "missed")
        return good if low <= self.value <= high else bad

    def __str__(self) -> str:
        return (
            f"{self.verdict:9} {self.what}: {self.quantity} {self.value:.4g} {self.unit}".rstrip()
        )


def write(rows: Iterable[Row], path: Path) -> None:
    """The table as CSV, numbers to 4 digits."""
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in rows:
            writer.writerow([_text(getattr(row, column)) for column in COLUMNS])


def _text(value: object) -> object:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else value
