"""Formulas as MathML, which browsers show by themselves, in a font of the site: no script, no network."""

import html
import re
from typing import Any
from xml.etree import ElementTree

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx

# What GitHub's MathJax knows and docutils does not, or reads otherwise: a prime it would set on the line.
_SAME = {
    r"\\lt(?![a-zA-Z])": "<",
    r"\\gt(?![a-zA-Z])": ">",
    r"\\dots(?![a-zA-Z])": r"\\ldots",
    r"\\iff(?![a-zA-Z])": r"\\;\\Longleftrightarrow\\;",
    r"\\(big|Big)(?![a-zA-Z])": r"\\\1l",
    r"\\([dt]?frac)(\d)(\d)": r"\\\1{\2}{\3}",
    r"'(_(?:[a-zA-Z0-9]|\{[^{}]*\}))?\^(?:(\w)|\{([^{}]*)\})": r"\1^{\\prime \2\3}",
    r"'(_(?:[a-zA-Z0-9]|\{[^{}]*\}))?": r"\1^{\\prime}",
}
# Fences are as high as the line unless the formula makes them larger; and set difference is an operator.
_FENCES = re.compile(r'<mo(?: class="mathopen"| stretchy="false")?>([‖⟨⟩{}⌈⌉⌊⌋|])</mo>')
_DIFFERENCE = "<mo>⧵</mo>", "<mo>∖</mo>"
_ACCENTS = "~ˆˉ"
_NAMED = re.compile(r"&(?!lt;|gt;|amp;)\w+;")  # entities of HTML, which XML does not know
WIDE = 24  # characters; formulas do not break, so on a phone longer ones scroll
_MATHML = "http://www.w3.org/1998/Math/MathML"
_TAG = re.compile(r"\\tag\{(\w+)\}")


def mathml(tex: str, block: bool) -> str:
    """MathML of a formula.

    Raises:
        MathError: a command that docutils does not know; say it otherwise, or add it to the table above.
    """
    for theirs, ours in _SAME.items():
        tex = re.sub(theirs, ours, tex)
    made = tex2mathml(tex, as_block=block).replace(*_DIFFERENCE)
    made = _NAMED.sub(lambda entity: html.unescape(entity[0]), made)
    return _beside(_FENCES.sub(r'<mo stretchy="false" lspace="0" rspace="0">\1</mo>', made))


def _beside(formula: str) -> str:
    """The index of a letter with an accent beside it; docutils puts it below."""
    ElementTree.register_namespace("", _MATHML)
    tree = ElementTree.fromstring(formula)
    for place in [*tree.iter(f"{{{_MATHML}}}munderover")]:
        letter, index, accent = place
        if accent.text not in _ACCENTS:
            continue
        over = ElementTree.Element(f"{{{_MATHML}}}mover", accent="true")
        over.extend((letter, accent))
        place.tag, place[:] = f"{{{_MATHML}}}msub", [over, index]
    return ElementTree.tostring(tree, encoding="unicode")


def visit_inline(self: Any, node: nodes.math) -> None:
    formula = mathml(node.astext(), block=False)
    wide = len(re.sub("<[^>]*>", "", formula)) > WIDE
    self.body.append(f'<span class="math wide">{formula}</span>' if wide else formula)
    raise nodes.SkipNode


def visit_block(self: Any, node: nodes.math_block) -> None:
    """In a box of its own, which scrolls where the window is narrower than the formula."""
    tex, tag = _TAG.sub("", node.astext()), _TAG.search(node.astext())
    number = f'<span class="eqno">({tag[1]})</span>' if tag else ""
    self.body.append(f'<div class="math">{mathml(tex, block=True)}{number}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
