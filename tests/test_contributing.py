"""What contributors and GitHub run is what ``make`` and ``.ci/run`` run, of the same versions."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yaml"))


def read(path: Path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def commands(path: Path) -> list[str]:
    steps = (step for job in read(path)["jobs"].values() for step in job["steps"])
    return [step["run"] for step in steps if "run" in step]


def makes(text: str) -> set[str]:
    return set(re.findall(r"^make (?:--no-print-directory )?(.+)$", text, re.MULTILINE))


def test_github_checks_all_that_ci_does():
    asked = makes((ROOT / ".ci/run").read_text(encoding="utf-8"))
    assert len(asked) == 6
    assert asked <= makes("\n".join(commands(ROOT / ".github/workflows/checks.yaml")))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_targets_of_make_exist(path):
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    named = {words.split()[0] for command in commands(path) for words in makes(command)}
    assert named and named <= targets


def test_the_library_is_tested_under_the_versions_and_files_of_make():
    job = read(ROOT / ".github/workflows/checks.yaml")["jobs"]["library"]
    (versions,) = re.findall(r"^VERSIONS := (.*)$", MAKEFILE, re.MULTILINE)
    assert job["strategy"]["matrix"]["python"] == versions.split()
    (left_out,) = re.findall(r"^LIBRARY_TESTS := .*--ignore=tests/,(.*)\)$", MAKEFILE, re.MULTILINE)
    (spread,) = re.findall(r"^ON_ALL_CORES := (.*)$", MAKEFILE, re.MULTILINE)
    words = " ".join(f"--ignore=tests/{name}" for name in left_out.split())
    assert job["steps"][-1]["run"] == f"python -m pytest {spread} tests {words}"


def test_a_commit_is_checked_by_the_tools_of_lint():
    hooks = read(ROOT / ".pre-commit-config.yaml")["repos"][0]["hooks"]
    lint = re.search(r"^lint: .*?(?=^\w+:)", MAKEFILE, re.MULTILINE | re.DOTALL)[0]
    tools = {hook["entry"].split()[0] for hook in hooks} - {"make"}
    assert tools == {".venv/bin/ruff", ".venv/bin/mypy", ".venv/bin/snakefmt"}
    assert all(f"$(BIN)/{Path(tool).name}" in lint for tool in tools)


def test_who_reports_a_fault_is_asked_for_the_versions():
    form = read(ROOT / ".github/ISSUE_TEMPLATE/fault.yaml")
    fields = {field["id"]: field for field in form["body"]}
    assert "kkt-unlearning --version --json" in fields["versions"]["attributes"]["description"]
    assert fields["versions"]["validations"]["required"]
