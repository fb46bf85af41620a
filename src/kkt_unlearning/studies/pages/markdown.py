"""The few marks of Markdown that our own pages use, as HTML.

Headings, paragraphs, lists of one level, tables, ``**strong**``, ``*emphasis*``, code between
backquotes, links, and pictures that are a block of their own. A page inside a report has no neighbours, so a
relative link keeps its text and leads nowhere, and a picture is left out unless it is given.
"""

import base64
import html
import re
from collections.abc import Mapping

from kkt_unlearning.studies.pages.template import fill

_INLINE = (
    (re.compile(r"\*\*(.+?)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"(?<!\w)\*(\S(?:.*?\S)?)\*(?!\w)"), r"<em>\1</em>"),
    (re.compile(r"\[([^\]]+)\]\((https?://[^)\s]+)\)"), r'<a href="\2" target="_blank">\1</a>'),
    (re.compile(r"\[([^\]]+)\]\([^)\s]+\)"), r"\1"),
)

_BAR = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"\|(?:-+:?\|)+")  # below the head of a table


_PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")


def as_page(
    text: str, title: str, templates: Mapping[str, str], pictures: Mapping[str, bytes] | None = None
) -> str:
    """A page in Markdown as one for a browser, alone or within a report.

    Args:
        templates: text of the ``page`` around it, and its ``style``.
        pictures: as in `to_html`.
    """
    content = to_html(text, pictures)
    return fill(
        templates["page"], content=content, title=title, style=templates["style"], html=True
    )


def to_html(text: str, pictures: Mapping[str, bytes] | None = None) -> str:
    """HTML of a page in Markdown; everything else in it stays text.

    Args:
        pictures: by what the page calls them, as png, to be shown within the page.
    """
    blocks = re.split(r"\n\s*\n", text.strip())
    found = (_block(block.strip("\n"), pictures or {}) for block in blocks if block.strip())
    return "\n".join(filter(None, found))


def _block(block: str, pictures: Mapping[str, bytes]) -> str:
    if picture := _PICTURE.fullmatch(block):
        return _shown(pictures[picture[2]], picture[1]) if picture[2] in pictures else ""
    heading = re.fullmatch(r"(#{1,6}) (.*)", block)
    if heading:
        level = len(heading[1])
        return f"<h{level}>{_inline(heading[2])}</h{level}>"
    if re.match(r"- ", block):
        items = re.split(r"(?m)^- ", block)[1:]
        return (
            "<ul>\n"
            + "\n".join(f"<li>{_inline(_one_line(item))}</li>" for item in items)
            + "\n</ul>"
        )
    header, *lines = block.splitlines()
    if lines and header.startswith("| ") and _RULE.fullmatch(lines[0]):
        body = "\n".join(_row(line, "td") for line in lines[1:])
        return f"<table>\n<thead>{_row(header, 'th')}</thead>\n<tbody>\n{body}\n</tbody>\n</table>"
    return f"<p>{_inline(_one_line(block))}</p>"


def _shown(png: bytes, words: str) -> str:
    address = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    return f'<p><img src="{address}" alt="{html.escape(words)}"></p>'


def _row(line: str, element: str) -> str:
    """A line of a table; a bar that stands for itself has a backslash before it."""
    cells = [cell.replace("\\|", "|").strip() for cell in _BAR.split(line.strip())[1:-1]]
    return "<tr>" + "".join(f"<{element}>{_inline(cell)}</{element}>" for cell in cells) + "</tr>"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _inline(text: str) -> str:
    """Marks inside a line; what lies between backquotes is code and nothing else."""
    return "".join(
        f"<code>{html.escape(piece)}</code>" if index % 2 else _marked(html.escape(piece))
        for index, piece in enumerate(re.split(r"`([^`]*)`", text))
    )


def _marked(text: str) -> str:
    for pattern, replacement in _INLINE:
        text = pattern.sub(replacement, text)
    return text
