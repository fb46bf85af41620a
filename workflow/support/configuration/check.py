"""The configuration is checked before any job starts; each mistake is one sentence.

A sentence names the file, the key, the value found, what is allowed and the remedy.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from scripts._origins import COMMAND_LINE, at, origin

from kkt_unlearning.errors import UserError
from kkt_unlearning.studies.study import choose, studies
from workflow.support.configuration.experiment import Experiment
from workflow.support.configuration.files import base_files, located, merged
from workflow.support.configuration.mistakes import ConfigurationError, as_number, shown
from workflow.support.configuration.reading import refuse_unclear
from workflow.support.configuration.schema import check_schema, schema


def check_files(root: Path, on_top: Sequence[str | Path] = ()) -> dict[str, Any]:
    """Configuration that Snakemake merges from the files of the project and those on top, checked.

    Args:
        root: folder of the project.
        on_top: a later one counts more.

    Raises:
        SystemExit: as `refuse_unclear` and `check`.
    """
    files = [*on_top, *base_files(root)]
    refuse_unclear(files)
    return check(merged(root, on_top), files)


def check(config: Mapping[str, Any], files: Sequence[str | Path]) -> dict[str, Any]:
    """Configuration without the keys that a later file sets to null, its paths as `located` finds them.

    Args:
        config: merged from all files and the command line.
        files: those it was merged from, first those of the command line, of which a later one
            counts more, and the one that they lie on top of last, as Snakemake lists them.

    Raises:
        SystemExit: there is a mistake; the message is one sentence.
    """
    try:
        return checked(located(config, files))
    except ConfigurationError as error:
        where = origin(error.path, config, files)
        text = _as_text(error, config) if where == COMMAND_LINE else error
        raise SystemExit(f"error: {where}, {text}") from None


def _as_text(error: ConfigurationError, config: Mapping[str, Any]) -> ConfigurationError:
    """The mistake, said otherwise if it is a number within a section given on the command line."""
    value = at(error.path, config)
    if len(error.path) == 1 or not isinstance(value, str) or as_number(value) is None:
        return error
    text = (
        f"the value is {value}, but on the command line what stands within a section arrives as text, "
        "and numbers are possible only for keys at the top: write the section to a file and name it "
        "with --configfile."
    )
    return ConfigurationError(error.path, text)


def checked(config: Mapping[str, Any]) -> dict[str, Any]:
    """Configuration that meets the schema and makes sense.

    Raises:
        ConfigurationError: the first mistake, seen from the top of the schema.
    """
    given: dict[str, Any] = _without_nulls(config)
    _choose_studies(given.get("studies"))
    check_schema(given, schema())
    _check_trainings(given)
    _check_own(given)
    for name, experiment in given["experiments"].items():
        Experiment(name, experiment, given).check()
    return given


def _choose_studies(names: Any) -> None:
    """The schema rests on them, so they come first; what is no list of names is left to it."""
    listed = isinstance(names, list) and all(isinstance(name, str) for name in names)
    try:
        choose(names if listed else [])
        schema()
    except UserError as error:
        choose([])
        raise ConfigurationError(("studies",), f"{error}") from None


def _without_nulls(value: Any) -> Any:
    """Files are merged key by key; null is how a later one takes a key of an earlier one away."""
    if not isinstance(value, Mapping):
        return value
    return {key: _without_nulls(item) for key, item in value.items() if item is not None}


def _check_trainings(config: dict[str, Any]) -> None:
    for name, training in config["trainings"].items():
        snapshots = training["snapshots"]
        if snapshots != sorted(snapshots):
            raise ConfigurationError(
                ("trainings", name, "snapshots"),
                f"the value is {shown(snapshots)}, but steps ascend, as training makes them: sort them.",
            )
        late = [step for step in snapshots if step > training["steps"]]
        if late:
            raise ConfigurationError(
                ("trainings", name, "snapshots"),
                f"step {late[0]} comes after the last step, {training['steps']}: "
                "remove it or raise steps.",
            )


def _check_own(config: dict[str, Any]) -> None:
    """Sections at the top that a study has for itself."""
    for name, study in studies().items():
        if study.own:
            study.own.check(config[name], partial(_refuse, name))


def _refuse(section: str, *keys: str | int, text: str) -> NoReturn:
    raise ConfigurationError((section, *keys), text)
