"""Terms and symbols of the page of notation as entries of the index, which the search shows before all else.

Sphinx finds words of text: neither a formula nor which of a hundred pages defines what it is asked for.
"""

import re
import unicodedata
from collections.abc import Iterator

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

PAGE = "notation"


def spellings(latex: str) -> Iterator[str]:
    """``\\varphi`` as φ and as phi, ``\\tilde\\theta`` as θ̃ and as theta."""
    plain = re.sub(r"_\w", "", latex.replace(r"\var", "\\").replace("'", "′").replace("^", ""))
    for accent, name in re.findall(r"(\\tilde)?\\([a-z]+)", plain):
        letter = unicodedata.lookup(f"GREEK SMALL LETTER {name}".replace("lambda", "lamda"))
        plain = plain.replace(f"{accent}\\{name}", letter + ("\u0303" if accent else ""))
        yield name
    yield plain


class IndexTerms(SphinxTransform):
    """What is emphasised on the page, and the symbols that its tables begin a row with."""

    default_priority = 800  # before Sphinx collects the entries

    def apply(self, **_: object) -> None:
        if self.env.docname != PAGE:
            return
        entries = []
        for number, (place, term) in enumerate(_terms(self.document)):
            anchor = f"term-{number}"
            place["ids"].append(anchor)
            entries.append(("single", term, anchor, "main", None))
        self.document[0].insert(1, addnodes.index(entries=entries))


def _terms(document: nodes.document) -> list[tuple[nodes.Element, str]]:
    """Where each is explained; a term that comes again is explained at the first place."""
    found: dict[str, nodes.Element] = {}
    for row in document.findall(nodes.row):
        for symbol in row[0].findall(nodes.math):
            if "\\" in symbol.astext():
                found |= {name: row for name in spellings(symbol.astext())} | found
    for place in document.findall(lambda node: isinstance(node, nodes.emphasis | nodes.strong)):
        found.setdefault(place.astext(), place)
    return [(place, term) for term, place in found.items()]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_transform(IndexTerms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
