"""The settings of every job, read off the checked configuration.

One setting is (experiment, point of its sweep, network). The functions of ``wildcards`` are
parameters and inputs of rules: Snakemake compares their values between runs, so each returns only
what its rule uses.
"""

from functools import cache
from pathlib import PurePath
from typing import Any, NamedTuple

from .sources import Sources

# measure in the configuration -> table of a setting that answers it
TABLES = {
    "certificate": "evaluation",
    "multipliers": "multipliers",
    "stationarity": "stationarity",
}
NO_SWEEP = "base"

FIGURES = ("step_size", "dimension", "orthogonality", "multipliers", "digits", "kinks")


class _Part(NamedTuple):
    path: str
    value: Any
    network: str


class Study:
    """Settings of all experiments.

    Args:
        config: configuration that `configuration.check` has passed.
        sources: files behind the scripts.
    """

    def __init__(self, config: dict[str, Any], sources: Sources) -> None:
        self.config = config
        self._sources = sources
        self.experiments: dict[str, dict] = config["experiments"]
        # Every job of a sweep asks for all of its points.
        self.points = cache(self._points)

    # paths

    def _points(self, experiment: str) -> dict[str, Any]:
        """Folder of each point of the sweep -> its value; ``{"base": nan}`` without a sweep."""
        sweep = self.experiments[experiment]["sweep"]
        if sweep["parameter"] == "none":
            return {NO_SWEEP: float("nan")}
        return {f"{sweep['parameter']}={value!r}": value for value in sweep["values"]}

    def tables(self, experiment: str) -> list[str]:
        """Tables of an experiment, over all of its settings."""
        measures = self.experiments[experiment]["measures"]
        names = ["dataset", "kkt", *(TABLES[measure] for measure in measures)]
        # What the certificate measures is the experiment's main table and has its bare name.
        suffixes = ["" if name == "evaluation" else f".{name}" for name in names]
        return [f"results/tables/{experiment}{suffix}.csv" for suffix in suffixes]

    def targets(self) -> list[str]:
        """Everything there is to make: figures, tables and the scorecard."""
        figures = [f"paper_figures/{figure}.pdf" for figure in FIGURES]
        return [*figures, *self.all_tables(), "results/scorecard.csv"]

    def all_tables(self) -> list[str]:
        """Tables of every experiment."""
        return [table for experiment in self.experiments for table in self.tables(experiment)]

    def parts(self, wildcards: Any) -> list[str]:
        """Tables of single settings that the table of an experiment is made of, point by point."""
        return [part.path for part in self._parts(wildcards)]

    def file(self, wildcards: Any) -> list[str]:
        """The user's own archive, where a data set comes from one."""
        dataset = self.experiments[wildcards.experiment]["dataset"]
        return [dataset["path"]] if dataset["source"] == "file" else []

    # parameters

    def table(self, wildcards: Any) -> dict[str, Any]:
        """Swept parameter, and its value and the network in each of `parts`."""
        parts = self._parts(wildcards)
        return {
            "experiment": wildcards.experiment,
            "parameter": self.experiments[wildcards.experiment]["sweep"]["parameter"],
            "values": [part.value for part in parts],
            "networks": [part.network for part in parts],
        }

    def dataset(self, wildcards: Any) -> dict[str, Any]:
        """The experiment's data set at this point of the sweep."""
        return {
            **self._dataset(wildcards.experiment, wildcards.point),
            "replicates": self.config["replicates"],
            "seed": self.config["seed"],
        }

    def train(self, wildcards: Any) -> dict[str, Any]:
        """Network, how it is trained, and what its initial weights are drawn from."""
        return {
            "network": self._network(wildcards),
            "training": self._training(wildcards),
            "replicates": self.config["replicates"],
            "seed": self.config["seed"],
        }

    def duals(self, wildcards: Any) -> dict[str, Any]:
        """Network and how its exact KKT point is found."""
        return {"network": self._network(wildcards), "duals": self.config["duals"]}

    def unlearn(self, wildcards: Any) -> dict[str, Any]:
        """What is forgotten, how far and from where."""
        return {"network": self._network(wildcards), **self._ascent(wildcards)}

    def retrain(self, wildcards: Any) -> dict[str, Any]:
        """The training, repeated without each forget set."""
        return {
            "network": self._network(wildcards),
            "training": self._training(wildcards),
            "duals": self.config["duals"],
            "forget": self._forget(wildcards),
        }

    def evaluate(self, wildcards: Any) -> dict[str, Any]:
        """What was unlearned, and how exact KKT points are found."""
        return {
            **self._names(wildcards),
            "network": self._network(wildcards),
            "duals": self.config["duals"],
            **self._ascent(wildcards),
        }

    def stationarity(self, wildcards: Any) -> dict[str, Any]:
        """Network whose residual is followed along training."""
        return {
            **self._names(wildcards),
            "network": self._network(wildcards),
            "training": self._training(wildcards),
            "duals": self.config["duals"],
        }

    def dataset_code(self, wildcards: Any) -> str:
        """Hash of the files behind rule ``dataset``, with the one source that it calls by name."""
        name = self.experiments[wildcards.experiment]["dataset"]["source"]
        return self._sources.digest(
            "dataset", self._sources.exporter("kkt_unlearning.datasets", name)
        )

    def training_section(self, wildcards: Any) -> str:
        """Key path of the training that the experiment names: where an error in it is mended."""
        return f"trainings.{self._training_name(wildcards)}"

    def _parts(self, wildcards: Any) -> list["_Part"]:
        # "evaluation" is the table that the rule without a measure in its wildcards puts together.
        name, experiment = wildcards.get("measure", "evaluation"), wildcards.experiment
        networks = [""] if name == "dataset" else self.experiments[experiment]["networks"]
        return [
            _Part(
                str(PurePath("results", experiment, point, network, f"{name}.csv")), value, network
            )
            for point, value in self.points(experiment).items()
            for network in networks
        ]

    def _dataset(self, experiment: str, point: str) -> dict[str, Any]:
        parameter = self.experiments[experiment]["sweep"]["parameter"]
        swept = {} if parameter == "none" else {parameter: self.points(experiment)[point]}
        return {**self.experiments[experiment]["dataset"], **swept}

    def _network(self, wildcards: Any) -> dict[str, Any]:
        return self.config["networks"][wildcards.network]

    def _training_name(self, wildcards: Any) -> str:
        return self.experiments[wildcards.experiment]["training"]

    def _training(self, wildcards: Any) -> dict[str, Any]:
        return self.config["trainings"][self._training_name(wildcards)]

    def _names(self, wildcards: Any) -> dict[str, str]:
        return {
            "network_name": wildcards.network,
            "training_name": self._training_name(wildcards),
        }

    def _ascent(self, wildcards: Any) -> dict[str, Any]:
        experiment = self.experiments[wildcards.experiment]
        return {
            "forget": self._forget(wildcards),
            "fractions": experiment["fractions"],
            "starts": experiment["starts"],
        }

    def _forget(self, wildcards: Any) -> list[list[int]] | str:
        """Forget sets; ``each`` is every single sample, and stays where only a file knows m."""
        forget = self.experiments[wildcards.experiment]["forget"]
        samples = self._dataset(wildcards.experiment, wildcards.point).get("samples")
        if forget == "each" and samples is not None:
            return [[sample] for sample in range(samples)]
        return forget
