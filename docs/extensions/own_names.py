"""Names in docstrings, written short or of pages, lead to where the site has them.

``:func:`certify``` in a module that imports it, a name that a package exports, a field of a dataclass: Sphinx
knows each object by the one name under which it was defined.
"""

import re
from collections import deque
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode

_FIELDS = re.compile(r"(Args|Attributes):")
_SEVERAL = re.compile(r"( +)(\w+(?:, \w+)+): (.*)")
_PAGE = re.compile(r"``docs/([\w/]+)\.md``")


def defined(name: str) -> str | None:
    """Where the library defines an object, a field of a class being explained with the class."""
    module, _, attribute = name.rpartition(".")
    if not module.startswith("kkt_unlearning"):
        return None
    try:
        value = getattr(import_module(module), attribute)
    except ModuleNotFoundError:  # not a module but a class, perhaps
        return defined(module)
    except AttributeError:
        return None
    return f"{getattr(value, '__module__', module)}.{getattr(value, '__qualname__', attribute)}"


def resolve(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, contnode: nodes.Element
) -> nodes.reference | None:
    """A link to where the object is explained, None where there is none; then Sphinx warns."""
    if node.get("refdomain") != "py":
        return None
    objects: dict[str, Any] = env.domains["py"].objects
    target, module = node["reftarget"], node.get("py:module") or ""
    for home in ("", module, module.rpartition(".")[0], "kkt_unlearning"):
        name = f"{home}.{target}" if home else target
        place = objects.get(defined(name) or "")
        if place:
            docname = node["refdoc"]
            return make_refnode(app.builder, docname, place.docname, place.node_id, contnode, name)
    return None


def link_pages(
    app: Sphinx, what: str, name: str, value: object, options: object, lines: list[str]
) -> None:
    """The pages that a docstring names, ``docs/theory.md`` say, are pages here."""
    lines[:] = [_PAGE.sub(r":doc:`docs/\1.md </\1>`", line) for line in lines]


def one_by_one(
    app: Sphinx, what: str, name: str, value: object, options: object, lines: list[str]
) -> None:
    """``a, b: text`` among arguments or attributes is an entry for each; Sphinx lists the last alone."""
    lines[:] = list(_each_name(lines))


def _each_name(lines: list[str]) -> Iterator[str]:
    fields, waiting = False, deque(lines)
    while waiting:
        line = waiting.popleft()
        if line.strip() and not line.startswith(" "):
            fields = bool(_FIELDS.fullmatch(line))
        several = _SEVERAL.fullmatch(line)
        if not (fields and several):
            yield line
            continue
        indent, names, text = several.groups()
        rest = []
        while waiting and waiting[0].startswith(f"{indent} "):
            rest.append(waiting.popleft())
        for each in names.split(", "):
            yield from (f"{indent}{each}: {text}", *rest)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", link_pages)
    app.connect("autodoc-process-docstring", one_by_one, priority=400)  # before napoleon reads it
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
