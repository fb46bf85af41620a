"""What the README and the theory say must be true: code runs, links lead somewhere, names exist."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
PAGES = ["README.md", "docs/theory.md", "benchmarks/README.md", "results/README.md"]
PAGES += sorted(str(page.relative_to(ROOT)) for page in (ROOT / "docs/questions").glob("*.md"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_relative_links_lead_to_files(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text)]
    relative = [link for link in links if link and not link.startswith("http")]
    missing = [link for link in relative if not (ROOT / page).parent.joinpath(link).exists()]
    assert missing == []


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
    assert run.stdout.startswith("certified: at θ̃ ε = ")


def test_the_library_names_in_the_table_of_claims_exist():
    rows = [line.split("|")[4] for line in README.splitlines() if line.startswith("| ")][2:]
    names = [name for row in rows for name in re.findall(r"`([\w.]+)`", row)]
    assert len(names) > 8
    for name in names:
        module, _, attribute = f"kkt_unlearning.{name}".rpartition(".")
        assert hasattr(import_module(module), attribute) or import_module(f"{module}.{attribute}")


def test_the_tests_in_the_table_of_claims_exist():
    named = re.findall(r"`(tests/[\w/.]+)`", README)
    assert len(named) > 8
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_commands_of_the_readme_plan_their_jobs(tmp_path):
    """Every snakemake line but the ones for other machines, as a dry run in a folder of its own."""
    (recipe,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    (tmp_path / "mine.yaml").write_text(recipe, encoding="utf-8")
    np.savez(tmp_path / "my_data.npz", X=np.eye(4), y=np.array([1.0, -1.0, 1.0, -1.0]))
    (tmp_path / "config").symlink_to(ROOT / "config")
    for line in re.findall(r"^snakemake .*$", README, re.MULTILINE):
        words = line.split("#")[0].split()
        if "--profile" in words or "mine" in words:
            continue
        command = [
            sys.executable,
            "-m",
            *words,
            "--dry-run",
            "--snakefile",
            str(ROOT / "Snakefile"),
        ]
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert run.returncode == 0, f"{line}\n{run.stderr}"
        assert "rule" in run.stdout + run.stderr, line
