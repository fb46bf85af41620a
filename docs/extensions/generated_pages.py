"""Pages that are made before every build, in docs/generated: the API, the figures, pages from elsewhere.

Nothing in them is typed: names come from the library, captions from workflow/report, verdicts from the run.
"""

import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from sphinx.application import Sphinx

from kkt_unlearning.studies.study import figures
from workflow.support.places.tables import experiments_of

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "src" / "kkt_unlearning"
FOLDER = "generated"
# Markdown from outside docs that the site shows as a page of its own
ELSEWHERE = (
    "README.md",
    "paper_figures/scorecard.md",
    "results/README.md",
    "benchmarks/results/README.md",
)


def heading(text: str, line: str) -> str:
    return f"{text}\n{line * len(text)}\n"


def gallery() -> str:
    """Every figure with its caption, and the files that it comes in."""
    intro = "Every figure of the replication with its caption. Experiments are sections of ``config.yaml``."
    return "\n".join([heading("Figures", "="), intro, "", *map(_figure, figures())])


def _figure(name: str) -> str:
    caption = (ROOT / "workflow" / "report" / f"{name}.rst").read_text(encoding="utf-8").strip()
    alt = " ".join(caption.split("\n\n")[0].split()).partition(". ")[0]
    behind = ", ".join(f"``{experiment}``" for experiment in experiments_of(name))
    return (
        f".. _figure-{name}:\n\n"
        f"{heading(name.replace('_', ' ').capitalize(), '-')}\n"
        f".. image:: /../paper_figures/{name}.png\n   :alt: {alt}\n   :class: gallery\n\n"
        f"{caption}\n\n"
        f"From {behind}: :download:`the numbers drawn </../paper_figures/{name}.csv>` (CSV), "
        f":download:`PDF </../paper_figures/{name}.pdf>`.\n"
    )


def packages() -> dict[str, list[str]]:
    """Package → its public modules; the library itself first."""
    found: dict[str, list[str]] = {"kkt_unlearning": []}
    for path in sorted(LIBRARY.rglob("*.py")):
        parts = path.relative_to(LIBRARY.parent).with_suffix("").parts
        if any(part.startswith("_") and part != "__init__" for part in parts):
            continue
        package = ".".join(parts[:-1])
        found.setdefault(package, [])
        if parts[-1] != "__init__":
            found[package].append(f"{package}.{parts[-1]}")
    return found


def package_page(package: str, modules: list[str]) -> str:
    """What a package and its modules say of themselves and of their public names."""
    parts = [f"{heading(package, '=')}\n.. automodule:: {package}\n"]
    for module in modules:
        title = heading(module.rpartition(".")[2], "-")
        parts.append(f"{title}\n.. automodule:: {module}\n")
    return "\n".join(parts)


def api_index(pages: dict[str, list[str]]) -> str:
    """The names that everyone needs, and the packages."""
    text = "All public names, grouped by package. These come with ``from kkt_unlearning import …``:"
    table = [".. list-table::", "   :widths: auto", "", *_first_names()]
    tree = [".. toctree::", "   :maxdepth: 1", "", *(f"   {page}" for page in pages)]
    return "\n".join([heading("API reference", "="), text, "", *table, "", *tree, ""])


def _first_names() -> Iterator[str]:
    library = import_module("kkt_unlearning")
    for name in library.__all__:
        value = getattr(library, name)
        kind = "class" if inspect.isclass(value) else "func"
        summary = inspect.getdoc(value).split("\n\n")[0].replace("\n", " ")
        yield f"   * - :py:{kind}:`~{value.__module__}.{name}`"
        yield f"     - {summary}"


def write(app: Sphinx) -> None:
    """Write the pages that are not as they should be, and remove what should not be there."""
    pages = packages()
    texts = {"gallery.rst": gallery(), "api/index.rst": api_index(pages)}
    texts |= {f"api/{name}.rst": package_page(name, modules) for name, modules in pages.items()}
    texts |= {name: (ROOT / name).read_text(encoding="utf-8") for name in ELSEWHERE}
    folder = Path(app.srcdir) / FOLDER
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.relative_to(folder).as_posix() not in texts:
            path.unlink()
    for name, text in texts.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
