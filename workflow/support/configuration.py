"""The configuration is checked before any job starts; each mistake is one sentence.

A sentence names the file, the key, the value found, what is allowed and the remedy.
"""

import itertools
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import yaml
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from .checks import CHECKS, COMBINED
from .figures import PRESCRIBED, SINGLE, SWEPT, needed
from .measures import MEASURES, TAKEN

SCHEMA = Path(__file__).parents[1] / "schemas" / "config.schema.yaml"

FILES = "KKT_UNLEARNING_CONFIG"  # environment variable with the paths of the configuration files

_MANY = 20  # keys; more are not listed one by one

COMMAND_LINE = "--config"  # origin of what no file says

_FOLLOWED = ("stationarity", "convergence")  # measures along training

KeyPath = tuple[str | int, ...]


class ConfigurationError(Exception):
    """A mistake in the configuration, in one sentence without the name of the file.

    Args:
        path: keys from the top to the mistake.
        text: value found, what is allowed and the remedy.
    """

    def __init__(self, path: Iterable[str | int], text: str) -> None:
        self.path = tuple(path)
        super().__init__(f"{dotted(self.path)}: {text}" if self.path else text)


def check(config: Mapping[str, Any], files: Sequence[str | Path] = ()) -> dict[str, Any]:
    """Configuration without the keys that a later file sets to null, or the end of the program.

    Args:
        config: merged from all files and the command line.
        files: those it was merged from, first those of the command line, of which a later one
            counts more, and the one that they lie on top of last, as Snakemake lists them.

    Raises:
        SystemExit: there is a mistake; the message is one sentence.
    """
    try:
        return checked(config)
    except ConfigurationError as error:
        origin = _origin(error.path, config, files)
        text = _as_text(error, config) if origin == COMMAND_LINE else error
        raise SystemExit(f"error: {origin}, {text}") from None


def _as_text(error: ConfigurationError, config: Mapping[str, Any]) -> ConfigurationError:
    """The mistake, said otherwise if it is a number within a section given on the command line."""
    value = _at(error.path, config)
    if len(error.path) == 1 or not isinstance(value, str) or _as_number(value) is None:
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
    config = _without_nulls(config)
    _check_schema(config, _schema())
    _check_trainings(config)
    _check_dependence(config["dependence"])
    for name, experiment in config["experiments"].items():
        _Experiment(name, experiment, config).check()
    return config


