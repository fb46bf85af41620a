"""Formulas as MathML, which browsers show by themselves: no script, no font, no network."""

import re
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx

# What GitHub's MathJax knows and docutils does not.
_SAME = {
    r"\\lt(?![a-zA-Z])": "<",
    r"\\gt(?![a-zA-Z])": ">",
    r"\\dots(?![a-zA-Z])": r"\\ldots",
    r"\\iff(?![a-zA-Z])": r"\\;\\Longleftrightarrow\\;",
    r"\\(big|Big)(?![a-zA-Z])": r"\\\1l",
    r"\\tfrac(\d)(\d)": r"\\tfrac{\1}{\2}",
}
WIDE = 24  # characters; formulas do not break, so on a phone longer ones scroll
_TAG = re.compile(r"\\tag\{(\w+)\}")


def mathml(tex: str, block: bool) -> str:
    """MathML of a formula.

    Raises:
        MathError: a command that docutils does not know; say it otherwise, or add it to the table above.
    """
    for theirs, ours in _SAME.items():
        tex = re.sub(theirs, ours, tex)
    return tex2mathml(tex, as_block=block)


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
