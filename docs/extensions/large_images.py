"""A figure on a page opens by itself, as large as it is."""

from posixpath import dirname, relpath

from docutils import nodes
from sphinx.application import Sphinx


def link(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Each image of the page leads to its file."""
    if app.builder.format != "html":
        return
    here = dirname(app.builder.get_target_uri(docname)) or "."
    for image in list(doctree.findall(nodes.image)):
        if image["uri"] in app.env.images and not isinstance(image.parent, nodes.reference):
            name = app.env.images[image["uri"]][1]
            target = relpath(f"{app.builder.imagedir}/{name}", here)
            opens = nodes.reference("", "", refuri=target, internal=True)
            image.replace_self(opens)
            opens += image


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-resolved", link)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