def dotted(path: Iterable[str | int]) -> str:
    """``experiments.digits.forget[0]``."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return text.removeprefix(".")


# schema


@cache
def _schema() -> dict[str, Any]:
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    claims = schema["properties"]["claims"]
    claims["required"] = list(claims["properties"])  # every claim has a threshold
    return schema


def _is_whole(_: Any, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_finite(_: Any, value: Any) -> bool:
    return _is_whole(_, value) or (isinstance(value, float) and math.isfinite(value))


# JSON has no .nan and no .inf, which would pass the bounds, and 10.0 is an integer there, but not to an array
# that needs its size.
_Validator = extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"integer": _is_whole, "number": _is_finite}
    ),
)


def _check_schema(value: Any, schema: dict[str, Any], path: KeyPath = ()) -> None:
    errors = _Validator(schema).iter_errors(value)
    # A key that is not known explains a key that is missing, so it comes first.
    order = {"additionalProperties": 0, "propertyNames": 0, "required": 1}
    first = min(errors, key=lambda error: order.get(_broken(error), 2), default=None)
    if first is not None:
        _raise(first, path)


def _broken(error: ValidationError) -> str:
    """Keyword of the schema that is not met; of a name, whatever it is that is wrong with it."""
    named = "propertyNames" in error.relative_schema_path
    return "propertyNames" if named else error.validator


def _raise(error: ValidationError, above: KeyPath) -> None:
    keys, text = _SENTENCES.get(_broken(error), _invalid)(error)
    raise ConfigurationError((*above, *error.absolute_path, *keys), text)


def _unknown_key(error: ValidationError) -> tuple[KeyPath, str]:
    known = list(error.schema.get("properties", {}))
    allowed = known if len(known) <= _MANY else [*known[:3], f"{len(known) - 3} others"]
    key = next(key for key in error.instance if key not in known)
    near = get_close_matches(str(key), known, n=1)
    remedy = (
        f"write {near[0]}" if near else "remove it, or set it to null in a file that comes on top"
    )
    verb = "is" if len(known) == 1 else "are"
    return (key,), f"this key is not known, allowed here {verb} {_listed(allowed)}: {remedy}."


def _missing_key(error: ValidationError) -> tuple[KeyPath, str]:
    key = next(key for key in error.validator_value if key not in error.instance)
    meaning = error.schema.get("properties", {}).get(key, {}).get("description", "")
    meaning = f" ({meaning[0].lower()}{meaning[1:].rstrip('.')})" if meaning else ""
    return (key,), f"this key is missing: add it{meaning}."


def _wrong_type(error: ValidationError) -> tuple[KeyPath, str]:
    value, wanted = error.instance, error.validator_value
    number = "a finite number" if isinstance(value, float) else "a number"
    names = {"integer": "a whole number", "number": number, "string": "text"}
    names |= {"array": "a list", "object": "a section with keys of its own"}
    kinds = [wanted] if isinstance(wanted, str) else wanted
    allowed = " or ".join(names[kind] for kind in kinds)
    number = _meant(value, kinds)
    if number is None:
        return (), f"the value is {_shown(value)}, but {allowed} is needed: write such a value."
    found = f"YAML reads {value} as text" if isinstance(value, str) else f"the value is {value}"
    return (), f"{found}, but {allowed} is needed: write {number}."


def _meant(value: Any, kinds: Sequence[str]) -> str | None:
    """The number of one of these kinds that a text, or a whole number with a point, stands for."""
    text = str(value) if isinstance(value, str | float) else ""
    number = _as_number(text)
    if number is None or "number" in kinds:
        return number
    whole = "integer" in kinds and float(number).is_integer()
    return f"{float(number):.0f}" if whole else None


def _wrong_choice(error: ValidationError) -> tuple[KeyPath, str]:
    allowed = [error.schema["const"]] if error.validator == "const" else error.validator_value
    near = get_close_matches(str(error.instance), [str(choice) for choice in allowed], n=1)
    if len(allowed) == 1:  # the only text where something else than text is allowed as well
        needed, remedy = error.schema["description"], near[0] if near else "such a value"
        return (), f"the value is {_shown(error.instance)}, but {needed} is needed: write {remedy}."
    remedy = f"write {near[0]}" if near else "write one of them"
    return (), f"the value is {_shown(error.instance)}, allowed are {_listed(allowed)}: {remedy}."


def _out_of_bounds(error: ValidationError) -> tuple[KeyPath, str]:
    words = {
        "minimum": ("at least", "raise"),
        "exclusiveMinimum": ("more than", "raise"),
        "maximum": ("at most", "lower"),
        "exclusiveMaximum": ("less than", "lower"),
    }
    bound, remedy = words[error.validator]
    value, limit = _shown(error.instance), str(error.validator_value)
    limit = _as_number(limit) if "e" in limit else limit  # who copies it needs a number
    return (), f"the value is {value}, but {bound} {limit} is allowed: {remedy} it."


def _wrong_length(error: ValidationError) -> tuple[KeyPath, str]:
    bound, remedy = {"minItems": ("at least", "add"), "maxItems": ("at most", "remove")}[
        error.validator
    ]
    size = len(error.instance)
    entries = "1 entry" if size == 1 else f"{size} entries"
    found = f"the list has {entries}, but {bound} {error.validator_value}"
    return (), f"{found} must be there: {remedy} some."


def _repeated(error: ValidationError) -> tuple[KeyPath, str]:
    return (), f"the list {_shown(error.instance)} has an entry twice: remove one of the two."


def _wrong_name(error: ValidationError) -> tuple[KeyPath, str]:
    taken = "logs, tables and dependence are taken"
    text = f"names are made of small letters, digits and _, and {taken}: rename it"
    return (error.instance,), f"this cannot be a name, {text}."


def _invalid(error: ValidationError) -> tuple[KeyPath, str]:
    allowed = error.schema.get("description", "see the comment in config.yaml").rstrip(".")
    return (
        (),
        f"the value is {_shown(error.instance)}, which is not allowed here ({allowed}): change it.",
    )


_SENTENCES: dict[str, Callable[[ValidationError], tuple[KeyPath, str]]] = {
    "additionalProperties": _unknown_key,
    "required": _missing_key,
    "type": _wrong_type,
    "enum": _wrong_choice,
    "const": _wrong_choice,
    "minimum": _out_of_bounds,
    "exclusiveMinimum": _out_of_bounds,
    "maximum": _out_of_bounds,
    "exclusiveMaximum": _out_of_bounds,
    "minItems": _wrong_length,
    "maxItems": _wrong_length,
    "uniqueItems": _repeated,
    "propertyNames": _wrong_name,
}


# meaning


def _check_trainings(config: dict[str, Any]) -> None:
    for name, training in config["trainings"].items():
        snapshots = training["snapshots"]
        if snapshots != sorted(snapshots):
            raise ConfigurationError(
                ("trainings", name, "snapshots"),
                f"the value is {_shown(snapshots)}, but steps ascend, as training makes them: sort them.",
            )
        late = [step for step in snapshots if step > training["steps"]]
        if late:
            raise ConfigurationError(
                ("trainings", name, "snapshots"),
                f"step {late[0]} comes after the last step, {training['steps']}: "
                "remove it or raise steps.",
            )


def _check_dependence(section: dict[str, Any]) -> None:
    if section["here"] > section["retained"]:
        raise ConfigurationError(
            ("dependence", "here"),
            f"the value is {section['here']}, but at most retained, {section['retained']}, is allowed: "
            "lower it.",
        )
    for index, overlap in enumerate(section["overlaps"]):
        if 2 * overlap / (1 + overlap**2) >= 1:
            raise ConfigurationError(
                ("dependence", "overlaps", index),
                f"the value is {overlap}, with which the correlation 2 eps/(1 + eps^2) of the pair rounds to "
                "1, but less than 1 is allowed: lower it.",
            )


class _Experiment:
    """Checks of one experiment that a schema cannot express."""

    def __init__(self, name: str, experiment: dict[str, Any], config: dict[str, Any]) -> None:
        self.name, self.experiment, self.config = name, experiment, config
        self.dataset: dict[str, Any] = experiment["dataset"]

    def check(self) -> None:
        self._check_names("networks")
        self._check_names("trainings")
        self._check_needed()
        self._check_shown()
        self._check_snapshots()
        self._check_file()
        self._check_sweep()
        self._check_options()
        for samples in self._sample_counts():
            self._check_forget(samples)
            for measure in self.experiment["measures"]:
                self._check_meaning(measure, samples)
        for check in COMBINED:
            check(self.experiment, self.config, self._fail)

    def _fail(self, *keys: str | int, text: str) -> NoReturn:
        raise ConfigurationError(("experiments", self.name, *keys), text)

    def _check_names(self, section: str) -> None:
        for index, name in enumerate(self.experiment[section]):
            if name not in self.config[section]:
                known = _listed(self.config[section])
                self._fail(
                    section,
                    index,
                    text=f"{_shown(name)} is not in the section {section}, which has {known}: "
                    f"write one of these or add {_shown(name)} there.",
                )

    def _check_needed(self) -> None:
        for measure in needed().get(self.name, ()):
            if measure not in self.experiment["measures"]:
                self._fail(
                    "measures",
                    text=f"{measure} is missing, on which figures or claims rest: add it.",
                )

    def _check_shown(self) -> None:
        """The cases that figures show, and cannot be drawn without."""
        shown = {"fractions": 1.0, "starts": "exact"} if self.name in PRESCRIBED else {}
        for key, value in shown.items():
            if value not in self.experiment[key]:
                self._fail(
                    key,
                    text=f"the value is {_shown(self.experiment[key])}, but {value} is missing, which its "
                    "figure shows: add it.",
                )
        forget = self.experiment.get("forget", "each")
        if self.name in SINGLE and forget != "each" and min(map(len, forget)) > 1:
            self._fail(
                "forget",
                text=f"the value is {_shown(forget)}, but a set of one sample is missing, which its figure "
                "shows: add [0].",
            )

    def _check_snapshots(self) -> None:
        followed = [name for name in _FOLLOWED if name in self.experiment["measures"]]
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
        for key, measures in TAKEN.items():
            if key in self.experiment and not measures & set(self.experiment["measures"]):
                self._fail(
                    key,
                    text=f"this is an option of {_listed(sorted(measures), 'or')}, not of the measures here: "
                    "remove it, or write it in the section of a measure that has it.",
                )
        for name, measure in MEASURES.items():
            measured, given = name in self.experiment["measures"], name in self.experiment
            if measure.options and measured and not given:
                self._fail(
                    name, text=f"the measure {name} needs a section of this name: add its options."
                )
            if measure.options and given and not measured:
                self._fail(
                    name,
                    text=f"these are options of a measure that is not asked for: "
                    f"add {name} to measures or remove the section.",
                )

    def _check_meaning(self, measure: str, samples: int) -> None:
        def fail(*keys: str | int, text: str) -> NoReturn:
            self._fail(measure, *keys, text=text)

        if measure in CHECKS:
            CHECKS[measure](self.experiment[measure], samples, fail)

    def _check_file(self) -> None:
        path = self.dataset.get("path")
        if path is not None and not Path(path).is_file():
            self._fail(
                "dataset",
                "path",
                text=f"there is no file {path}: give the path of an .npz archive.",
            )
        model = self.dataset.get("model")
        if model is not None and not Path(model).is_dir():
            self._fail(
                "dataset",
                "model",
                text=f"there is no folder {model}: give that of a sentence-transformers model.",
            )

    def _check_sweep(self) -> None:
        for parameter in SWEPT.get(self.name, ()):
            if parameter not in self.experiment["sweep"]:
                self._fail(
                    "sweep",
                    text=f"{parameter} is missing, along which its figure is drawn: "
                    "list its values, one or more.",
                )
        for parameter, values in self.experiment["sweep"].items():
            self._check_swept(parameter)
            key = f"#/$defs/dataset_{self.dataset['source']}/properties/{parameter}"
            schema = {"$defs": _schema()["$defs"], "$ref": key}
            for index, value in enumerate(values):
                _check_schema(value, schema, ("experiments", self.name, "sweep", parameter, index))
        self._check_blocks()

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
                    f"write one of {_listed([b for b in range(1, m + 1) if m % b == 0], 'or')}.",
                )

    def _check_swept(self, parameter: str) -> None:
        numeric = [key for key, value in self.dataset.items() if isinstance(value, int | float)]
        if parameter in self._dataset_schema() and parameter not in self.dataset:
            self._fail(
                "dataset",
                parameter,
                text="this key is missing, whose value the sweep replaces: add it.",
            )
        if parameter not in numeric:
            near = get_close_matches(parameter, numeric, n=1)
            self._fail(
                "sweep",
                parameter,
                text=f"this is no number of the data set: "
                f"write {near[0] if near else _listed(numeric, 'or')}, or remove it.",
            )

    def _dataset_schema(self) -> dict[str, Any]:
        return _schema()["$defs"][f"dataset_{self.dataset['source']}"]["properties"]

    def _sample_counts(self) -> Iterator[int]:
        """``m`` at every point of the sweep; none for a file that the job will not be able to read."""
        if "samples" in self.experiment["sweep"]:
            yield from self.experiment["sweep"]["samples"]
        elif "samples" in self.dataset:
            yield self.dataset["samples"]
        elif "path" in self.dataset:
            yield from _samples_in(self.dataset["path"])

    def _check_forget(self, samples: int) -> None:
        forget = self.experiment.get("forget", "each")
        if forget == "each":
            return
        for index, group in enumerate(forget):
            beyond = [sample for sample in group if sample >= samples]
            if beyond:
                self._fail(
                    "forget",
                    index,
                    text=f"the value is {beyond[0]}, but the {samples} samples are numbered 0 to "
                    f"{samples - 1}: take one of these.",
                )
            if len(group) == samples:
                self._fail(
                    "forget",
                    index,
                    text=f"these are all {samples} samples, but at least one must be retained: "
                    "remove one.",
                )


def _samples_in(path: str) -> Iterator[int]:
    """Number of labels in a user's archive; nothing if they cannot be read: what is wrong the job says."""
    import numpy as np  # only where a data set comes from a file

    with suppress(Exception), np.load(path, allow_pickle=False) as archive:
        yield len(archive["y"])


