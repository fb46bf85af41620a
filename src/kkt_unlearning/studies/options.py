"""JSON Schema of the options of a measure, in few words: every option is required and no other is known."""

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]  # ``#/$defs/…`` are those of the configuration

FORGET: Schema = {"$ref": "#/$defs/experiment/properties/forget"}
FRACTIONS: Schema = {"$ref": "#/$defs/fractions"}


def options(description: str, **properties: Schema) -> Schema:
    """A section with exactly these keys."""
    return {
        "description": description,
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


def whole(description: str = "", **bounds: float) -> Schema:
    """A whole number."""
    return _described(description, type="integer", **bounds)


def number(description: str = "", **bounds: float) -> Schema:
    """A number."""
    return _described(description, type="number", **bounds)


def choice(description: str, *names: str) -> Schema:
    """One of these names."""
    return _described(description, enum=list(names))


def several(description: str, items: Schema, *, unique: bool = True) -> Schema:
    """A list with an entry or more."""
    kind = {"uniqueItems": True} if unique else {}
    return _described(description, type="array", minItems=1, **kind, items=items)


def word_or(description: str, word: str, allowed: str, other: Schema) -> Schema:
    """One word, or something else; ``allowed`` says both."""
    word_only = {"enum": [word], "description": allowed}
    return _described(description, **{"if": {"type": "string"}, "then": word_only, "else": other})


def _described(description: str, **schema: Any) -> Schema:
    return {"description": description, **schema} if description else schema
