"""What the README and the theory say must be true: code runs, links lead somewhere, names exist."""

import ast
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from kkt_unlearning.studies.claim import claims
from kkt_unlearning.studies.study import figures, sections
from tests.snakemake_runs import snakemake

ROOT = Path(__file__).parents[1]
PAGES = (
    *(
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "benchmarks/README.md",
        "config/README.md",
        "results/README.md",
        "paper_figures/scorecard.md",
    ),
    *sorted(
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "docs").rglob("*.md")
        if not path.is_relative_to(ROOT / "docs" / "generated")
    ),
)
README, RUNNING, REPLICATION = (
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", "docs/running.md", "docs/replication.md")
)


def without_code(text):
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


def names(path):
    """Functions and classes of a module; the site has an anchor for each."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def anchors(path):
    """What GitHub calls the headings of a page."""
    if path.suffix == ".py":
        return names(path)
    headings = re.findall(
        r"^#+ +(.+?) *$", without_code(path.read_text(encoding="utf-8")), re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_somewhere(link, folder):
    name, _, anchor = link.partition("#")
    target = (folder / name).resolve()
    return target.exists() and (not anchor or anchor in anchors(target))


@pytest.mark.parametrize("page", PAGES)
def test_relative_links_lead_to_files_and_headings(page):
    path = ROOT / page
    links = re.findall(r"\]\(([^)\s]+)\)", without_code(path.read_text(encoding="utf-8")))
    own = [
        f"{path.name}{link}" if link.startswith("#") else link
        for link in links
        if not link.startswith("http")
    ]
    assert [link for link in own if not leads_somewhere(link, path.parent)] == []


@pytest.mark.parametrize("figure", figures())
def test_every_figure_has_a_caption_and_a_place_in_the_documentation(figure):
    caption = (ROOT / f"workflow/report/{figure}.rst").read_text(encoding="utf-8")
    assert len(caption.split()) > 50
    message = re.split(r"(?<=\.)\s", caption)[0]
    assert len(message.split()) <= 30
    assert not re.search(r"\b(figure|panel|row|column|caption) (shows|is|has)\b", message[:60])
    pages = [(ROOT / page).read_text(encoding="utf-8") for page in PAGES if "scorecard" not in page]
    shown = rf"paper_figures/{figure}\.png|snakemake [^\n]*\b{figure}\b"
    assert any(re.search(shown, page) for page in pages)


def test_every_figure_that_a_claim_names_exists():
    assert {claim.figure for claim in claims() if claim.figure} <= figures().keys()


@pytest.mark.parametrize("section", sorted({claim.section for claim in claims()}))
def test_the_mathematics_of_every_section_of_the_scorecard_exists(section):
    assert leads_somewhere(sections()[section].page, ROOT)


def test_every_page_of_a_question_is_in_their_index():
    pages = {path.name for path in (ROOT / "docs/questions").glob("*.md")} - {"README.md"}
    index = (ROOT / "docs/questions/README.md").read_text(encoding="utf-8")
    assert {name for name in pages if f"]({name})" not in index} == set()


ANSWER = re.compile(r"# [^\n]+\n\n\*\*Answer\.\*\* ([^\n]+)\n<!-- ([^\n]+) -->\n\n")
QUESTIONS = sorted(
    set((ROOT / "docs/questions").glob("*.md")) - {ROOT / "docs/questions/README.md"}
)


def verdicts(text):
    """Claim -> verdict of ``held: one, other; failed: third``."""
    found = (part.split(": ") for part in text.split("; "))
    return {name: verdict for verdict, names in found for name in names.split(", ")}


@pytest.mark.parametrize("page", QUESTIONS, ids=lambda page: page.stem)
def test_a_page_of_a_question_opens_with_its_answer_which_the_index_shows(page):
    text = page.read_text(encoding="utf-8")
    index = (ROOT / "docs/questions/README.md").read_text(encoding="utf-8")
    assert f"| {ANSWER.match(text)[1]} | [{page.stem}]({page.name}) |" in index


@pytest.mark.parametrize("page", QUESTIONS, ids=lambda page: page.stem)
def test_an_answer_rests_on_verdicts_of_the_scorecard(page):
    """Claims that are decided, and as the committed run decided them: other verdicts need another answer."""
    scorecard = (ROOT / "paper_figures/scorecard.md").read_text(encoding="utf-8")
    row = re.compile(r"^\| `(\w+)`: .*\| \W*(held|failed|open|not tested)[^|]*\|$", re.MULTILINE)
    decided = dict(row.findall(scorecard))
    rests = verdicts(ANSWER.match(page.read_text(encoding="utf-8"))[2])
    assert set(rests.values()) <= {"held", "failed"}
    assert {name: decided[name] for name in rests} == rests


def test_sections_of_the_theory_that_docstrings_name_exist():
    theory = (ROOT / "docs/theory.md").read_text(encoding="utf-8")
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py")]
    named = {n for text in sources for n in re.findall(r"theory\.md``,\s+sections? (\d)", text)}
    assert len(named) > 4
    assert all(re.search(rf"^## {number} ", theory, re.MULTILINE) for number in named)


def test_the_example_of_the_readme_runs_in_ten_lines():
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len([line for line in example.splitlines() if line.strip()]) <= 10
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"import sys; sys.path.insert(0, 'src')\n{example}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    (printed,) = re.findall(r"```text\n(.*?)```", README, re.DOTALL)
    assert run.stdout == printed


def test_the_readme_is_read_in_one_go():
    assert len(README.splitlines()) <= 120


def test_the_library_names_in_the_table_of_claims_exist():
    rows = [line.split("|")[4] for line in REPLICATION.splitlines() if line.startswith("| ")][2:]
    names = [name for row in rows for name in re.findall(r"`([\w.]+)`", row)]
    assert len(names) > 8
    for name in names:
        module, _, attribute = f"kkt_unlearning.{name}".rpartition(".")
        assert hasattr(import_module(module), attribute) or import_module(f"{module}.{attribute}")


def test_the_tests_in_the_table_of_claims_exist():
    named = re.findall(r"`(tests/[\w/.]+)`", REPLICATION)
    assert len(named) > 8
    assert [path for path in named if not (ROOT / path).exists()] == []


def commands():
    """Every snakemake line of the page but the ones for other machines, as words; each once."""
    lines = re.findall(r"^snakemake .*$", RUNNING, re.MULTILINE)
    # unlocking plans nothing, and here all are dry runs
    words = [line.split("#")[0].rpartition("&&")[2].split() for line in lines]
    wanted = [line for line in words if not {"--profile", "--workflow-profile"} & set(line)]
    return list(dict.fromkeys(tuple(w for w in line if w != "--dry-run") for line in wanted))


def test_the_commands_of_the_page_plan_their_jobs(tmp_path):
    """Each as a dry run in a folder of its own."""
    (recipe,) = re.findall(r"```yaml\n(.*?)```", RUNNING, re.DOTALL)
    (tmp_path / "mine.yaml").write_text(recipe, encoding="utf-8")
    np.savez(tmp_path / "my_data.npz", X=np.eye(4), y=np.array([1.0, -1.0, 1.0, -1.0]))
    (tmp_path / "config").symlink_to(ROOT / "config")
    for words in commands():
        more = ["--dry-run", "--snakefile", str(ROOT / "Snakefile")]
        run = snakemake([*more, *words[1:]], tmp_path)
        assert run.returncode == 0, f"{words}\n{run.stderr}"
        assert "Job stats:" in run.stdout + run.stderr, words
