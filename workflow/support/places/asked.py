"""What each job is asked for, by rule or by a file that it writes: inputs, settings, seed, code, versions.

Rules take their inputs and parameters from here, and whatever judges a result by its record compares with
the same.
"""

import posixpath
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from types import SimpleNamespace
from typing import Any, NamedTuple

from scripts._hashes import GIVEN, RECORDS, SUFFIX, basis, given

from kkt_unlearning.studies.study import figures, modules, package_of
from workflow.support.places.plan import OWN, PAGES, SETTING, Plan
from workflow.support.places.tables import own_tables

Value = Any  # or a function of the wildcards


def _own(name: str) -> str:
    """The tables of a section that is no experiment have one record."""
    return " ".join(f"results/tables/{stem}" for stem in (name, *own_tables()[name]))


def _page(name: str) -> str:
    stems = (posixpath.splitext(path)[0] for path in PAGES[name].values())
    return " ".join([f"results/{name}", *stems])


# Rule with a script of its name -> results without their endings, the record beside the first; what it reads;
# what it takes of the configuration beside its settings; modules of all studies that a script loads by name.
_RULES = {
    "dataset": ("results/{experiment}/{point}/dataset", "file", "seed", ""),
    "train": (f"{SETTING}/trained {SETTING}/history", "dataset", "seed backend", ""),
    "train_deep": (f"{SETTING}/deep {SETTING}/deep_history", "dataset", "seed", ""),
    "duals": (f"{SETTING}/kkt {SETTING}/multipliers", "trained", "seed", ""),
    "unlearn": (f"{SETTING}/unlearned", "trained points", "seed", ""),
    "retrain": (f"{SETTING}/retrained {SETTING}/retraining", "trained", "seed backend", ""),
    "shadows": (f"{SETTING}/shadows", "dataset", "seed backend", ""),
    "dependence_tables": (_own("dependence"), "", "", ""),
    "readings_tables": (_own("readings"), "", "seed", ""),
    "table": ("results/tables/{experiment}", "parts", "", ""),
    "scorecard": (_page("scorecard"), "tables", "seed", "claims study"),
    "findings": (_page("findings"), "scorecard tables", "", "claims study"),
    "provenance": (_page("provenance"), "figures trainings", "seed", ""),
    "explorer": (_page("explorer"), "explored", "", ""),
    "columns": (_page("columns"), "", "", "columns"),
    "own": (f"{OWN}/{{experiment}}", "certificates geometry", "seed", ""),
}

# What a measure reads -> results with that.
_READ = {"replicates": ("trained", "points"), "deep": ("networks",), "shadows": ("shadows",)}


