"""What each job is asked for, by rule or by a file that it writes: inputs, settings, seed, code, versions.

Rules take their inputs and parameters from here, and whatever judges a result by its record compares with
the same.
"""

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from types import SimpleNamespace
from typing import Any, NamedTuple

from scripts._hashes import GIVEN, SUFFIX, basis, given

from kkt_unlearning.studies.study import figures, modules, rows_of
from workflow.support.places.plan import PAGE_FILES, Plan
from workflow.support.places.tables import own_tables

Value = Any  # or a function of the wildcards

# Rule -> files of a setting that it writes, without their endings; its record has the name of the first.
_WRITES = {
    "train": ("trained", "history"),
    "duals": ("kkt", "multipliers"),
    "unlearn": ("unlearned",),
    "retrain": ("retrained", "retraining"),
    "train_deep": ("deep", "deep_history"),
    "shadows": ("shadows",),
}


class Rule(NamedTuple):
    """What the jobs of a rule are given.

    Attributes:
        settings, code, packages: values, or functions of the wildcards; ``packages`` are the versions of what
            it computes or draws with.
        inputs: paths and patterns of them, or functions of the wildcards, by name.
        seed: root of its random numbers; None where it draws none.
        backend: who trains; None where nothing is trained.
    """

    settings: Value
    code: Value
    packages: Value
    inputs: Mapping[str, Value]
    seed: int | None = None
    backend: str | None = None


class Place(NamedTuple):
    """Whose a file is: the record of its job, and what Snakemake knows the job by."""

    record: str
    rule: str
    wildcards: tuple[tuple[str, str], ...] = ()


class Job(NamedTuple):
    """What one job is asked for.

    Attributes:
        given: gives what its record has to say, by the names in `GIVEN`.
        backend: who trains, or ``auto``; None where nothing is trained.
        inputs: paths.
        files: what it writes, as far as somebody asks for it.
    """

    given: Callable[[], dict[str, Any]]
    backend: str | None
    inputs: list[str]
    files: list[str]

    def differing(self, record: Mapping[str, Any], among: Iterable[str] = GIVEN) -> list[str]:
        """What a record says otherwise: names ``among`` those given, ``backend``, ``inputs``."""
        asked = self.given()
        found = [name for name in among if given(record, name) != given(asked, name)]
        if self.backend not in (None, "auto", record.get("backend")):
            found.append("backend")
        if _results(record["inputs"]) != _results(self.inputs):
            found.append("inputs")
        return found


def is_result(path: str) -> bool:
    """Whether a job wrote it; other inputs are the user's own."""
    return path.startswith("results/")


def _results(paths: Iterable[str]) -> set[str]:
    return {posixpath.normpath(path) for path in paths if is_result(path)}


class Asked:
    """What all jobs of a configuration are asked for.

    Args:
        plan: settings of the configuration.
        folder: of all results, where it is not the working directory.
    """

    def __init__(self, plan: Plan, folder: str = "") -> None:
        self.plan = plan
        self._folder = folder
        self._rules = {**_computing(plan), **_measuring(plan), **_presenting(plan)}
        self._writers = {
            **{stem: (rule, stems[0]) for rule, stems in _WRITES.items() for stem in stems},
            **{
                measure.part: (f"measure_{name}", measure.part)
                for name, measure in plan.measured_by_rule().items()
            },
        }
        # Each result is asked for by the jobs that read it and by the one that writes it.
        self.jobs = cache(self._jobs)
        self.place = cache(self._place)
        self._given = cache(self._all_given)
        self._digest = cache(lambda place: given(self._given(place)))

    def inputs(self, rule: str) -> Mapping[str, Value]:
        """Inputs of a rule, by name."""
        return self._rules[rule].inputs

    def params(self, rule: str) -> dict[str, Value]:
        """Parameters of a rule; ``asks`` is what its inputs have to be.

        A module may call the rule otherwise and move its results: its jobs are told ``rule`` and ``folder``.
        """
        known = self._rules[rule]._asdict() | {"rule": rule, "folder": self._folder or None}
        del known["inputs"]
        return {name: value for name, value in known.items() if value is not None} | {
            "asks": self._asks_of_job
        }

    def asks(self, wildcards: Any, input: Iterable[str]) -> dict[str, str]:
        """Each result among the inputs of a job -> `given` of the record that it has to have."""
        places = {str(path): self.place(str(path)) for path in input}
        return {path: self._digest(place) for path, place in places.items() if place}

    def _asks_of_job(self, wildcards: Any, input: Iterable[str]) -> dict[str, str]:
        """The same of inputs as Snakemake names them; the job sees them from the folder of the results."""
        if self._folder:
            input = [posixpath.relpath(path, self._folder) for path in input]
        return self.asks(wildcards, input)

    def _jobs(self) -> dict[str, Job]:
        """Every job behind tables, figures and pages, by its record."""
        found: dict[str, Job] = {}
        pending = [*self.plan.results()]
        while pending:
            path = pending.pop()
            place = self.place(path)
            if place is None:
                continue
            if place.record not in found:
                known, inputs = self._rules[place.rule], self._inputs(place)
                found[place.record] = Job(partial(self._given, place), known.backend, inputs, [])
                pending += inputs
            found[place.record].files.append(path)
        return found

    def _place(self, path: str) -> Place | None:
        """Whose a result is, or a record; None of a file of the user."""
        folder, name = posixpath.split(path)
        stem = name.removesuffix(SUFFIX) if name.endswith(SUFFIX) else posixpath.splitext(name)[0]
        if folder == "results/tables":
            return _table(stem)
        if path in PAGE_FILES or (folder == "results" and name.endswith(SUFFIX)):
            return Place(f"results/{stem}{SUFFIX}", stem)
        if folder in ("results/figures", "paper_figures") and stem in figures():
            return Place(f"results/figures/{stem}{SUFFIX}", f"figure_{stem}")
        return self._of_setting(folder, stem)

    def _of_setting(self, folder: str, stem: str) -> Place | None:
        results, *names = folder.split("/")
        where = tuple(zip(("experiment", "point", "network", "training"), names, strict=False))
        if results != "results":
            return None
        if len(names) == 2 and stem == "dataset":
            return Place(f"{folder}/{stem}{SUFFIX}", stem, where)
        if len(names) == 4 and stem in self._writers:
            rule, first = self._writers[stem]
            return Place(f"{folder}/{first}{SUFFIX}", rule, where)
        return None

    def _all_given(self, place: Place) -> dict[str, Any]:
        known, wildcards = self._rules[place.rule], _Wildcards(**dict(place.wildcards))
        return {
            "rule": place.rule,
            "wildcards": dict(place.wildcards),
            "seed": known.seed,
            "basis": basis(self.asks(wildcards, self._inputs(place))),
            **{
                name: value(wildcards) if callable(value := getattr(known, name)) else value
                for name in ("settings", "code", "packages")
            },
        }

    def _inputs(self, place: Place) -> list[str]:
        return list(_paths(self._rules[place.rule].inputs.values(), dict(place.wildcards)))


