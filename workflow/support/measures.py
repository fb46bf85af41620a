"""What an experiment can measure, and the table of a setting that answers it."""

from typing import NamedTuple


class Measure(NamedTuple):
    """One measure.

    Attributes:
        part: name of the table that a setting has of it.
        options: whether the experiment has a section of the measure's name; its schema is
            ``$defs/measure_<name>``, what a schema cannot say is in `workflow.support.checks`.
        standalone: whether it needs only the data set, no network trained by rule ``train``.
    """

    part: str
    options: bool = False
    standalone: bool = False


MEASURES = {
    "certificate": Measure("evaluation"),
    "multipliers": Measure("multipliers"),
    "stationarity": Measure("stationarity"),
    "recovery": Measure("recovery", options=True),
    "flips": Measure("flips", options=True),
    "surface": Measure("surface", options=True),
    "convergence": Measure("convergence", options=True),
    "batch": Measure("batch", options=True),
    "stream": Measure("stream", options=True),
    "depth": Measure("depth", options=True, standalone=True),
    "membership": Measure("membership", options=True, standalone=True),
    "klom": Measure("klom", options=True, standalone=True),
}

# options of an experiment that stand in no section of a measure -> measures that take them
TAKEN = {
    "forget": {"certificate", "recovery", "depth"},
    "fractions": {"certificate"},
    "starts": {"certificate"},
}

# what the explorer shows
EXPLORED = ("certificate", "batch", "depth", "recovery")

# The main table of an experiment has its bare name.
_MAIN = "evaluation"


def suffix(part: str) -> str:
    """What follows the experiment in the name of its table: ``""`` or ``".multipliers"``."""
    return "" if part == _MAIN else f".{part}"


def parts(measures: list[str]) -> list[str]:
    """Tables that an experiment with these measures has."""
    found = [MEASURES[name] for name in measures]
    always = ["dataset"] if all(measure.standalone for measure in found) else ["dataset", "kkt"]
    return [*always, *(measure.part for measure in found)]
