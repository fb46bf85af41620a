"""The settings of every job, read off the checked configuration.

The functions of ``wildcards`` are parameters and inputs of rules: Snakemake compares their values
between runs, so each returns only what its rule uses.
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from kkt_unlearning.datasets import SOURCES
from kkt_unlearning.studies.study import Measure, figures, measures, rows_of
from workflow.support.places.default import changed
from workflow.support.places.places import Places, Setting
from workflow.support.places.sources import Sources
from workflow.support.places.tables import experiments_of, own_tables, parts, rested_on, suffix
from workflow.support.places.versions import packages

Settings = dict[str, Any]

# The folder of one setting, and what a measure can read there that no other setting shares.
SETTING = "results/{experiment}/{point}/{network}/{training}"
_OWN = {"unlearned": "unlearned.npz", "networks": "deep.npz", "shadows": "shadows.npz"}

# Figure and page of an experiment that a user added, by the name of the output.
OWN = "results/own"
_OWN_ENDINGS = {"page": "md", "html": "html", "pdf": "pdf", "png": "png", "csv": "csv"}

# What is drawn and written for readers, whatever the configuration.
PAGES = {  # by rule, which is a script, and the name of the output; what is asked for comes first
    "scorecard": {
        "table": "results/scorecard.csv",
        "page": "paper_figures/scorecard.md",
        "html": "results/scorecard.html",
    },
    "findings": {"page": "docs/findings.md", "html": "results/findings.html"},
    "provenance": {"html": "results/provenance.html", "table": "results/provenance.csv"},
    "explorer": {"html": "results/explorer.html"},
    "columns": {"table": "results/columns.csv"},
}
PAGE_FILES = [path for outputs in PAGES.values() for path in outputs.values()]


def drawn() -> list[str]:
    """Files of all figures."""
    return [f"paper_figures/{name}.{kind}" for name in figures() for kind in ("pdf", "png", "csv")]


class Plan:
    """Settings of all experiments.

    Args:
        config: configuration that `configuration.check` has passed.
        sources: files behind the scripts.
    """

    def __init__(self, config: Settings, sources: Sources) -> None:
        self.config = config
        self.places = Places(config)
        self.behind = sources.behind
        self.experiments: Settings = config["experiments"]

    # targets

    def tables(self, experiment: str) -> list[str]:
        """Tables of an experiment, over all of its settings, or of another section."""
        if experiment in own_tables():
            return [f"results/tables/{name}.csv" for name in own_tables()[experiment]]
        names = parts(self.experiments[experiment]["measures"])
        return [f"results/tables/{experiment}{suffix(name)}.csv" for name in names]

    def targets(self) -> list[str]:
        """Everything there is to make: figures, tables, the scorecard and the pages about them."""
        drawn = [f"paper_figures/{figure}.pdf" for figure in figures()]
        pages = [next(iter(made.values())) for made in PAGES.values()]
        own = [self.own_files(name)["page"] for name in self.own_drawn()]
        return [*drawn, *self.all_tables(), *pages, *own]

    def results(self) -> list[str]:
        """All that `targets` are, file by file; what an earlier configuration left is not among it."""
        own = [path for name in self.own_drawn() for path in self.own_files(name).values()]
        return [*self.all_tables(), *drawn(), *PAGE_FILES, *own]

    def all_tables(self) -> list[str]:
        """Tables of every experiment and of the other sections."""
        return [table for name in [*self.experiments, *own_tables()] for table in self.tables(name)]

    def own_experiments(self) -> list[str]:
        """Experiments that a user added: no figure and no claim rests on them."""
        return [name for name in self.experiments if name not in rested_on()]

    def own_drawn(self) -> list[str]:
        """Those of them that have certificates, so a figure and a page."""
        measured = {name: self.experiments[name]["measures"] for name in self.own_experiments()}
        return [name for name, names in measured.items() if "certificate" in names]

    def own_files(self, experiment: str) -> dict[str, str]:
        """Figure and page of an experiment that a user added."""
        return {name: f"{OWN}/{experiment}.{ending}" for name, ending in _OWN_ENDINGS.items()}

    def own_targets(self, experiment: str) -> list[str]:
        """All that there is of it: tables, what their columns are, perhaps figure and page."""
        drawn = self.own_files(experiment).values() if experiment in self.own_drawn() else ()
        return [*self.tables(experiment), PAGES["columns"]["table"], *drawn]

    def explored_tables(self) -> list[str]:
        """Tables that the explorer shows, of all experiments that have one."""
        return [
            f"results/tables/{name}{suffix(measures()[measure].part)}.csv"
            for name, measure in self._explored()
        ]

    def drawn(self, figure: str) -> dict[str, str]:
        """Argument of a figure's ``draw`` -> table."""
        return {name: f"results/tables/{table}.csv" for name, table in figures()[figure].items()}

    # inputs

    def parts(self, wildcards: Any) -> list[str]:
        """Tables of single settings that the table of an experiment is made of, point by point."""
        return [path for path, _ in self._parts(wildcards)]

    def file(self, wildcards: Any) -> list[str]:
        """The user's own files that a data set is made from: an archive, or an encoder of texts."""
        dataset = self.experiments[wildcards.experiment]["dataset"]
        if dataset["source"] == "embeddings":
            model = Path(dataset["model"]).rglob("*")
            return sorted(str(path) for path in model if path.is_file())
        return [dataset["path"]] if dataset["source"] == "file" else []

    def dataset_file(self, wildcards: Any) -> str:
        """Arrays of the setting's data set."""
        return self._dataset(wildcards.experiment, wildcards.point, "npz")

    def trained(self, wildcards: Any) -> str:
        """Networks trained on all samples."""
        return f"{self.places.trained_home(_setting(wildcards)).folder()}/trained.npz"

    def kkt_points(self, wildcards: Any) -> str:
        """Their exact KKT points."""
        return f"{self.places.points_home(_setting(wildcards)).folder()}/kkt.npz"

    def retrained(self, wildcards: Any) -> str:
        """Networks trained without each forget set."""
        return f"{self.places.retrained_home(_setting(wildcards)).folder()}/retrained.npz"

    def trainings(self) -> list[str]:
        """Provenance of every job that trained a network behind some figure."""
        return list(
            dict.fromkeys(path for figure in figures() for path in self._trained_for(figure))
        )

    def inputs(self, *names: str) -> Settings:
        """Inputs by name: paths of the setting, or functions that say whose it shares, or paths of all."""
        return {name: self._inputs.get(name) or f"{SETTING}/{_OWN[name]}" for name in names}

    @cached_property
    def _inputs(self) -> Settings:
        return {
            "file": self.file,
            "dataset": self.dataset_file,
            "trained": self.trained,
            "points": self.kkt_points,
            "retrained": self.retrained,
            "parts": self.parts,
            "tables": self.all_tables(),
            "explored": self.explored_tables(),
            "scorecard": "results/scorecard.csv",
            "certificates": "results/tables/{experiment}.csv",
            "geometry": "results/tables/{experiment}.dataset.csv",
            "figures": [f"results/figures/{figure}.provenance.json" for figure in figures()],
            "trainings": self.trainings(),
        }

    def measured_by_rule(self) -> dict[str, Measure]:
        """Measures that have a rule of their own."""
        return {name: measure for name, measure in measures().items() if measure.reads}

    # parameters

    def table(self, wildcards: Any) -> Settings:
        """Experiment, and what tells each of `parts` from the others."""
        labels = [labels for _, labels in self._parts(wildcards)]
        return {"experiment": wildcards.experiment, "labels": labels}

    def dependence_tables(self, wildcards: Any) -> Any:
        """Its section."""
        return self.config["dependence"]

    def readings_tables(self, wildcards: Any) -> Settings:
        """Sizes, how its exact KKT points are found, and what all of it is drawn from."""
        return {name: self.config[name] for name in ("readings", "duals", "seed")}

    def dataset(self, wildcards: Any) -> Settings:
        """The experiment's data set at this point of the sweep."""
        return self.places.dataset(wildcards.experiment, wildcards.point) | self._seed

    def train(self, wildcards: Any) -> Settings:
        """Network, how it is trained, and what its initial weights are drawn from."""
        replicates = {"replicates": self.places.replicates(wildcards.experiment)}
        return self._named(wildcards) | replicates | self._seed

    def train_deep(self, wildcards: Any) -> Settings:
        """The same, and what is retrained beside it."""
        return self.train(wildcards) | self._forget(wildcards)

    def duals(self, wildcards: Any) -> Settings:
        """Network and how its exact KKT point is found."""
        solver = {"solver": self.places.solver(wildcards.experiment)}
        return self._network(wildcards) | {"duals": self.config["duals"] | solver}

    def unlearn(self, wildcards: Any) -> Settings:
        """What is forgotten, how far and from where."""
        return self._network(wildcards) | self._forget(wildcards) | self._taken(wildcards)

    def retrain(self, wildcards: Any) -> Settings:
        """The training, repeated without each forget set."""
        return self._trained_by(wildcards) | self._forget(wildcards)

    def scorecard(self, wildcards: Any) -> Settings:
        """Thresholds of all claims, whose they are, and how often replicates are drawn again."""
        return {name: self.config[name] for name in ("claims", "studies", "resamples")}

    def findings(self, wildcards: Any) -> Settings:
        """What is not as in the default configuration, for which thresholds were stated; whose they are."""
        return {"changed": changed(self.config), "studies": self.config["studies"]}

    def provenance(self, wildcards: Any) -> Settings:
        """For each figure its experiments, with what their names stand for, and its part of `trainings`."""
        shared = {name: self.config[name] for name in ("duals", "replicates")}
        return {
            figure: {"experiments": {name: self._section(name) for name in experiments_of(figure)}}
            | shared
            | {"trainings": list(dict.fromkeys(self._trained_for(figure)))}
            for figure in figures()
        }

    def columns(self, wildcards: Any) -> Settings:
        """None: it rests on the code."""
        return {}

    def own(self, wildcards: Any) -> Settings:
        """What the page about an experiment says of its data, and how often replicates are drawn again."""
        experiment = wildcards.experiment
        dataset = self.experiments[experiment]["dataset"]
        data = " ".join(f"{key}={value}" for key, value in dataset.items())
        return {"experiment": experiment, "data": data, "resamples": self.config["resamples"]}

    def measured(self, name: str) -> Callable[[Any], Settings]:
        """Parameters of the rule of a measure: all that a setting has."""
        measure = measures()[name]

        def settings(wildcards: Any) -> Settings:
            experiment = self.experiments[wildcards.experiment]
            found = self.retrain(wildcards) | self._taken(wildcards) | self._seed
            if measure.schema:
                found["options"] = experiment[name]
            for section, options in measure.borrows.items():
                found |= {option: experiment[section][option] for option in options}
            return found

        return settings

    def section_of_measure(self, name: str) -> str:
        """Key path of what is chosen for a measure: where an error in it is mended."""
        return f"experiments.{{experiment}}{f'.{name}' if measures()[name].schema else ''}"

    def shadows(self, wildcards: Any) -> Settings:
        """What shadow models are trained from; nothing that only attacks on them use."""
        options = self.experiments[wildcards.experiment]["membership"]
        own = {name: options[name] for name in ("pools", "models", "folds")}
        return self._trained_by(wildcards) | own | self._seed

    def explorer(self, wildcards: Any) -> Settings:
        """Whose each of `explored_tables` is, and where the data of each point of its sweep lie."""
        return {"tables": [self._about(*explored) for explored in self._explored()]}

    # code and packages

    def behind_measure(self, name: str) -> Settings:
        """Code and packages behind the rule of a measure, with those that its options name."""
        measure = measures()[name]

        def named(wildcards: Any) -> list[str]:
            options = self.experiments[wildcards.experiment].get(name, {})
            return [
                registry.module(chosen)
                for option, registry in measure.registries.items()
                for chosen in options[option]
            ]

        return self.behind("measure", rows_of(name), f"_{measure.reads}", named=named)

    def behind_dataset(self) -> Settings:
        """As `Sources.behind`, with the one source that is called by name, and libraries with its texts."""

        def source(wildcards: Any) -> Settings:
            name = self.experiments[wildcards.experiment]["dataset"]["source"]
            return self.behind("dataset", SOURCES.module(name))

        def versions(wildcards: Any) -> dict[str, str]:
            libraries = self.experiments[wildcards.experiment]["dataset"].get("libraries", ())
            found: dict[str, str] = source(wildcards)["packages"](wildcards)
            return found | packages(tuple(libraries))

        return {
            "code": lambda wildcards: source(wildcards)["code"](wildcards),
            "packages": versions,
        }

    def _section(self, name: str) -> Settings:
        return dict(self.config[name]) if name in own_tables() else self.places.section(name)

    def _trained_for(self, figure: str) -> Iterator[str]:
        """A measure that stands alone trains its networks itself; no job trains for other sections."""
        for name in filter(self.experiments.get, experiments_of(figure)):
            asked = [measures()[measure] for measure in self.experiments[name]["measures"]]
            alone = [measure.part for measure in asked if measure.standalone]
            for setting in self.places.settings(name):
                yield from (f"{setting.folder()}/{part}.provenance.json" for part in alone)
                if len(alone) < len(asked):
                    yield f"{self.places.trained_home(setting).folder()}/trained.provenance.json"

    def _explored(self) -> Iterator[tuple[str, str]]:
        for name, experiment in self.experiments.items():
            for measure in experiment["measures"]:
                if measures()[measure].explored:
                    yield name, measure

    def _about(self, name: str, measure: str) -> Settings:
        homes = [
            {"values": values, "home": "/".join(self.places.dataset_home(name, point))}
            for point, values in self.places.points(name).items()
        ]
        dataset = self.experiments[name]["dataset"]
        return {"name": name, "measure": measure, "dataset": dataset, "homes": homes}

    def _parts(self, wildcards: Any) -> list[tuple[str, Settings]]:
        """Table of each setting of an experiment, or of each data set, and what tells it from the others."""
        # "evaluation" is the table that the rule without a measure in its wildcards puts together.
        name, experiment = getattr(wildcards, "measure", "evaluation"), wildcards.experiment
        self._check_part(name, experiment)
        if name == "dataset":
            points = self.places.points(experiment).items()
            return [(self._dataset(experiment, point, "csv"), values) for point, values in points]
        settings = [*self.places.settings(experiment)]
        # rule duals writes these
        homes = (
            map(self.places.points_home, settings) if name in ("kkt", "multipliers") else settings
        )
        paths = (f"{home.folder()}/{name}.csv" for home in homes)
        return list(zip(paths, map(self._labels, settings), strict=True))

    def _check_part(self, name: str, experiment: str) -> None:
        """Snakemake would look for the options of a measure that the experiment does not have."""
        if name not in parts(self.experiments[experiment]["measures"]):
            raise SystemExit(
                f"error: there is no table results/tables/{experiment}{suffix(name)}.csv: ask for one of "
                f"{', '.join(self.tables(experiment))}, or add to experiments.{experiment}.measures."
            )

    def _dataset(self, experiment: str, point: str, ending: str) -> str:
        home = self.places.dataset_home(experiment, point)
        return "/".join(["results", *home, f"dataset.{ending}"])

    def _labels(self, setting: Setting) -> Settings:
        training = self.config["trainings"][setting.training]
        names = {"network": setting.network, "training": setting.training}
        swept = self.places.points(setting.experiment)[setting.point]
        return swept | names | {"loss": training["loss"], "descent": training["step"]}

    def _trained_by(self, wildcards: Any) -> Settings:
        duals = {key: self.config["duals"][key] for key in ("tolerance", "pivots")}
        return self._named(wildcards) | {"duals": duals}

    def _named(self, wildcards: Any) -> Settings:
        """What the names of the setting stand for."""
        training = self.config["trainings"][wildcards.training]
        return self._network(wildcards) | {"training": training}

    def _network(self, wildcards: Any) -> Settings:
        return {"network": self.config["networks"][wildcards.network]}

    def _forget(self, wildcards: Any) -> Settings:
        return {"forget": self.places.forget(wildcards.experiment, wildcards.point)}

    def _taken(self, wildcards: Any) -> Settings:
        """Step sizes and starts, of an experiment that has steps."""
        experiment = self.experiments[wildcards.experiment]
        return {key: experiment[key] for key in ("fractions", "starts") if key in experiment}

    @property
    def _seed(self) -> Settings:
        return {"seed": self.config["seed"]}


def _setting(wildcards: Any) -> Setting:
    return Setting(wildcards.experiment, wildcards.point, wildcards.network, wildcards.training)
