"""The settings of every job, read off the checked configuration.

The functions of ``wildcards`` are parameters and inputs of rules: Snakemake compares their values
between runs, so each returns only what its rule uses.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from kkt_unlearning.datasets import SOURCES
from kkt_unlearning.studies.study import Measure, figures, measures, rows_of
from workflow.support.places.default import changed
from workflow.support.places.origins import Origins
from workflow.support.places.places import Places, Setting
from workflow.support.places.sources import Sources
from workflow.support.places.tables import own_tables, parts, suffix
from workflow.support.places.versions import packages

Settings = dict[str, Any]

# The folder of one setting, and what a measure can read there that no other setting shares.
SETTING = "results/{experiment}/{point}/{network}/{training}"
_OWN = {"unlearned": "unlearned.npz", "networks": "deep.npz", "shadows": "shadows.npz"}
_READ = {"replicates": ("trained", "points"), "deep": ("networks",), "shadows": ("shadows",)}

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
}
PAGE_FILES = [path for outputs in PAGES.values() for path in outputs.values()]


def drawn() -> list[str]:
    """Files of all figures."""
    return [f"paper_figures/{name}.{kind}" for name in figures() for kind in ("pdf", "png", "csv")]


class _Part(NamedTuple):
    path: str
    labels: Settings


class Plan:
    """Settings of all experiments.

    Args:
        config: configuration that `configuration.check` has passed.
        sources: files behind the scripts.
    """

    def __init__(self, config: Settings, sources: Sources) -> None:
        self.config = config
        self.places = Places(config)
        self.origins = Origins(config, self.places)
        self.behind = sources.behind
        self._sources = sources
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
        return [*drawn, *self.all_tables(), *(next(iter(made.values())) for made in PAGES.values())]

    def results(self) -> list[str]:
        """All that `targets` are, file by file; what an earlier configuration left is not among it."""
        return [*self.all_tables(), *drawn(), *PAGE_FILES]

    def all_tables(self) -> list[str]:
        """Tables of every experiment and of the other sections."""
        return [table for name in [*self.experiments, *own_tables()] for table in self.tables(name)]

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
        return [part.path for part in self._parts(wildcards)]

    def file(self, wildcards: Any) -> list[str]:
        """The user's own files that a data set is made from: an archive, or an encoder of texts."""
        dataset = self.experiments[wildcards.experiment]["dataset"]
        if dataset["source"] == "embeddings":
            model = Path(dataset["model"]).rglob("*")
            return sorted(str(path) for path in model if path.is_file())
        # Snakemake does not find what is written with two slashes
        return [re.sub("/+", "/", dataset["path"])] if dataset["source"] == "file" else []

    def dataset_file(self, wildcards: Any) -> str:
        """Arrays of the setting's data set."""
        home = self.places.dataset_home(wildcards.experiment, wildcards.point)
        return "/".join(["results", *home, "dataset.npz"])

    def trained(self, wildcards: Any) -> str:
        """Networks trained on all samples."""
        return f"{self.places.trained_home(_setting(wildcards)).folder()}/trained.npz"

    def kkt_points(self, wildcards: Any) -> str:
        """Their exact KKT points."""
        return f"{self.places.points_home(_setting(wildcards)).folder()}/kkt.npz"

    def retrained(self, wildcards: Any) -> str:
        """Networks trained without each forget set."""
        return f"{self.places.retrained_home(_setting(wildcards)).folder()}/retrained.npz"

    def inputs(self, measure: Measure) -> Settings:
        """What the rule of a measure reads: paths of the setting, or functions that say whose it shares."""
        shared = {
            "trained": self.trained,
            "points": self.kkt_points,
            "retrained": self.retrained,
        }
        return {
            name: shared.get(name) or f"{SETTING}/{_OWN[name]}"
            for name in (*_READ[measure.reads], *measure.inputs)
        }

    def measured_by_rule(self) -> dict[str, Measure]:
        """Measures that have a rule of their own."""
        return {name: measure for name, measure in measures().items() if measure.reads}

    # parameters

    def table(self, wildcards: Any) -> Settings:
        """Experiment, and what tells each of `parts` from the others."""
        labels = [part.labels for part in self._parts(wildcards)]
        return {"experiment": wildcards.experiment, "labels": labels}

    @property
    def readings(self) -> Settings:
        """Sizes, how its exact KKT points are found, and what all of it is drawn from."""
        return {name: self.config[name] for name in ("readings", "duals", "seed")}

    def dataset(self, wildcards: Any) -> Settings:
        """The experiment's data set at this point of the sweep."""
        return {
            **self.places.dataset(wildcards.experiment, wildcards.point),
            "seed": self.config["seed"],
        }

    def train(self, wildcards: Any) -> Settings:
        """Network, how it is trained, and what its initial weights are drawn from."""
        return {
            "network": self._network(wildcards),
            "training": self._training(wildcards),
            "replicates": self.places.replicates(wildcards.experiment),
            "seed": self.config["seed"],
        }

    def train_deep(self, wildcards: Any) -> Settings:
        """The same, and what is retrained beside it."""
        return {**self.train(wildcards), "forget": self._forget(wildcards)}

    def duals(self, wildcards: Any) -> Settings:
        """Network and how its exact KKT point is found."""
        solver = self.places.solver(wildcards.experiment)
        return {
            "network": self._network(wildcards),
            "duals": {**self.config["duals"], "solver": solver},
        }

    def unlearn(self, wildcards: Any) -> Settings:
        """What is forgotten, how far and from where."""
        experiment = self.experiments[wildcards.experiment]
        return {
            "network": self._network(wildcards),
            "forget": self._forget(wildcards),
            "fractions": experiment["fractions"],
            "starts": experiment["starts"],
        }

    def retrain(self, wildcards: Any) -> Settings:
        """The training, repeated without each forget set."""
        return {**self._trained_by(wildcards), "forget": self._forget(wildcards)}

    def scored(self) -> Settings:
        """Thresholds of all claims, whose they are, and how often replicates are drawn again."""
        return {name: self.config[name] for name in ("claims", "studies", "resamples")}

    def found(self) -> Settings:
        """What is not as in the default configuration, for which thresholds were stated; whose they are."""
        return {"changed": changed(self.config), "studies": self.config["studies"]}

    def measured(self, name: str) -> Callable[[Any], Settings]:
        """Parameters of the rule of a measure: all that a setting has."""
        measure = measures()[name]

        def settings(wildcards: Any) -> Settings:
            experiment = self.experiments[wildcards.experiment]
            own = {"options": experiment[name]} if measure.schema else {}
            borrowed = {
                option: experiment[section][option]
                for section, options in measure.borrows.items()
                for option in options
            }
            taken = {key: experiment[key] for key in ("fractions", "starts") if key in experiment}
            return {
                **self._trained_by(wildcards),
                "forget": self._forget(wildcards),
                **taken,
                **own,
                **borrowed,
                "seed": self.config["seed"],
            }

        return settings

    def section_of_measure(self, name: str) -> str:
        """Key path of what is chosen for a measure: where an error in it is mended."""
        return f"experiments.{{experiment}}{f'.{name}' if measures()[name].schema else ''}"

    def shadows(self, wildcards: Any) -> Settings:
        """What shadow models are trained from; nothing that only attacks on them use."""
        options = self.experiments[wildcards.experiment]["membership"]
        return {
            **self._trained_by(wildcards),
            **{name: options[name] for name in ("pools", "models", "folds")},
            "seed": self.config["seed"],
        }

    def explored(self, wildcards: Any) -> Settings:
        """Whose each of `explored_tables` is, and where the data of each point of its sweep lie."""
        return {
            "tables": [
                {
                    "name": name,
                    "measure": measure,
                    "dataset": self.experiments[name]["dataset"],
                    "homes": [
                        {
                            "values": values,
                            "home": "/".join(self.places.dataset_home(name, point)),
                        }
                        for point, values in self.places.points(name).items()
                    ],
                }
                for name, measure in self._explored()
            ]
        }

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

    def dataset_code(self, wildcards: Any) -> str:
        """Hash of the files behind rule ``dataset``, with the one source that it calls by name."""
        return self._sources.digest("dataset", self._source(wildcards))

    def dataset_packages(self, wildcards: Any) -> dict[str, str]:
        """Versions of what these import, and of the libraries whose texts the data set is made from."""
        dataset = self.experiments[wildcards.experiment]["dataset"]
        imported = self._sources.libraries("dataset", self._source(wildcards))
        return packages(imported.union(dataset.get("libraries", ())))

    def _source(self, wildcards: Any) -> str:
        name = self.experiments[wildcards.experiment]["dataset"]["source"]
        return SOURCES.module(name)

    def _explored(self) -> list[tuple[str, str]]:
        return [
            (name, measure)
            for name, experiment in self.experiments.items()
            for measure in experiment["measures"]
            if measures()[measure].explored
        ]

    def _parts(self, wildcards: Any) -> list[_Part]:
        # "evaluation" is the table that the rule without a measure in its wildcards puts together.
        name, experiment = wildcards.get("measure", "evaluation"), wildcards.experiment
        self._check_part(name, experiment)
        if name == "dataset":
            return self._dataset_parts(experiment)
        return [
            _Part(f"{self._home(name, setting).folder()}/{name}.csv", self._labels(setting))
            for setting in self.places.settings(experiment)
        ]

    def _check_part(self, name: str, experiment: str) -> None:
        """Snakemake would look for the options of a measure that the experiment does not have."""
        if name not in parts(self.experiments[experiment]["measures"]):
            raise SystemExit(
                f"error: there is no table results/tables/{experiment}{suffix(name)}.csv: ask for one of "
                f"{', '.join(self.tables(experiment))}, or add to experiments.{experiment}.measures."
            )

    def _dataset_parts(self, experiment: str) -> list[_Part]:
        homes = self.places.dataset_home
        return [
            _Part("/".join(["results", *homes(experiment, point), "dataset.csv"]), values)
            for point, values in self.places.points(experiment).items()
        ]

    def _home(self, part: str, setting: Setting) -> Setting:
        shared = part in ("kkt", "multipliers")  # rule duals writes them
        return self.places.points_home(setting) if shared else setting

    def _labels(self, setting: Setting) -> Settings:
        training = self.config["trainings"][setting.training]
        return {
            **self.places.points(setting.experiment)[setting.point],
            "network": setting.network,
            "training": setting.training,
            "loss": training["loss"],
            "descent": training["step"],
        }

    def _trained_by(self, wildcards: Any) -> Settings:
        return {
            "network": self._network(wildcards),
            "training": self._training(wildcards),
            "duals": {key: self.config["duals"][key] for key in ("tolerance", "pivots")},
        }

    def _network(self, wildcards: Any) -> Settings:
        networks: dict[str, Settings] = self.config["networks"]
        return networks[wildcards.network]

    def _training(self, wildcards: Any) -> Settings:
        trainings: dict[str, Settings] = self.config["trainings"]
        return trainings[wildcards.training]

    def _forget(self, wildcards: Any) -> list[list[int]] | str | None:
        return self.places.forget(wildcards.experiment, wildcards.point)


def _setting(wildcards: Any) -> Setting:
    return Setting(wildcards.experiment, wildcards.point, wildcards.network, wildcards.training)
