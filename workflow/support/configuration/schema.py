"""The schema of the configuration; what does not meet it is said in one sentence.

A sentence names the key, the value found, what is allowed and the remedy.
"""

import json
import math
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, SchemaError, ValidationError
from jsonschema.validators import extend
from referencing.exceptions import Unresolvable
from scripts._origins import LOADER

from kkt_unlearning.datasets import SOURCES
from kkt_unlearning.errors import one_line
from kkt_unlearning.studies.claim import Claim, claims
from kkt_unlearning.studies.options import options
from kkt_unlearning.studies.study import STUDIES, Measure, measures, of_choice, studies
from workflow.support.configuration.mistakes import (
    ConfigurationError,
    KeyPath,
    as_number,
    listed,
    shown,
)

SCHEMA = Path(__file__).parents[2] / "schemas" / "config.schema.yaml"

_LARGEST = {"integer": 2**63 - 1, "number": sys.float_info.max}

_ENTRY = re.compile(r"[\w.+-]{1,60}", re.ASCII)
_MANY = 20  # keys; more are not listed one by one


@of_choice
def schema() -> dict[str, Any]:
    """The schema with all that studies declare, and names that other packages register."""
    whole = declared()
    section = whole["$defs"]["experiment"]["properties"]
    section["dataset"]["properties"]["source"]["enum"] = SOURCES.names()
    for name, measure in measures().items():
        for option, registry in measure.registries.items():
            options = whole["$defs"][f"measure_{name}"]["properties"]
            options[option]["items"]["enum"] = registry.names()
    return whole


def declared() -> dict[str, Any]:
    """The schema with all that studies declare; numbers fit an array.

    Raises:
        ExtensionError: what a study of another package declares is no schema.
    """
    schema: dict[str, Any] = yaml.load(SCHEMA.read_text(encoding="utf-8"), LOADER)
    _add_sources(schema["$defs"]["experiment"]["properties"]["dataset"])
    _add_claims(schema)
    _add_experiments(schema)
    _add_measures(schema["$defs"]["experiment"], schema["$defs"])
    for name, study in studies().items():
        if study.own:
            schema["properties"][name] = study.own.schema
            schema["required"].append(name)
    for name in studies().keys() - STUDIES.own.keys():
        for measure, known in studies()[name].measures.items():
            if fault := _fault(known.schema or {}, schema["$defs"]):
                raise STUDIES.broken(
                    name, f"has options of {measure!r} that are no schema ({fault})"
                )
    whole: dict[str, Any] = json.loads(json.dumps(schema))  # what studies share is not changed
    _bound(whole)
    return whole


def settings_of(source: str) -> dict[str, Any]:
    """The schema of a data set of this source.

    Raises:
        DataError, ExtensionError: there is none, or it is of another package and cannot be used.
    """
    SOURCES.check(source)
    defs = schema()["$defs"]
    if source in SOURCES.own:
        return {"$defs": defs, **defs[f"dataset_{source}"]}
    named = {"source": {"description": "Source of the data.", "const": source}}
    given = options("Settings of the data.", **named, **SOURCES.load(source).OPTIONS)
    if fault := _fault(given, defs):
        raise SOURCES.broken(source, f"has OPTIONS that are no schema ({fault})")
    whole: dict[str, Any] = json.loads(json.dumps(given))
    _bound(whole)
    return {"$defs": defs, **whole}


def _fault(schema: Any, defs: Mapping[str, Any]) -> str:
    """What is wrong with the schema of another package; empty where nothing is."""
    try:
        Draft202012Validator.check_schema(json.loads(json.dumps(schema)))
        resolver = Draft202012Validator({"$defs": defs})._resolver
        for reference in _references(schema):
            resolver.lookup(reference)
    except SchemaError as error:
        return one_line(error.message)
    except (Unresolvable, TypeError, ValueError) as error:
        return one_line(error)
    return ""