# words


def _without_nulls(value: Any) -> Any:
    """Files are merged key by key; null is how a later one takes a key of an earlier one away."""
    if not isinstance(value, Mapping):
        return value
    return {key: _without_nulls(item) for key, item in value.items() if item is not None}


def _origin(path: KeyPath, config: Mapping[str, Any], files: Sequence[str | Path]) -> str:
    """File the mistake is in: the first that says what the merged configuration says there."""
    if not files:
        return "config.yaml"
    *on_top, base = files
    merged = _at(path, config)
    for file in [*reversed(on_top), base]:
        found = _at(path, _load(file))
        if found == merged or repr(found) == repr(merged):  # .nan equals nothing, not even itself
            return Path(file).name
    # A section may be merged from several files; a single value that no file has is from none.
    nowhere = len(path) == 1 or not isinstance(merged, Mapping | list)
    return COMMAND_LINE if nowhere else Path(base).name


def announce(files: Sequence[str | Path]) -> None:
    """Let jobs know the configuration files, for the sentences in which they name one."""
    os.environ[FILES] = os.pathsep.join(str(Path(file).resolve()) for file in files)


def origin_of_section(section: str, config: Mapping[str, Any]) -> str:
    """File that a job's section ``a.b.c`` is from: the one on top that has it, else the one below.

    Args:
        section: key path.
        config: merged configuration; a value that no file has came from the command line.
    """
    path = tuple(section.split("."))
    merged = _at(path, config)
    *on_top, base = os.environ.get(FILES, "config.yaml").split(os.pathsep)
    for file in [*reversed(on_top), base]:
        found = _at(path, _load(file)) if Path(file).is_file() else None
        if found is not None and (isinstance(found, Mapping) or found == merged):
            return Path(file).name
    return COMMAND_LINE if Path(base).is_file() else Path(base).name


def _load(file: str | Path) -> Any:
    return yaml.safe_load(Path(file).read_text(encoding="utf-8"))


def _at(path: KeyPath, config: Any) -> Any:
    for key in path:
        try:
            config = config[key]
        except (KeyError, IndexError, TypeError):
            return None
    return config


def _as_number(text: str) -> str | None:
    """How YAML wants a number written that it takes for text: ``1.0e-3`` for ``1e-3``."""
    mantissa, exponent, power = text.strip().replace(",", ".").lower().partition("e")
    mantissa = mantissa if "." in mantissa else f"{mantissa}.0"
    power = power if power[:1] in ("+", "-") else f"+{power}"
    number = f"{mantissa}e{power}" if exponent else mantissa
    try:
        finite = math.isfinite(float(number))
    except ValueError:
        return None
    return number if finite and text.strip() else None


def _listed(names: Iterable[Any], last: str = "and") -> str:
    *most, end = [str(name) for name in names] or ["none"]
    return f"{', '.join(most)} {last} {end}" if most else end


def _shown(value: Any) -> str:
    text = str(value) or "''"
    return text if len(text) <= 60 else f"{text[:57]}..."
