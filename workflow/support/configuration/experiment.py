"""What a schema cannot say of an experiment: names, numbers and files that must fit together."""

import itertools
import math
import os
from collections.abc import Iterator
from contextlib import suppress
from difflib import get_close_matches
from typing import Any, NoReturn

from kkt_unlearning.datasets import SOURCES
from kkt_unlearning.errors import UserError
from kkt_unlearning.studies.study import Drawn, check_forget, measures, studies
from workflow.support.configuration.mistakes import ConfigurationError, listed, shown, whole
from workflow.support.configuration.schema import check_schema, settings_of
from workflow.support.places.tables import needed, rested_on, taken

SETTINGS = 1_000_000  # of one experiment; more would only fill the memory

_TAKEN = ("forget", "fractions", "starts")  # options that stand in no section of a measure


class Experiment:
    """Checks of one experiment that a schema cannot express."""

    def __init__(self, name: str, experiment: dict[str, Any], config: dict[str, Any]) -> None:
        self.name, self.experiment, self.config = name, experiment, config
        self.dataset: dict[str, Any] = experiment["dataset"]

    def check(self) -> None:
        self._check_own_name()
        self._check_names("networks")
        self._check_names("trainings")
        self._check_needed()
        self._check_shown()
        self._check_snapshots()
        self._check_source()
        self._check_registered()
        self._check_file()
        self._check_sweep()
        self._check_options()
        for samples in self._sample_counts():
            check_forget(self.experiment, samples, self._fail)
            for measure in self.experiment["measures"]:
                self._check_meaning(measure, samples)
        for measure in measures().values():
            if measure.check_experiment:
                measure.check_experiment(self.experiment, self.config, self._fail)

    @property
    def _drawn(self) -> list[Drawn]:
        """What figures and claims need of it."""
        found = (study.experiments.get(self.name) for study in studies().values())
        return [drawn for drawn in found if drawn]

    def _fail(self, *keys: str | int, text: str) -> NoReturn:
        raise ConfigurationError(("experiments", self.name, *keys), text)

    def _check_own_name(self) -> None:
        if self.name in taken() - rested_on():
            self._fail(
                text="this is the name of a rule or figure, and would be a second target of that name: "
                "choose another.",
            )

    def _check_names(self, section: str) -> None:
        for index, name in enumerate(self.experiment[section]):
            if name not in self.config[section]:
                known = listed(self.config[section])
                self._fail(
                    section,
                    index,
                    text=f"{shown(name)} is not in the section {section}, which has {known}: "
                    f"write one of these or add {shown(name)} there.",
                )

    def _check_source(self) -> None:
        """It can be used; the settings of our own are checked with everything else."""
        try:
            self._settings = settings_of(self.dataset["source"])
        except UserError as error:
            self._fail("dataset", "source", text=str(error))
        if self.dataset["source"] not in SOURCES.own:
            check_schema(self.dataset, self._settings, ("experiments", self.name, "dataset"))

    def _check_registered(self) -> None:
        """What is named in options can be used."""
        for measure in self.experiment["measures"]:
            for option, registry in measures()[measure].registries.items():
                names = self.experiment.get(measure, {}).get(option, ())
                for index, name in enumerate(names):
                    try:
                        registry.check(name)
                    except UserError as error:
                        self._fail(measure, option, index, text=str(error))

    def _check_needed(self) -> None:
        for measure in needed().get(self.name, ()):
            if measure not in self.experiment["measures"]:
                self._fail(
                    "measures",
                    text=f"{measure} is missing, on which figures or claims rest: add it.",
                )

    def _check_shown(self) -> None:
        """The cases that figures show, and cannot be drawn without."""
        drawn = (
            {"fractions": 1.0, "starts": "exact"} if any(d.prescribed for d in self._drawn) else {}
        )
        for key, value in drawn.items():
            if value not in self.experiment[key]:
                self._fail(
                    key,
                    text=f"the value is {shown(self.experiment[key])}, but {value} is missing, which its "
                    "figure shows: add it.",
                )
        forget = self.experiment.get("forget", "each")
        if any(d.single for d in self._drawn) and forget != "each" and min(map(len, forget)) > 1:
            self._fail(
                "forget",
                text=f"the value is {shown(forget)}, but a set of one sample is missing, which its figure "
                "shows: add [0].",
            )

    def _check_snapshots(self) -> None:
        followed = [name for name in self.experiment["measures"] if measures()[name].snapshots]
        if not followed:
            return
        for index, training in enumerate(self.experiment["trainings"]):
            if not self.config["trainings"][training]["snapshots"]:
                self._fail(
                    "trainings",
                    index,
                    text=f"{followed[0]} is measured at snapshots, but training {training} has none: "
                    f"list steps in trainings.{training}.snapshots.",
                )

    def _check_options(self) -> None:
        """A measure with options has its section, and a section or other option has its measure."""
        for key in _TAKEN:
            takers = {name for name, measure in measures().items() if key in measure.requires}
            if key in self.experiment and not takers & set(self.experiment["measures"]):
                self._fail(
                    key,
                    text=f"this is an option of {listed(sorted(takers), 'or')}, not of the measures here: "
                    "remove it, or write it in the section of a measure that has it.",
                )
        if "solver" in self.experiment and all(
            measures()[name].standalone for name in self.experiment["measures"]
        ):
            self._fail(
                "solver",
                text="no measure here is taken of networks of which rule duals finds the exact points: "
                "remove it.",
            )
        for name, measure in measures().items():
            measured, given = name in self.experiment["measures"], name in self.experiment
            if measure.schema and measured and not given:
                self._fail(
                    name, text=f"the measure {name} needs a section of this name: add its options."
                )
            if measure.schema and given and not measured:
                self._fail(
                    name,
                    text=f"these are options of a measure that is not asked for: "
                    f"add {name} to measures or remove the section.",
                )

    def _check_meaning(self, name: str, samples: int) -> None:
        def fail(*keys: str | int, text: str) -> NoReturn:
            self._fail(name, *keys, text=text)

        check = measures()[name].check
        if check:
            check(self.experiment[name], samples, fail)

    def _check_file(self) -> None:
        if self.dataset["source"] not in SOURCES.own:
            return  # whose keys of these names may mean something else
        path = self.dataset.get("path")
        # not pathlib, which raises where a name is too long; files without a size are made up by the system
        # as they are read, some of them without an end
        if path is not None and not (os.path.isfile(path) and os.path.getsize(path)):
            self._fail(
                "dataset",
                "path",
                text=f"there is no file {whole(path)}, or nothing in it: give the path of an .npz, .csv or "
                ".parquet.",
            )
        if path is not None and set("{}") & set(path):
            self._fail(
                "dataset",
                "path",
                text=f"the path is {whole(path)}, but Snakemake keeps braces for itself: rename the file or "
                "folder.",
            )
        model = self.dataset.get("model")
        # every file of the folder counts as an input, and a folder of anything can be a whole disk
        if model is not None and not any(
            os.path.isfile(os.path.join(model, name)) for name in ("modules.json", "config.json")
        ):
            self._fail(
                "dataset",
                "model",
                text=f"there is no folder {whole(model)} with a modules.json or config.json: give that of a "
                "sentence-transformers model.",
            )

    def _check_sweep(self) -> None:
        for parameter in dict.fromkeys(name for drawn in self._drawn for name in drawn.sweep):
            if parameter not in self.experiment["sweep"]:
                self._fail(
                    "sweep",
                    text=f"{parameter} is missing, along which its figure is drawn: "
                    "list its values, one or more.",
                )
        for parameter, values in self.experiment["sweep"].items():
            self._check_swept(parameter)
            swept = {"$defs": self._settings["$defs"], **self._settings["properties"][parameter]}
            for index, value in enumerate(values):
                check_schema(value, swept, ("experiments", self.name, "sweep", parameter, index))
        self._check_settings()
        self._check_blocks()

    def _check_settings(self) -> None:
        lists = [*self.experiment["sweep"].values()]
        lists += [self.experiment[key] for key in ("networks", "trainings")]
        settings = math.prod(map(len, lists))
        if settings > SETTINGS:
            self._fail(
                "sweep",
                text=f"these are {settings} settings with networks and trainings, but at most {SETTINGS} are "
                "planned at once: write fewer values.",
            )

    def _check_blocks(self) -> None:
        """Blocks of equal size at every point of the sweep."""
        sweep = self.experiment["sweep"]
        names = ("block_size", "samples")
        if "block_size" not in self.dataset:
            return
        sizes, samples = (sweep.get(name, [self.dataset[name]]) for name in names)
        for (index, size), m in itertools.product(enumerate(sizes), samples):
            if m % size:
                swept = ("sweep", "block_size", index)
                self._fail(
                    *(swept if "block_size" in sweep else ("dataset", "block_size")),
                    text=f"the value is {size}, but only divisors of the {m} samples are allowed: "
                    f"write one of {listed([b for b in range(1, m + 1) if m % b == 0], 'or')}.",
                )

    def _check_swept(self, parameter: str) -> None:
        numeric = [key for key, value in self.dataset.items() if isinstance(value, int | float)]
        if parameter in self._settings["properties"] and parameter not in self.dataset:
            self._fail(
                "dataset",
                parameter,
                text="this key is missing, whose value the sweep replaces: add it.",
            )
        if parameter not in numeric:
            near = get_close_matches(str(parameter), numeric, n=1)
            self._fail(
                "sweep",
                parameter,
                text=f"this is no number of the data set: "
                f"write {near[0] if near else listed(numeric, 'or')}, or remove it.",
            )

    def _sample_counts(self) -> Iterator[int]:
        """``m`` at every point of the sweep; none for a file that the job will not be able to read."""
        if "samples" in self.experiment["sweep"]:
            yield from self.experiment["sweep"]["samples"]
        elif "samples" in self.dataset:
            yield self.dataset["samples"]
        elif self.dataset["source"] == "file":
            yield from _samples_in(self.dataset["path"], self.dataset.get("label"))


def _samples_in(path: str, label: str | None) -> Iterator[int]:
    """Number of samples that a user's file has; of what cannot be read the job says what is wrong."""
    from kkt_unlearning.datasets.npz import declared  # only where a data set is in a file
    from kkt_unlearning.datasets.zipped import unzipped
    from kkt_unlearning.formats import read_data

    with suppress(Exception), open(path, "rb") as file:
        if not path.lower().endswith(".npz"):
            yield len(read_data(file, path, label or "y").y)
            return
        with unzipped(file, path, "", "") as archive:
            yield declared(archive, "y.npy").shape[0]