def _references(schema: Any) -> Iterator[str]:
    items = schema.values() if isinstance(schema, Mapping) else schema
    if isinstance(schema, Mapping) and "$ref" in schema:
        yield str(schema["$ref"])
    for item in items:
        if isinstance(item, Mapping | list | tuple):
            yield from _references(item)


def _add_sources(dataset: dict[str, Any]) -> None:
    """Our own, each with its settings; those of others are checked when an experiment has one."""
    dataset["properties"]["source"]["enum"] = list(SOURCES.own)
    dataset["allOf"] = [
        {
            "if": {"properties": {"source": {"const": name}}, "required": ["source"]},
            "then": {"$ref": f"#/$defs/dataset_{name}"},
        }
        for name in SOURCES.own
    ]


def _add_claims(schema: dict[str, Any]) -> None:
    """A threshold for every claim, and no other."""
    section = schema["properties"]["claims"]
    section["properties"] = {claim.name: _threshold(claim, schema["$defs"]) for claim in claims()}
    section["required"] = list(section["properties"])


def _threshold(claim: Claim, defs: Mapping[str, Any]) -> dict[str, Any]:
    if not claim.allowances:
        return {"$ref": f"#/$defs/{claim.comparison}"}
    plain: dict[str, Any] = defs[claim.comparison]
    more = {
        name: {"description": text, "type": "number", "minimum": 0}
        for name, text in claim.allowances.items()
    }
    properties = plain["properties"] | more
    return plain | {"required": list(properties), "properties": properties}


def _add_experiments(schema: dict[str, Any]) -> None:
    """Those that figures and claims rest on have to be there."""
    drawn: dict[str, list[str]] = {}
    for name, study in studies().items():
        for experiment in study.experiments:
            drawn.setdefault(experiment, []).append(name)
    section = schema["properties"]["experiments"]
    section["required"] = list(drawn)
    section["properties"] = {
        experiment: {
            "$ref": "#/$defs/experiment",
            "description": f"Behind the figure{'s' * (len(names) > 1)} {listed(names)}",
        }
        for experiment, names in drawn.items()
    }


def _add_measures(experiment: dict[str, Any], defs: dict[str, Any]) -> None:
    """Names, options and what an experiment with a measure needs besides."""
    properties = experiment["properties"]
    properties["measures"]["items"]["enum"] = list(measures())
    for name, measure in measures().items():
        if measure.schema:
            defs[f"measure_{name}"] = measure.schema
            properties[name] = {"$ref": f"#/$defs/measure_{name}"}
    experiment["allOf"] = [
        _requires(name, measure) for name, measure in measures().items() if measure.requires
    ]


def _requires(name: str, measure: Measure) -> dict[str, Any]:
    asked = {"measures": {"type": "array", "contains": {"const": name}}}
    described = {key: {"description": text} for key, text in measure.requires.items()}
    return {
        "if": {"properties": asked, "required": ["measures"]},
        "then": {"required": list(described), "properties": described},
    }


def _bound(schema: Any) -> None:
    """A largest number wherever none is written: that of an array."""
    kind = schema.get("type") if isinstance(schema, dict) else None
    if isinstance(kind, str) and kind in _LARGEST:
        bounded = schema.keys() & {"maximum", "exclusiveMaximum"}
        schema |= {} if bounded else {"maximum": _LARGEST[kind]}
    for item in schema.values() if isinstance(schema, dict) else schema:
        if isinstance(item, dict | list):
            _bound(item)


def _check_unique(_: Any, unique: bool, value: Any, __: Any) -> Iterator[ValidationError]:
    """``uniqueItems`` in one pass; jsonschema compares each with each where kinds are mixed."""
    if unique and isinstance(value, list) and len(set(map(_comparable, value))) < len(value):
        yield ValidationError("repeated")


