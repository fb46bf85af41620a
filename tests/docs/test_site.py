"""The site: built without a warning, links that lead somewhere, nothing from the network."""

import ast
import dataclasses
import html
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote

import pytest

from kkt_unlearning.certificates.certificate import Certificate
from kkt_unlearning.studies.study import figures

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
FOREIGN = ("http:", "https:", "mailto:", "data:", "//")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, as make docs builds it but by one process and without the coloured copies of the sources.

    Two processes would take a third more, for what they hand to each other.
    """
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q"]
    run = subprocess.run(
        [*command, "-t", "without_sources", "docs", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return folder


SIDE_BY_SIDE = """
import sys
from sphinx.application import Sphinx

app = Sphinx("docs", "docs", *sys.argv[1:] * 2, "html", status=None, tags=["without_sources"])
sys.exit(not all(map(app.is_parallel_allowed, ("read", "write"))))
"""


def test_processes_may_read_and_write_pages_side_by_side(tmp_path):
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", SIDE_BY_SIDE, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")


def test_links_that_another_process_has_read_are_taken_over(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "docs" / "extensions")
    links = import_module("repository_links")
    own, other = SimpleNamespace(repository_files={"a": {"x.py"}}), SimpleNamespace()
    links.merge(None, own, {"b"}, other)
    other.repository_files |= {"b": {"y.py"}, "a": set()}
    links.merge(None, own, {"b", "c"}, other)
    assert own.repository_files == {"a": {"x.py"}, "b": {"y.py"}}


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, str]:
    """All but the explorer, which a run makes and which is no page of Sphinx."""
    own = (
        path for path in site.rglob("*.html") if path.name != "explorer.html" or path.parent != site
    )
    return {path: path.read_text(encoding="utf-8") for path in own}


def ids(text: str) -> set[str]:
    return {html.unescape(name) for name in re.findall(r'\bid="([^"]+)"', text)}


def test_every_link_leads_to_a_page_and_a_place_on_it(pages):
    places = {path: ids(text) for path, text in pages.items()}
    broken = []
    for path, text in pages.items():
        for link in set(re.findall(r'<\w[^<>]*?\s(?:href|src)="([^"]+)"', text)):
            if link.startswith(FOREIGN):
                continue
            name, _, anchor = unquote(html.unescape(link)).partition("#")
            target = (path.parent / name.partition("?")[0]).resolve() if name else path
            if not target.is_file() or (anchor and anchor not in places.get(target, ())):
                broken.append(f"{path.name}: {link}")
    assert broken == []


def test_nothing_is_loaded_from_the_network(site, pages):
    loads = r'<(?:script|link|img|iframe|source|embed|object)\b[^>]*?="((?:https?:)?//[^"]*)"'
    asked = {link for text in pages.values() for link in re.findall(loads, text)}
    for path in site.rglob("*.css"):
        style = path.read_text(encoding="utf-8")
        asked |= set(re.findall(r'(?:@import\s*|url\(\s*)["\']?((?:https?:)?//[^)"\']*)', style))
    for path in site.rglob("*.js"):
        script = path.read_text(encoding="utf-8")
        asked |= set(re.findall(r'(?:fetch|import)\s*\(\s*["\']((?:https?:)?//[^"\']*)', script))
    assert asked == set()


def test_formulas_are_shown_without_a_script(site, pages):
    for path, text in pages.items():
        assert "\\lVert" not in text and not re.search("<script[^>]*mathjax", text, re.I), path
    displayed = (ROOT / "docs" / "theory.md").read_text(encoding="utf-8").count("```math")
    assert pages[site / "theory.html"].count('<div class="math">') == displayed > 20


def test_formulas_have_a_font_of_the_site_and_accents_beside_their_index(site, pages):
    style = (site / "_static/site.css").read_text(encoding="utf-8")
    (font,) = re.findall(r'url\("([^"]+)"\)', style)
    assert (site / "_static" / font).read_bytes()[:4] == b"wOF2"
    formulas = [
        f for text in pages.values() for f in re.findall(r"<math.*?</math>", text, re.DOTALL)
    ]
    assert len(formulas) > 1000
    for formula in formulas:
        below = re.findall(r"<munderover>.*?</munderover>", formula, re.DOTALL)
        assert not [place for place in below if re.search(r">[~ˆˉ]</mo>\s*</munderover>", place)]
        assert (
            "<mo>⟨</mo>" not in formula and "<mo>‖</mo>" not in formula and "'</mo>" not in formula
        )


def test_no_marks_of_formulas_or_code_are_left_in_the_text(pages):
    for path, text in pages.items():
        text = re.sub(r"<(pre|code|script|style|math)\b.*?</\1>", "", text, flags=re.DOTALL)
        shown = html.unescape(re.sub(r"<[^>]*>", "", text))
        left = re.findall(r".{0,30}[`$].{0,30}", shown)
        assert left == [], path


def test_the_gallery_shows_every_figure_with_its_caption(site, pages):
    gallery = pages[site / "generated" / "gallery.html"]
    shown = re.findall(r'<img [^>]*src="\.\./(_images/[^"]+)"', gallery)
    for figure, image in zip(figures(), shown, strict=True):
        assert (site / image).read_bytes() == (ROOT / f"paper_figures/{figure}.png").read_bytes()
        caption = (ROOT / f"workflow/report/{figure}.rst").read_text(encoding="utf-8").split()
        assert " ".join(caption[:6]) in " ".join(html.unescape(gallery).split())


def test_figures_open_by_themselves(site, pages):
    for path in (site / "generated/gallery.html", site / "index.html"):
        images = re.findall(r'<img [^>]*src="([^"]+)"', pages[path])
        opened = re.findall(r'<a [^>]*href="([^"]+\.png)"[^>]*><img ', pages[path])
        assert [link for link in opened if (path.parent / link).is_file()] == images != []


TERMS = r"(?<![*\w])(?:\*\*([^*\n]+)\*\*|\*([^*\n]+)\*)(?![*\w])"
SYMBOLS = {
    "ε",
    "δ",
    "τ",
    "τ*",
    "θ",
    "θ′",
    "θ̃",
    "θ*",
    "λ",
    "φ",
    "ψ",
    "epsilon",
    "delta",
    "tau",
    "theta",
    "phi",
}


def test_the_search_leads_to_what_a_term_or_symbol_means(site):
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    found = json.loads(index.removeprefix("Search.setIndex(").removesuffix(")"))
    page = found["docnames"].index("notation")
    text = re.sub(r"\$[^$]*\$", "", (ROOT / "docs/notation.md").read_text(encoding="utf-8"))
    terms = {(strong or emphasised).lower() for strong, emphasised in re.findall(TERMS, text)}
    assert {"kink", "activation cell", "prescribed step", "certificate", "doing nothing"} <= terms
    for term in terms | SYMBOLS:
        assert any(entry[0] == page and entry[2] for entry in found["indexentries"][term]), term


def public_names() -> Iterator[str]:
    """Public functions and classes of the library, without the claims: these are rows of the scorecard."""
    for path in sorted(SOURCE.rglob("*.py")):
        module = ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_"
            claim = public and module.endswith(".claims") and not ast.get_docstring(node)
            if public and not claim:
                yield f"{module}.{node.name}"


def test_packages_stand_in_the_order_of_use():
    listed = [package.split(".")[1] for package in generated().packages() if "." in package]
    in_use = generated().IN_USE
    assert list(dict.fromkeys(listed))[: len(in_use)] == list(in_use)


def test_the_site_has_the_explorer_of_a_run(monkeypatch, tmp_path):
    monkeypatch.setattr(generated(), "EXPLORER", tmp_path / "explorer.html")
    assert "make figures" in generated().explorer()
    (tmp_path / "explorer.html").touch()
    assert 'href="../explorer.html"' in generated().explorer()


def generated():
    sys.path.insert(0, str(ROOT / "docs" / "extensions"))
    try:
        return import_module("generated_pages")
    finally:
        sys.path.pop(0)


def test_every_public_name_is_in_the_api_reference(site, pages):
    reference = site / "generated" / "api"
    shown = set().union(*(ids(text) for path, text in pages.items() if path.parent == reference))
    assert [name for name in public_names() if name not in shown] == []


def test_every_name_that_is_explained_with_others_is_listed(pages):
    """``epsilon, delta, tau: …`` is three entries; Sphinx takes the first two for the type of the third."""
    (certificates,) = (t for path, t in pages.items() if path.stem == "kkt_unlearning.certificates")
    for field in dataclasses.fields(Certificate):
        assert f"<strong>{field.name}</strong>" in certificates, field.name
    reference = "".join(text for path, text in pages.items() if path.parent.name == "api")
    assert (
        re.findall(
            r"\(<em>\w+</em><em>, </em>(?:<em>\w+</em><em>, </em>)*<em>\w+</em><em>,</em>\)",
            reference,
        )
        == []
    )
    assert re.findall(r"<strong>\w+</strong> \(<em>\w+</em><em>,</em>\)", reference) == []
