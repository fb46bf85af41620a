"""What a study declares, and all studies that there are.

A study is a folder of this package: ``study.py`` declares a `Study`, ``rows.py`` has a function for each
measure, ``claims.py`` registers claims, and ``figure.py`` has a function ``draw``. Whatever runs studies
reads the declarations. Nothing here computes: they are read before every run.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from kkt_unlearning.studies.options import Schema

Fail = Callable[..., NoReturn]  # fail(*keys, text=...) refuses what stands at the end of the keys

CHECKS = "checks"  # section of the scorecard for what is true by construction or by a theorem
LEAST_RETAINED = 2  # samples: with one, no pair is left that a step could move apart


@dataclass(frozen=True)
class Section:
    """What the claims of a section of the scorecard are about.

    Attributes:
        title: the question, as a heading.
        page: where its mathematics is, from the root of the project.
    """

    title: str
    page: str


@dataclass(frozen=True)
class Measure:
    """Something that is measured of every setting of an experiment.

    Attributes:
        part: name of the table that a setting has of it.
        reads: what its function in ``rows.py`` is called with: ``replicates`` (trained networks and their
            exact KKT points, a `Case`), ``deep`` or ``shadows`` (networks of their own, which rule ``train``
            does not train); empty where another rule writes the table.
        inputs: further results that a `Case` has: ``unlearned``, ``retrained``.
        schema: of the section of its name in an experiment; None where it has no options.
        requires: keys of the experiment without which it cannot be, with what they are.
        borrows: section of another measure -> options of it that are needed as well.
        snapshots: whether it follows training, whose snapshots it needs then.
        explored: whether the explorer shows it.
        minutes: on a cluster, at the first attempt.
        check: ``check(options, m, fail)`` refuses what a schema cannot say of the options.
        check_experiment: ``check_experiment(experiment, configuration, fail)`` likewise of any experiment.
    """

    part: str
    reads: str = "replicates"
    inputs: tuple[str, ...] = ()
    schema: Schema | None = None
    requires: Mapping[str, str] = field(default_factory=dict)
    borrows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    snapshots: bool = False
    explored: bool = False
    minutes: int = 5
    check: Callable[[Mapping[str, Any], int, Fail], None] | None = None
    check_experiment: Callable[[Mapping[str, Any], Mapping[str, Any], Fail], None] | None = None

    @property
    def standalone(self) -> bool:
        """Whether it needs only the data set, no network that rule ``train`` trained."""
        return self.reads in ("deep", "shadows")


@dataclass(frozen=True)
class Drawn:
    """What the figures and claims of a study rest on in one experiment.

    Attributes:
        sweep: parameters that it has to sweep.
        prescribed: whether the prescribed step from the exact KKT point is shown.
        single: whether forget sets of one sample are shown.
    """

    sweep: tuple[str, ...] = ()
    prescribed: bool = False
    single: bool = False


@dataclass(frozen=True)
class Own:
    """A section at the top of the configuration, for a study that is no experiment on networks.

    Attributes:
        tables: what the rule of this section writes.
        schema: of the section.
        check: ``check(section, fail)`` refuses what the schema cannot say.
    """

    tables: tuple[str, ...]
    schema: Schema
    check: Callable[[Mapping[str, Any], Fail], None]


@dataclass(frozen=True)
class Study:
    """A question, what is measured for it, and what is drawn.

    Attributes:
        order: place in the scorecard and among the figures; equal ones go by name.
        sections: of the scorecard, by name; most studies have one, of their own name.
        figure: argument of ``draw`` -> table, ``experiment[.part]``; none where no figure is drawn.
        experiments: those of the configuration that must be there, with what they have to contain.
        measures: by the name that an experiment gives, which is that of the function in ``rows.py``.
        own: section of the study's name in the configuration.
    """

    order: int
    sections: Mapping[str, Section] = field(default_factory=dict)
    figure: Mapping[str, str] = field(default_factory=dict)
    experiments: Mapping[str, Drawn] = field(default_factory=dict)
    measures: Mapping[str, Measure] = field(default_factory=dict)
    own: Own | None = None


@cache
def studies() -> dict[str, Study]:
    """All studies by name, in their order."""
    found = {name: import_module(f"{__package__}.{name}.study").STUDY for name in _folders("study")}
    return dict(sorted(found.items(), key=lambda item: (item[1].order, item[0])))


@cache
def sections() -> dict[str, Section]:
    """Sections of the scorecard, in their order."""
    return {name: part for study in studies().values() for name, part in study.sections.items()}


@cache
def measures() -> dict[str, Measure]:
    """All measures by name."""
    return {name: part for study in studies().values() for name, part in study.measures.items()}


@cache
def figures() -> dict[str, Mapping[str, str]]:
    """Tables of each figure, which has the name of its study."""
    return {name: study.figure for name, study in studies().items() if study.figure}


def modules(part: str) -> list[str]:
    """Modules of all studies that have such a part: ``claims``, ``study``, ``rows`` or ``figure``."""
    return [f"{__package__}.{name}.{part}" for name in _folders(part)]


def rows_of(measure: str) -> str:
    """Module with the function of a measure."""
    owner = next(name for name, study in studies().items() if measure in study.measures)
    return f"{__package__}.{owner}.rows"


def enough(samples: int, key: str, fail: Fail) -> None:
    """At least one sample can be forgotten."""
    if samples <= LEAST_RETAINED:
        fail(
            key,
            text=f"the data set has {samples} samples, of which {LEAST_RETAINED} must be retained: "
            f"set samples to {LEAST_RETAINED + 1} or more.",
        )


def check_forget(options: Mapping[str, Any], samples: int, fail: Fail) -> None:
    """Every sample of a forget set exists, and one at least is retained."""
    forget = options.get("forget", "each")
    for index, group in enumerate([] if forget == "each" else forget):
        beyond = [sample for sample in group if sample >= samples]
        if beyond:
            fail(
                "forget",
                index,
                text=f"the value is {beyond[0]}, but the {samples} samples are numbered 0 to "
                f"{samples - 1}: take one of these.",
            )
        if len(group) == samples:
            fail(
                "forget",
                index,
                text=f"these are all {samples} samples, but at least one must be retained: "
                "remove one.",
            )


def _folders(part: str) -> Iterator[str]:
    for path in sorted(Path(__file__).parent.glob(f"*/{part}.py")):
        yield path.parent.name