def _comparable(value: Any) -> Any:
    """Equal where JSON has the same value: 1 and 1.0, but not 1 and true."""
    if isinstance(value, list):
        return (list, *map(_comparable, value))
    if isinstance(value, Mapping):
        return (dict, frozenset((key, _comparable(item)) for key, item in value.items()))
    return (isinstance(value, bool), value)


def _is_whole(_: Any, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_finite(_: Any, value: Any) -> bool:
    return _is_whole(_, value) or (isinstance(value, float) and math.isfinite(value))


# JSON has no .nan and no .inf, which would pass the bounds, and 10.0 is an integer there, but not to an array
# that needs its size.
_Validator = extend(
    Draft202012Validator,
    {"uniqueItems": _check_unique},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"integer": _is_whole, "number": _is_finite}
    ),
)


def check_schema(value: Any, schema: dict[str, Any], path: KeyPath = ()) -> None:
    """Raise the mistake that explains most, if a value does not meet a schema.

    Args:
        path: keys that lead to the value.

    Raises:
        ConfigurationError: the value does not meet it.
    """
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
    return (key,), f"this key is not known, allowed here {verb} {listed(allowed)}: {remedy}."


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
    if kinds == ["array"] and error.schema.get("minItems", 1) <= 1 and _is_entry(value):
        return (), f"the value is {value}, but {allowed} is needed: write [{value}]."
    meant = _meant(value, kinds)
    if meant is None:
        return (), f"the value is {shown(value)}, but {allowed} is needed: write such a value."
    found = (
        f"YAML reads {shown(value)} as text" if isinstance(value, str) else f"the value is {value}"
    )
    return (), f"{found}, but {allowed} is needed: write {meant}."


def _is_entry(value: Any) -> bool:
    """Whether it is a number or a name, which a list holds as it is written."""
    return type(value) in (int, float, str) and bool(_ENTRY.fullmatch(str(value)))


def _meant(value: Any, kinds: Sequence[str]) -> str | None:
    """The number of one of these kinds that a text, or a whole number with a point, stands for."""
    text = str(value) if isinstance(value, str | float) else ""
    number = as_number(text)
    if number is None or "number" in kinds:
        return number
    whole = "integer" in kinds and float(number).is_integer()
    return f"{int(float(number))}" if whole else None  # without the sign of -0.0


def _wrong_choice(error: ValidationError) -> tuple[KeyPath, str]:
    allowed = [error.schema["const"]] if error.validator == "const" else error.validator_value
    near = get_close_matches(str(error.instance), [str(choice) for choice in allowed], n=1)
    if len(allowed) == 1:  # the only text where something else than text is allowed as well
        needed, remedy = error.schema["description"], near[0] if near else "such a value"
        return (), f"the value is {shown(error.instance)}, but {needed} is needed: write {remedy}."
    remedy = f"write {near[0]}" if near else "write one of them"
    return (), f"the value is {shown(error.instance)}, allowed are {listed(allowed)}: {remedy}."


def _out_of_bounds(error: ValidationError) -> tuple[KeyPath, str]:
    words = {
        "minimum": ("at least", "raise"),
        "exclusiveMinimum": ("more than", "raise"),
        "maximum": ("at most", "lower"),
        "exclusiveMaximum": ("less than", "lower"),
    }
    bound, remedy = words[error.validator]
    value, written = shown(error.instance), str(error.validator_value)
    limit = as_number(written) if "e" in written else written  # who copies it needs a number
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
    return (), f"the list {shown(error.instance)} has an entry twice: remove one of the two."


def _wrong_name(error: ValidationError) -> tuple[KeyPath, str]:
    taken = "logs, tables and dependence are taken"
    text = f"names are made of small letters, digits and _, at most 100, and {taken}: rename it"
    return (error.instance,), f"this cannot be a name, {text}."


def _invalid(error: ValidationError) -> tuple[KeyPath, str]:
    allowed = error.schema.get("description", "see the comment in config.yaml").rstrip(".")
    return (
        (),
        f"the value is {shown(error.instance)}, which is not allowed here ({allowed}): change it.",
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