class Rule(NamedTuple):
    """What the jobs of a rule write, and what they are given.

    Attributes:
        writes: patterns of results, without their endings; a record has the name of the first.
        inputs: paths and patterns of them, or functions of the wildcards, by name.
        settings, code, packages: values, or functions of the wildcards; ``packages`` are the versions of what
            it computes or draws with.
        seed: root of its random numbers; None where it draws none.
        backend: who trains; None where nothing is trained.
    """

    writes: Sequence[str]
    inputs: Mapping[str, Value]
    settings: Value
    code: Value
    packages: Value
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
        stored: whether a job is brought only what its rule names, and so has to name records, too.
    """

    def __init__(self, plan: Plan, folder: str = "", stored: bool = False) -> None:
        self.plan = plan
        self._folder = folder
        self._stored = stored
        self._rules = _rules(plan)
        # by the last part of what they match, if that is no pattern itself
        self._patterns = defaultdict[str, list[tuple[re.Pattern[str], str]]](list)
        for name, rule in self._rules.items():
            for stem in rule.writes:
                last = re.sub("{.*", "", posixpath.basename(stem))
                pattern = re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", stem.replace(".", r"\."))
                self._patterns[last].append((re.compile(pattern), name))
        # Each result is asked for by the jobs that read it and by the one that writes it.
        self.jobs = cache(self._jobs)
        self.place = cache(self._place)
        self._given = cache(self._all_given)
        self._digest = cache(lambda place: given(self._given(place)))

    def inputs(self, rule: str) -> Mapping[str, Value]:
        """Inputs of a rule, by name."""
        known = self._rules[rule].inputs
        return {**known, RECORDS: partial(self._records, rule)} if self._stored else known

    def paths(self, place: Place) -> dict[str, Any]:
        """Inputs of one job, by name."""
        wildcards = dict(place.wildcards)
        return {
            name: value.format(**wildcards) if isinstance(value, str) else value
            for name, value in self._rules[place.rule].inputs.items()
        }

    def params(self, rule: str) -> dict[str, Value]:
        """Parameters of a rule; ``asks`` is what its inputs have to be.

        A module may call the rule otherwise and move its results: its jobs are told ``rule`` and ``folder``.
        """
        known = {**self._rules[rule]._asdict(), "writes": None, "inputs": None}
        known |= {"rule": rule, "folder": self._folder or None, "asks": self._asks_of_job}
        return {name: value for name, value in known.items() if value is not None}

    def asks(self, wildcards: Any, input: Iterable[str]) -> dict[str, str]:
        """Each result among the inputs of a job -> `given` of the record that it has to have."""
        places = {str(path): self.place(str(path)) for path in input}
        return {path: self._digest(place) for path, place in places.items() if place}

    def _asks_of_job(self, wildcards: Any, input: Iterable[str]) -> dict[str, str]:
        """The same of inputs as Snakemake names them; the job sees them from the folder of the results."""
        brought = {*getattr(input, RECORDS, ())}
        paths = [path for path in input if path not in brought]
        if self._folder:
            paths = [posixpath.relpath(path, self._folder) for path in paths]
        return self.asks(wildcards, paths)

    def _records(self, rule: str, wildcards: Any) -> list[str]:
        """Records of the results among the inputs of a job, without which it takes none of them for whole."""
        paths = self._paths(rule, dict(wildcards.items()))
        return sorted({place.record for place in filter(None, map(self.place, paths))} - {*paths})

    def _jobs(self) -> dict[str, Job]:
        """Every job behind tables, figures and pages, by its record."""
        found: dict[str, Job] = {}
        pending = [*self.plan.results()]
        while pending:
            if place := self.place(path := pending.pop()):
                if place.record not in found:
                    backend, inputs = self._rules[place.rule].backend, self._inputs(place)
                    found[place.record] = Job(partial(self._given, place), backend, inputs, [])
                    pending += inputs
                found[place.record].files.append(path)
        return found

    def _place(self, path: str) -> Place | None:
        """Whose a result is, or a record; None of a file of the user."""
        stem = path.removesuffix(SUFFIX) if path.endswith(SUFFIX) else posixpath.splitext(path)[0]
        last = posixpath.basename(stem)
        for pattern, rule in [*self._patterns.get(last, []), *self._patterns[""]]:
            if found := pattern.fullmatch(stem):
                record = self._rules[rule].writes[0].format(**found.groupdict())
                return Place(f"{record}{SUFFIX}", rule, tuple(found.groupdict().items()))
        return None

    def _all_given(self, place: Place) -> dict[str, Any]:
        rule, wildcards = self._rules[place.rule], SimpleNamespace(**dict(place.wildcards))
        return {
            "rule": place.rule,
            "wildcards": dict(place.wildcards),
            "seed": rule.seed,
            "basis": basis(self.asks(wildcards, self._inputs(place))),
            **{
                name: value(wildcards) if callable(value := getattr(rule, name)) else value
                for name in ("settings", "code", "packages")
            },
        }

    def _inputs(self, place: Place) -> list[str]:
        return self._paths(place.rule, dict(place.wildcards))

    def _paths(self, rule: str, wildcards: dict[str, str]) -> list[str]:
        found = list[str]()
        for value in self._rules[rule].inputs.values():
            value = value(SimpleNamespace(**wildcards)) if callable(value) else value
            found += [value.format(**wildcards)] if isinstance(value, str) else value
        return found


def _rules(plan: Plan) -> dict[str, Rule]:
    """By name; of two whose patterns a path fits the first counts."""
    found = {
        name: Rule(
            stems.split(),
            plan.inputs(*reads.split()),
            getattr(plan, name),
            **plan.behind(name, *(module for part in loads.split() for module in modules(part))),
            **{key: plan.config[key] for key in takes.split()},
        )
        for name, (stems, reads, takes, loads) in _RULES.items()
    }
    found["dataset"] = found["dataset"]._replace(**plan.behind_dataset())
    table = found.pop("table")
    more = table._replace(writes=["results/tables/{experiment}.{measure}"])
    found |= {"measure": more, "table": table}
    for name, measure in plan.measured_by_rule().items():
        found[f"measure_{name}"] = Rule(
            [f"{SETTING}/{measure.part}"],
            plan.inputs(*_READ[measure.reads], *measure.inputs),
            plan.measured(name),
            **plan.behind_measure(name),
            seed=plan.config["seed"],
        )
    for name in figures():
        found[f"figure_{name}"] = Rule(
            [f"results/figures/{name}", f"paper_figures/{name}"],
            plan.drawn(name),
            {"figure": name, "module": f"{package_of(name)}.figure"},
            **plan.behind("figure", f"{package_of(name)}.figure"),
        )
    return found
