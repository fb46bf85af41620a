"""Links to files of the repository lead to where the site shows them.

On GitHub a page of docs links to files by relative paths. Those inside docs are pages here as well. Of the
others a module of the library is its place in the API, with #name the place of that name; a figure is the one
in the gallery; and every other text is shown as it is, on a page of its own.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from posixpath import normpath
from typing import Any

from docutils import nodes
from generated_pages import ELSEWHERE, FOLDER, ROOT
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from kkt_unlearning.studies.study import figures

SCHEME = "repository:"
SHOWN = "files"  # folder of the site for texts as they are
_LINK = re.compile(r"(!?\[(?:[^\[\]]|\[[^\[\]]*\])*\])\(([^)\s#:]+)(#[^)\s]*)?\)")
_MARKED = re.compile(rf"\]\({SCHEME}([^)#]+)")
_PAGES = {path: f"{FOLDER}/{PurePosixPath(path).with_suffix('')}" for path in ELSEWHERE}
_FOLDERS = {"paper_figures": f"{FOLDER}/gallery", "src/kkt_unlearning": f"{FOLDER}/api/index"}
_LANGUAGES = {".py": "python", ".yaml": "yaml", ".cff": "yaml", ".md": "markdown", ".rst": "rst"}
_log = logging.getLogger(__name__)


def rewrite(app: Sphinx, docname: str, source: list[str]) -> None:
    """Mark the links that leave docs; on a page from elsewhere also those that lead into it."""
    elsewhere = {page: path for path, page in _PAGES.items()}
    if docname.startswith(f"{FOLDER}/") and docname not in elsewhere:
        return
    folder = PurePosixPath(elsewhere.get(docname, f"docs/{docname}")).parent
    source[0] = _LINK.sub(lambda link: _rewritten(link, folder), source[0])
    _files(app.env)[docname] = set(filter(_is_text, _MARKED.findall(source[0])))


def _rewritten(link: re.Match[str], folder: PurePosixPath) -> str:
    text, target, anchor = link[1], link[2], link[3] or ""
    path = PurePosixPath(normpath(folder / target))
    if text.startswith("!"):
        return f"{text}(/../{path})"
    if path.parts[0] == "docs":
        return f"{text}(/{path.relative_to('docs')}{anchor})"
    return f"{text}({SCHEME}{path}{anchor})"


def _is_module(path: str) -> bool:
    file = PurePosixPath(path)
    return file.is_relative_to("src/kkt_unlearning") and file.suffix in ("", ".py")


def _is_figure(path: str) -> bool:
    file = PurePosixPath(path)
    return file.parent.name == "paper_figures" and file.suffix == ".png" and file.stem in figures()


def _is_text(path: str) -> bool:
    """Whether the site has no better place for a file than a page that shows it."""
    other = path in _PAGES | _FOLDERS or _is_module(path) or _is_figure(path)
    return not other and (ROOT / path).is_file()


def _files(env: BuildEnvironment) -> dict[str, set[str]]:
    """Page → files that it links to and that are shown as they are."""
    if not hasattr(env, "repository_files"):
        env.repository_files = {}
    return env.repository_files


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """A page is read again."""
    _files(env).pop(docname, None)


def merge(app: Sphinx, env: BuildEnvironment, docnames: set[str], other: BuildEnvironment) -> None:
    """What another process has read."""
    found = _files(other)
    _files(env).update({name: found[name] for name in docnames if name in found})


def resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Give the marked links their places on the site, or say that there is none."""
    for link in doctree.findall(nodes.reference):
        if link.get("refuri", "").startswith(SCHEME):
            path, _, anchor = link["refuri"].removeprefix(SCHEME).partition("#")
            place = _place(app.env, path, anchor)
            if place is None:
                _log.warning("no place on the site for %s#%s", path, anchor, location=link)
                continue
            page, fragment = place
            uri = app.builder.get_relative_uri(docname, page)
            link["refuri"], link["internal"] = uri + (f"#{fragment}" if fragment else ""), True


def _place(env: BuildEnvironment, path: str, anchor: str) -> tuple[str, str] | None:
    """Page and anchor of a file of the repository; None where it is not shown."""
    if path in _PAGES | _FOLDERS:
        return (_PAGES | _FOLDERS)[path], anchor
    if _is_module(path):
        module = ".".join(PurePosixPath(path).relative_to("src").with_suffix("").parts)
        found = env.domains["py"].objects.get(f"{module}.{anchor}" if anchor else module)
        return found and (found.docname, found.node_id)
    if _is_figure(path):
        return f"{FOLDER}/gallery", f"figure-{PurePosixPath(path).stem.replace('_', '-')}"
    return (f"{SHOWN}/{path}", "") if _is_text(path) and not anchor else None


def shown_files(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """A page for every file that a page links to."""
    for path in sorted(set().union(*_files(app.env).values())):
        text = (ROOT / path).read_text(encoding="utf-8")
        language = _LANGUAGES.get(PurePosixPath(path).suffix, "text")
        code = app.builder.highlighter.highlight_block(text, language, linenos=False)
        body = f"<h1>{path}</h1>\n{code}"
        yield f"{SHOWN}/{path}", {"title": path, "body": body}, "page.html"


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("source-read", rewrite)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("doctree-resolved", resolve)
    app.connect("html-collect-pages", shown_files)
    return {"env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
