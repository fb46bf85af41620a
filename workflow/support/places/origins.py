"""What the page of provenance gathers: for each figure its settings and the jobs that trained for it."""

from collections.abc import Iterator
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
        return list(dict.fromkeys(path for figure in figures() for path in self._of(figure)))

    def settings(self) -> dict[str, Any]:
        """For each figure its experiments, with what their names stand for, and its part of `trainings`."""
        return {
            figure: {
                "experiments": {
                    name: dict(self._config[name])
                    if name in own_tables()
                    else self._places.section(name)
                    for name in experiments_of(figure)
                },
                "duals": self._config["duals"],
                "replicates": self._config["replicates"],
                "trainings": list(dict.fromkeys(self._of(figure))),
            }
            for figure in figures()
        }

    def _of(self, figure: str) -> Iterator[str]:
        """A measure that stands alone trains its networks itself; no job trains for other sections."""
        for name in experiments_of(figure):
            if name in own_tables():
                continue
            asked = [measures()[name] for name in self._config["experiments"][name]["measures"]]
            alone = [measure.part for measure in asked if measure.standalone]
            for setting in self._places.settings(name):
                yield from (f"{setting.folder()}/{part}.provenance.json" for part in alone)
                if len(alone) < len(asked):
                    yield f"{self._places.trained_home(setting).folder()}/trained.provenance.json"
