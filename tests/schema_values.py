"""Values that the schema of the configuration allows, and the edges of what it allows."""

from typing import Any

from hypothesis import strategies as st

from workflow.support.configuration.schema import schema

NAMES = ("linear", "two_layer", "normalised", "constant", "no_such_name")


def sources() -> list[str]:
    """Names of the sources of data sets."""
    return schema()["$defs"]["experiment"]["properties"]["dataset"]["properties"]["source"]["enum"]


def of(name: str) -> st.SearchStrategy:
    """Values of a definition of the schema."""
    return _of(schema()["$defs"][name])


def part(name: str, source: str) -> st.SearchStrategy:
    """Values of one key of an experiment whose data set has this source."""
    if name == "dataset":
        return st.sampled_from([source, *sources()]).flatmap(lambda drawn: of(f"dataset_{drawn}"))
    if name == "sweep":
        return st.dictionaries(_PARAMETERS, st.lists(_SWEPT, min_size=1, max_size=3), max_size=3)
    return _of(schema()["$defs"]["experiment"]["properties"][name])


_PARAMETERS = st.sampled_from(["samples", "dimension", "correlation", "block_size", "mixing"])
_SWEPT = st.integers(2, 12) | st.sampled_from([0, 0.0, 0.25, 0.5, 1.0, 1.5, -1])


def _of(node: dict[str, Any]) -> st.SearchStrategy:
    if "$ref" in node:
        return _of(_at(node["$ref"]))
    if "const" in node:
        return st.just(node["const"])
    if "enum" in node:
        return st.sampled_from(node["enum"])
    if "if" in node:
        return _of(node["then"]) | _of(node["else"])
    return _KINDS.get(str(node.get("type")), _anything)(node)


def _at(reference: str) -> dict[str, Any]:
    node = schema()
    for key in reference.removeprefix("#/").split("/"):
        node = node[key]
    return node


def _number(node: dict[str, Any]) -> st.SearchStrategy:
    """Small ones, and what lies on the edge and just beyond it."""
    bounds = [node[key] for key in _BOUNDS if key in node]
    edges = [bound + shift for bound in bounds for shift in (-1, 0, 1)]
    small = [1, 2, 3, 4] if node["type"] == "integer" else [0.25, 0.5, 0.75, 1]
    return st.sampled_from([*small * 9, *edges])


_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def _array(node: dict[str, Any]) -> st.SearchStrategy:
    items, least = _of(node.get("items", {})), node.get("minItems", 0)
    return st.lists(items, min_size=least, max_size=max(least, 3), unique_by=repr)


def _section(node: dict[str, Any]) -> st.SearchStrategy:
    known = {key: _of(value) for key, value in node.get("properties", {}).items()}
    required = {key: known.pop(key) for key in node.get("required", ()) if key in known}
    return st.fixed_dictionaries(required, optional=known)


def _anything(_: dict[str, Any]) -> st.SearchStrategy:
    return st.sampled_from(NAMES)


_KINDS = {"integer": _number, "number": _number, "array": _array, "object": _section}
