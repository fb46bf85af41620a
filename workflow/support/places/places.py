"""Where each result lies: with the first experiment that needs it, so that nothing is computed twice.

One setting is (experiment, point of its sweep, network, training). Two settings that share a data set,
network and training share what is computed from these.
"""

import itertools
import json
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

NO_SWEEP = "base"


class Setting(NamedTuple):
    """Names of the four things that make a setting."""

    experiment: str
    point: str
    network: str
    training: str

    def folder(self) -> str:
        return f"results/{self.experiment}/{self.point}/{self.network}/{self.training}"


class Places:
    """Results of all settings of a checked configuration.

    Args:
        config: configuration that `configuration.check` has passed.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = config
        self._experiments: dict[str, dict[str, Any]] = config["experiments"]
        # Every job of a sweep asks for all of its points.
        self.points = cache(self._points)
        self._datasets = cache(self._first_datasets)
        self._homes = cache(self._first_settings)
        self._keys = cache(self._all_keys)

    def settings(self, experiment: str) -> Iterator[Setting]:
        """All settings of an experiment, point by point."""
        section = self._experiments[experiment]
        for names in itertools.product(
            self.points(experiment), section["networks"], section["trainings"]
        ):
            yield Setting(experiment, *names)

    def section(self, experiment: str) -> dict[str, Any]:
        """The experiment, with what its names stand for."""
        section = self._experiments[experiment]
        return section | {
            key: {chosen: self._config[key][chosen] for chosen in section[key]}
            for key in ("networks", "trainings")
        }

    def dataset(self, experiment: str, point: str) -> dict[str, Any]:
        """The experiment's data set at this point of the sweep, in as many replicates as it has."""
        section = self._experiments[experiment]
        number = {"replicates": self.replicates(experiment)}
        return {**section["dataset"], **self.points(experiment)[point], **number}

    def replicates(self, experiment: str) -> int:
        """Its own number, or that of all experiments."""
        return int(self._experiments[experiment].get("replicates", self._config["replicates"]))

    def forget(self, experiment: str, point: str) -> list[list[int]] | str | None:
        """Forget sets; ``each`` is every single sample, and stays where only a file knows m."""
        forget: list[list[int]] | str | None = self._experiments[experiment].get("forget")
        samples = self.dataset(experiment, point).get("samples")
        if forget == "each" and samples is not None:
            return [[sample] for sample in range(samples)]
        return forget

    def dataset_home(self, experiment: str, point: str) -> tuple[str, str]:
        """Experiment and point with which the data set lies."""
        return self._datasets()[_dataset_key(self.dataset(experiment, point))]

    def trained_home(self, setting: Setting) -> Setting:
        """Setting with which the trained network lies."""
        return self._homes()[self._keys(setting)[0]]

    def points_home(self, setting: Setting) -> Setting:
        """Setting with which its exact KKT point lies."""
        return self._homes()[self._keys(setting)[1]]

    def solver(self, experiment: str) -> str:
        """Solver of the exact KKT points of an experiment."""
        return str(self._experiments[experiment].get("solver") or self._config["duals"]["solver"])

    def retrained_home(self, setting: Setting) -> Setting:
        """Setting with which the retrained networks lie."""
        return self._homes()[self._keys(setting)[2]]

    def _points(self, experiment: str) -> dict[str, dict[str, Any]]:
        """Folder of each point of the sweep -> its values; ``{"base": {}}`` without a sweep."""
        sweep = self._experiments[experiment]["sweep"]
        values = itertools.product(*sweep.values())
        found = [dict(zip(sweep, point, strict=True)) for point in values]
        return {_name(point): point for point in found}

    def _first_datasets(self) -> dict[str, tuple[str, str]]:
        homes: dict[str, tuple[str, str]] = {}
        for experiment in self._experiments:
            for point in self.points(experiment):
                homes.setdefault(_dataset_key(self.dataset(experiment, point)), (experiment, point))
        return homes

    def _first_settings(self) -> dict[str, Setting]:
        """First setting with each key."""
        homes: dict[str, Setting] = {}
        for setting in itertools.chain(*map(self.settings, self._experiments)):
            for key in self._keys(setting):
                homes.setdefault(key, setting)
        return homes

    def _all_keys(self, setting: Setting) -> tuple[str, str, str]:
        """Of its training, alone, with its solver and with its forget sets: equal ones share results."""
        home = self.dataset_home(setting.experiment, setting.point)
        network = self._config["networks"][setting.network]
        trained = _key([home, network, self._config["trainings"][setting.training]])
        forget = self.forget(setting.experiment, setting.point)
        return trained, trained + self.solver(setting.experiment), trained + _key(forget)


def _name(point: dict[str, Any]) -> str:
    # No comma: on the command line of a job on a cluster, Snakemake parts wildcards there.
    return "__".join(f"{name}={value!r}" for name, value in point.items()) or NO_SWEEP


def _dataset_key(dataset: dict[str, Any]) -> str:
    """Equal where the data are, also where an option leaves them as they would be without it."""
    plain = dict(dataset)
    if plain.get("mixing") == 1:
        del plain["mixing"]
    if plain["source"] == "equicorrelated" and plain["correlation"] == 0:
        plain["source"] = "gaussian"
        del plain["correlation"]
    return _key(plain)


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
