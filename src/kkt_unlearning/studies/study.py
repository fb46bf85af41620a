"""What a study declares, and all studies that there are.

A study is a package: ``study.py`` declares a `Study`, ``rows.py`` has a function for each measure,
``claims.py`` registers claims, and ``figure.py`` has a function ``draw``. Ours are the folders here, those of
other packages count once they are chosen. Whatever runs studies reads the declarations. Nothing here
computes: they are read before every run.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from kkt_unlearning.errors import UserError
from kkt_unlearning.extensions import Registry
from kkt_unlearning.studies.options import Schema

Fail = Callable[..., NoReturn]  # fail(*keys, text=...) refuses what stands at the end of the keys

CHECKS = "checks"  # section of the scorecard for what is true by construction or by a theorem
LEAST_RETAINED = 2  # samples: with one, no pair is left that a step could move apart


@dataclass(frozen=True)
class Section:
    """What the claims of a section of the scorecard are about.

    Attributes:
        title: the question, as a heading.
        page: where its mathematics is, from the root of the project, or an address on the web.
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
        registries: list of names among the options -> what has these names, ours or of other packages.
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
    registries: Mapping[str, Registry] = field(default_factory=dict)
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


_READS = ("replicates", "deep", "shadows")
_INPUTS = ("unlearned", "retrained")
_NAME = re.compile(r"[a-z][a-z0-9_]*")  # they become names of rules, folders and files
_TABLES = ("dataset", "kkt", "evaluation")  # no measure's

STUDIES = Registry(
    "studies",
    "study",
    {
        path.parent.name: f"{__package__}.{path.parent.name}.study:STUDY"
        for path in sorted(Path(__file__).parent.glob("*/study.py"))
    },
    "a Study",
    lambda found: isinstance(found, Study),
)

Found = TypeVar("Found")

_chosen: tuple[str, ...] = ()
_caches: list[Any] = []


def of_choice(function: Callable[[], Found]) -> Callable[[], Found]:
    """A function of the studies that count, computed once for each choice of them."""
    _caches.append(cache(function))
    found: Callable[[], Found] = _caches[-1]
    return found


def choose(names: Sequence[str]) -> None:
    """From now on the studies of other packages with these names count as well, in this process.

    Raises:
        DataError: no package has a study of that name.
        ExtensionError: one of them cannot be used; none counts then.
    """
    _set(())
    try:
        for name in names:
            STUDIES.check(name)
            if name not in (*STUDIES.own, *_chosen):
                _check(name, STUDIES.load(name))
                _set((*_chosen, name))
    except UserError:
        _set(())
        raise


def _set(names: tuple[str, ...]) -> None:
    global _chosen
    if names != _chosen:
        _chosen = names
        for found in _caches:
            found.cache_clear()


@of_choice
def studies() -> dict[str, Study]:
    """All studies by name, in their order."""
    found = {name: STUDIES.load(name) for name in _names()}
    return dict(sorted(found.items(), key=lambda item: (item[1].order, item[0])))


@of_choice
def sections() -> dict[str, Section]:
    """Sections of the scorecard, in their order."""
    return {name: part for study in studies().values() for name, part in study.sections.items()}


@of_choice
def measures() -> dict[str, Measure]:
    """All measures by name."""
    return {name: part for study in studies().values() for name, part in study.measures.items()}


@of_choice
def figures() -> dict[str, Mapping[str, str]]:
    """Tables of each figure, which has the name of its study."""
    return {name: study.figure for name, study in studies().items() if study.figure}


def package_of(study: str) -> str:
    """Package of a study."""
    return STUDIES.module(study).rpartition(".")[0]


def folder_of(study: str) -> Path:
    """Folder of its package."""
    module = STUDIES.module(study)
    STUDIES.load(study)
    return Path(str(sys.modules[module].__file__)).parent


def modules(part: str) -> list[str]:
    """Modules of all studies that have such a part: ``claims``, ``study``, ``rows`` or ``figure``."""
    return [
        f"{package_of(name)}.{part}"
        for name in sorted(_names())
        if (folder_of(name) / f"{part}.py").is_file()
    ]


def rows_of(measure: str) -> str:
    """Module with the function of a measure."""
    owner = next(name for name, study in studies().items() if measure in study.measures)
    return f"{package_of(owner)}.rows"


def _names() -> list[str]:
    return [*STUDIES.own, *_chosen]


def _check(name: str, study: Study) -> None:
    """A study of another package has what the pipeline needs, and no name that is taken."""
    for fault in _faults(name, study):
        raise STUDIES.broken(name, fault)


def _faults(name: str, study: Study) -> Iterator[str]:
    folder, package = folder_of(name), package_of(name)
    if package.rpartition(".")[2] != name:
        yield f"is in the package {package}, whose last name is not that of the study"
    needed = {
        "rows.py": study.measures,
        "figure.py": study.figure,
        f"report/{name}.rst": study.figure,
    }
    for file in (file for file, part in needed.items() if part and not (folder / file).is_file()):
        yield f"has no file {file} beside study.py"
    if study.own:
        yield "has a section of its own in the configuration, which needs a rule in the project"
    for measure, declared in study.measures.items():
        if declared.reads not in _READS or not set(declared.inputs) <= set(_INPUTS):
            yield (
                f"has the measure {measure!r}, which reads {declared.reads!r} with {list(declared.inputs)}, "
                f"but only {', '.join(_READS)} with {' and '.join(_INPUTS)} are there"
            )
        if declared.explored:
            yield f"has the measure {measure!r} for the explorer, which shows only those of the project"
    parts = [measure.part for measure in study.measures.values()]
    for bad in (text for text in (name, *study.measures, *parts) if not _NAME.fullmatch(text)):
        yield f"has the name {bad!r}, but names are made of small letters, digits and _"
    taken = {
        "measure": study.measures.keys() & measures().keys(),
        "table": set(parts) & {*_TABLES, *(measure.part for measure in measures().values())},
        "section": study.sections.keys() & sections().keys(),
    }
    for what, names in taken.items():
        for twice in sorted(names):
            yield f"has a {what} {twice!r}, which another study has already"


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
