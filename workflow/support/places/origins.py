"""What the page of provenance gathers: for each figure its settings and the jobs that trained for it."""

from typing import Any

from kkt_unlearning.studies.study import figures, measures
from workflow.support.places.places import Places
from workflow.support.places.tables import experiments_of, own_tables


class Origins:
    """Origins of all figures.

    Args:
        config: configuration that `configuration.check` has passed.
        places: where its results lie.
    """

    def __init__(self, config: dict[str, Any], places: Places) -> None:
        self._config = config
        self._places = places

    def figures(self) -> list[str]:
        """Provenance of the figures, in their order."""
        return [f"results/figures/{figure}.provenance.json" for figure in figures()]

    def trainings(self) -> list[str]:
        """Provenance of every job that trained a network behind some figure."""
        found = [path for figure in figures() for path in self._trainings(figure)]
        return list(dict.fromkeys(found))

    def settings(self) -> dict[str, Any]:
        """For each figure its experiments, with what their names stand for, and its part of `trainings`."""
        return {
            figure: {
                "experiments": {name: self._section(name) for name in experiments_of(figure)},
                "duals": self._config["duals"],
                "replicates": self._config["replicates"],
                "trainings": self._trainings(figure),
            }
            for figure in figures()
        }

    def _section(self, name: str) -> dict[str, Any]:
        if name in own_tables():
            return dict(self._config[name])
        section = self._config["experiments"][name]
        named = {
            key: {chosen: self._config[key][chosen] for chosen in section[key]}
            for key in ("networks", "trainings")
        }
        return {**section, **named}

    def _trainings(self, figure: str) -> list[str]:
        found = [path for name in experiments_of(figure) for path in self._jobs(name)]
        return list(dict.fromkeys(found))

    def _jobs(self, experiment: str) -> list[str]:
        """A measure that stands alone trains its networks itself; no job trains for other sections."""
        if experiment in own_tables():
            return []
        asked = [measures()[name] for name in self._config["experiments"][experiment]["measures"]]
        alone = [measure.part for measure in asked if measure.standalone]
        paths = []
        for setting in self._places.settings(experiment):
            paths += [f"{setting.folder()}/{part}.provenance.json" for part in alone]
            if len(alone) < len(asked):
                home = self._places.trained_home(setting)
                paths.append(f"{home.folder()}/trained.provenance.json")
        return paths
