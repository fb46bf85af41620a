"""Pages that are made before every build, in docs/generated: the API, the figures, pages from elsewhere.

Nothing in them is typed: names come from the library, captions from workflow/report, verdicts from the run.
"""

import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from sphinx.application import Sphinx

from kkt_unlearning.studies.columns import SETTING, SWEPT, Columns, tables
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
# Packages in the order in which a reader comes to need them; those not named follow by the alphabet.
IN_USE = (
    *("datasets", "networks", "training", "kkt", "unlearning", "certificates"),
    *("audit", "formats", "estimators", "cli", "attacks", "deep", "dependence", "quadratic"),
)
EXPLORER = ROOT / "results" / "explorer.html"


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


def columns() -> str:
    """What each column of each result table is."""
    setting = (
        "They stand first in every table of an experiment; a parameter stands there if it is swept."
    )
    parts = [_columns("Settings", setting, {**SETTING, **SWEPT})]
    for name, table in tables().items():
        parts.append(_columns(_file(name), f"One row for each {table.rows}.", table.columns))
    intro = (
        "The tables of a run are in ``results/tables/``, and ``results/columns.csv`` says the same of them. "
        "``nan`` is what could not be measured or does not apply. Where ε, δ or τ is infinite, a retained "
        "margin is not positive."
    )
    return "\n".join([heading("Columns of the tables", "="), intro, "", *parts])


def _file(part: str) -> str:
    if not tables()[part].setting:
        return f"{part}.csv"
    return "{experiment}.csv" if part == "evaluation" else f"{{experiment}}.{part}.csv"


def _columns(title: str, text: str, described: Columns) -> str:
    lines = [heading(title, "-"), text, "", ".. list-table::", "   :header-rows: 1", ""]
    for cells in (("column", "what it holds", "unit"), *_cells(described)):
        first, *others = cells
        lines += [f"   * - {first}", *(f"     - {cell}" for cell in others)]
    return "\n".join([*lines, ""])


def _cells(described: Columns) -> Iterator[tuple[str, str, str]]:
    for name, column in described.items():
        text = column.text.replace("|", "\\|").replace("*", "\\*")
        yield f"``{name}``", text, column.unit.replace("|", "\\|")


def explorer() -> str:
    """The way to the explorer, which the site has if there is a run."""
    lines = [
        heading("Explorer", "="),
        "On one page you look through the tables of a run. Choose data set, network, size of the forget",
        "set, correlation or dimension, and step size, and see the certificate, its bounds and other ways",
        "to forget.",
        "",
    ]
    if EXPLORER.is_file():
        lines += [
            ".. raw:: html",
            "",
            '   <p><a href="../explorer.html">Open the explorer</a>. It takes a moment to load.</p>',
        ]
    else:
        lines.append(
            "This site was built without a run: ``make figures docs`` puts the explorer here."
        )
    return "\n".join([*lines, ""])


def packages() -> dict[str, list[str]]:
    """Package → its public modules; the library itself first, then in the order of use."""
    found: dict[str, list[str]] = {"kkt_unlearning": []}
    for path in sorted(LIBRARY.rglob("*.py")):
        parts = path.relative_to(LIBRARY.parent).with_suffix("").parts
        if any(part.startswith("_") and part != "__init__" for part in parts):
            continue
        package = ".".join(parts[:-1])
        found.setdefault(package, [])
        if parts[-1] != "__init__":
            found[package].append(f"{package}.{parts[-1]}")
    return dict(sorted(found.items(), key=lambda item: _place(item[0])))


def _place(package: str) -> tuple[int, str]:
    """Where a package or module stands among all; what is in no package stands first."""
    first = [*package.split("."), ""][1]
    if not first or (LIBRARY / f"{first}.py").is_file():
        return -1, package
    return IN_USE.index(first) if first in IN_USE else len(IN_USE), package


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
    for name in sorted(library.__all__, key=lambda name: _place(getattr(library, name).__module__)):
        value = getattr(library, name)
        kind = "class" if inspect.isclass(value) else "func"
        summary = inspect.getdoc(value).split("\n\n")[0].replace("\n", " ")
        yield f"   * - :py:{kind}:`~{value.__module__}.{name}`"
        yield f"     - {summary}"


def write(app: Sphinx) -> None:
    """Write the pages that are not as they should be, and remove what should not be there."""
    pages = packages()
    texts = {"gallery.rst": gallery(), "columns.rst": columns(), "explorer.rst": explorer()}
    texts["api/index.rst"] = api_index(pages)
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
