"""Which tables an experiment has, and whose tables a figure shows."""

from collections.abc import Sequence
from pathlib import Path

from kkt_unlearning.studies.study import figures, measures, of_choice, studies

SCRIPTS = Path(__file__).parents[3] / "scripts"  # of which rules have the names

# The main table of an experiment has its bare name.
_MAIN = "evaluation"


def suffix(part: str) -> str:
    """What follows the experiment in the name of its table: ``""`` or ``".multipliers"``."""
    return "" if part == _MAIN else f".{part}"


def parts(names: Sequence[str]) -> list[str]:
    """Tables that an experiment with these measures has."""
    found = [measures()[name] for name in names]
    always = ["dataset"] if all(measure.standalone for measure in found) else ["dataset", "kkt"]
    return [*always, *(measure.part for measure in found)]


@of_choice
def own_tables() -> dict[str, tuple[str, ...]]:
    """Sections at the top of the configuration that are no experiment -> tables of their rule."""
    return {name: study.own.tables for name, study in studies().items() if study.own}


@of_choice
def rested_on() -> frozenset[str]:
    """Experiments that figures and claims rest on; others are a user's own."""
    return frozenset(name for study in studies().values() for name in study.experiments)


@of_choice
def taken() -> frozenset[str]:
    """Names of rules and targets, which an experiment of a user's own cannot have."""
    scripts = {path.stem for path in SCRIPTS.glob("[!_]*.py")}
    made = {f"measure_{name}" for name in measures()} | {f"figure_{name}" for name in figures()}
    return frozenset({"all", *figures(), *scripts, *made})


@of_choice
def needed() -> dict[str, list[str]]:
    """What each experiment behind a figure has to measure."""
    tables = [table for drawn in figures().values() for table in drawn.values()]
    found: dict[str, list[str]] = {}
    for table in dict.fromkeys(tables):
        experiment = table.partition(".")[0]
        if experiment in own_tables():
            continue
        ending = table.removeprefix(experiment)
        answers = [name for name, measure in measures().items() if suffix(measure.part) == ending]
        found.setdefault(experiment, []).extend(answers)
    return found


def experiments_of(figure: str) -> list[str]:
    """Experiments, or other sections, whose tables a figure shows."""
    return list(dict.fromkeys(table.partition(".")[0] for table in figures()[figure].values()))


def section_of(figure: str) -> str:
    """Key path of the first of them."""
    first = experiments_of(figure)[0]
    return first if first in own_tables() else f"experiments.{first}"