class _Wildcards(SimpleNamespace):
    """Those of a job, as Snakemake hands them to functions."""

    def get(self, name: str, default: str | None = None) -> str | None:
        found: str | None = getattr(self, name, default)
        return found


def _paths(values: Iterable[Value], wildcards: dict[str, str]) -> Iterator[str]:
    for value in values:
        if callable(value):
            value = value(_Wildcards(**wildcards))
        elif isinstance(value, str):
            value = value.format(**wildcards)
        yield from [value] if isinstance(value, str) else value


def _table(stem: str) -> Place:
    """The tables of a section that is no experiment have one record."""
    for name, tables in own_tables().items():
        if stem in tables or stem == name:
            return Place(f"results/tables/{name}{SUFFIX}", f"{name}_tables")
    experiment, _, measure = stem.partition(".")
    wildcards = (
        {"experiment": experiment, "measure": measure} if measure else {"experiment": experiment}
    )
    rule = "measure" if measure else "table"
    return Place(f"results/tables/{stem}{SUFFIX}", rule, tuple(wildcards.items()))


def _computing(plan: Plan) -> dict[str, Rule]:
    """Rules that draw, train, solve and put together what they found."""
    seed, backend = plan.config["seed"], plan.config["backend"]
    data, trained = {"dataset": plan.dataset_file}, {"trained": plan.trained}

    def rule(name: str, settings: Value, inputs: Mapping[str, Value], **other: Any) -> Rule:
        return Rule(settings=settings, inputs=inputs, **plan.behind(name), **other)

    table = rule("table", plan.table, {"parts": plan.parts})
    return {
        "dataset": Rule(
            plan.dataset, plan.dataset_code, plan.dataset_packages, {"file": plan.file}, seed
        ),
        "train": rule("train", plan.train, data, seed=seed, backend=backend),
        "train_deep": rule("train_deep", plan.train_deep, data, seed=seed),
        "duals": rule("duals", plan.duals, trained, seed=seed),
        "unlearn": rule("unlearn", plan.unlearn, trained | {"points": plan.kkt_points}, seed=seed),
        "retrain": rule("retrain", plan.retrain, trained, seed=seed, backend=backend),
        "shadows": rule("shadows", plan.shadows, data, seed=seed, backend=backend),
        "dependence_tables": rule("dependence_tables", plan.config["dependence"], {}),
        "readings_tables": rule("readings_tables", plan.readings, {}, seed=seed),
        "table": table,
        "measure": table,
    }


def _measuring(plan: Plan) -> dict[str, Rule]:
    """A rule for each measure that studies declare."""
    return {
        f"measure_{name}": Rule(
            settings=plan.measured(name),
            inputs=plan.inputs(measure),
            seed=plan.config["seed"],
            **plan.behind("measure", rows_of(name), f"_{measure.reads}"),
        )
        for name, measure in plan.measured_by_rule().items()
    }


def _presenting(plan: Plan) -> dict[str, Rule]:
    """Rules that draw and write for readers, from tables."""
    tables, claims = {"tables": plan.all_tables()}, (*modules("claims"), *modules("study"))
    drawn = {
        f"figure_{figure}": Rule(
            settings={"figure": figure},
            inputs=plan.drawn(figure),
            **plan.behind("figure", f"kkt_unlearning.studies.{figure}.figure"),
        )
        for figure in figures()
    }
    return drawn | {
        "scorecard": Rule(
            settings=plan.scored(),
            inputs=tables,
            seed=plan.config["seed"],
            **plan.behind("scorecard", *claims),
        ),
        "findings": Rule(
            settings=plan.found(),
            inputs={"scorecard": "results/scorecard.csv", **tables},
            **plan.behind("findings", *claims),
        ),
        "provenance": Rule(
            settings=plan.origins.settings(),
            inputs={"figures": plan.origins.figures(), "trainings": plan.origins.trainings()},
            seed=plan.config["seed"],
            **plan.behind("provenance"),
        ),
        "explorer": Rule(
            settings=plan.explored,
            inputs={"tables": plan.explored_tables()},
            **plan.behind("explorer"),
        ),
    }
