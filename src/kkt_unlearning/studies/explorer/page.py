"""The studies in a page of HTML that loads nothing."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from kkt_unlearning.studies.pages.template import fill
from kkt_unlearning.studies.summary import BAND

SCRIPTS = ("choices.js", "drawing.js", "tables.js", "explorer.js")


def page(studies: Sequence[Mapping[str, Any]], plotly: str) -> str:
    """One page: studies, style, scripts and the plotting library in it, and a policy that allows no more.

    Args:
        studies: from :func:`kkt_unlearning.studies.explorer.table.study`; there may be none.
        plotly: source of plotly.js.

    Raises:
        ValueError: a script has what would end it in a page.
    """
    ours = "\n".join(_beside(name) for name in SCRIPTS)
    scripts = [plotly, f'"use strict";\n(() => {{\n{ours}}})();\n']
    for script in scripts:
        if "</script" in script.lower() or "<!--" in script:
            raise ValueError("a script has </script or <!-- in it, which would end it in a page.")
    return fill(
        _beside("explorer.html.j2"),
        html=True,
        policy=policy(scripts),
        style=_beside("explorer.css"),
        tables=embedded({"band": BAND, "studies": list(studies)}),
        scripts=scripts,
    )


def policy(scripts: Sequence[str]) -> str:
    """Content-Security-Policy: these scripts by their hashes, styles and pictures of the page, no network."""
    digests = (hashlib.sha256(f"\n{script}\n".encode()).digest() for script in scripts)
    hashes = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def embedded(value: Any) -> str:
    """JSON that is the same text inside ``<script>``: nothing in it can end it or begin a tag."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _beside(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
