"""The pinned environments agree with one another."""

import ast
import re
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ENVS = ROOT / "envs"
FILES = sorted(path for path in ENVS.iterdir() if path.is_file())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


def pins(text: str) -> dict[str, str]:
    return dict(re.findall(r"^\s*(?:- )?([a-z0-9][a-z0-9-]*)==([^\s;\\]+)", text, re.MULTILINE))


def names(path: Path) -> set[str]:
    lines = (line.split("#")[0].strip() for line in path.read_text().splitlines())
    return names_of([line for line in lines if line])


def names_of(requirements: Sequence[str]) -> set[str]:
    return {re.split(r"[=<>~\[ ]", text)[0] for text in requirements}


@pytest.fixture
def locked() -> dict[str, str]:
    return pins((ENVS / "requirements.lock").read_text())


@pytest.mark.parametrize("kind", ["cpu", "gpu"])
def test_a_conda_environment_has_the_pins_of_the_lock(kind, locked):
    locked |= pins((ENVS / "requirements-gpu.lock").read_text())
    *_, pip = yaml.safe_load((ENVS / f"{kind}.yaml").read_text())["dependencies"]
    found = pins("\n".join(pip["pip"]))
    assert len(found) == len(pip["pip"])
    assert found == {name: locked[name] for name in found}
    assert ("cupy-cuda12x" in found) == (kind == "gpu")


def test_a_conda_environment_has_all_that_the_library_needs():
    *_, pip = yaml.safe_load((ENVS / "cpu.yaml").read_text())["dependencies"]
    assert names_of(PROJECT["dependencies"]) <= pins("\n".join(pip["pip"])).keys()


def test_the_lock_has_what_is_asked_for(locked):
    assert names(ENVS / "requirements.in") <= locked.keys()
    asked = set().union(*(names_of(EXTRAS[extra]) for extra in ("plot", "pipeline", "test")))
    assert asked - {"kkt-unlearning"} <= locked.keys()


def test_plots_need_what_their_extra_has():
    trees = [
        ast.parse(path.read_text(encoding="utf-8"))
        for name in ("studies/style.py", "studies/*/figure.py", "cli/surface_map.py")
        for path in (ROOT / "src/kkt_unlearning").glob(name)
    ]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    imported = {
        alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names
    }
    imported |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    packages = {name.partition(".")[0] for name in imported} - sys.stdlib_module_names
    assert packages - {"kkt_unlearning"} - names_of(PROJECT["dependencies"]) == names_of(
        EXTRAS["plot"]
    )


def test_extras_that_sentences_name_exist():
    texts = [
        path.read_text(encoding="utf-8")
        for folder, kind in (("src", "*.py"), ("docs", "*.md"))
        for path in (ROOT / folder).rglob(kind)
    ]
    named = re.findall(r"pip install '\.\[(\w+)\]'", "".join(texts))
    assert "plot" in named
    assert set(named) <= EXTRAS.keys()


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-gpu.lock"])
def test_every_pin_has_hashes(name):
    entries = re.split(r"\n(?=\S)", (ENVS / name).read_text().strip())
    assert all("--hash=sha256:" in entry for entry in entries)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_environment_names_an_index_or_a_machine(path):
    assert not re.search(r"https?:|file:|--(extra-)?index|--find-links|(^|\s)/", path.read_text())
