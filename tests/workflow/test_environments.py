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
IMAGES = (ENVS / "Containerfile", ENVS / "apptainer.def", ENVS / "Containerfile.kubernetes")
# of the repository, without which the pipeline does not run; tests/workflow/conftest.py copies the same
PARTS = ("Snakefile", "config.yaml", "config", "envs", "profiles", "scripts", "src", "workflow")
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
    text = path.read_text()
    assert not re.search(r"https?:|file:|--(extra-)?index|--find-links", text)
    if path not in IMAGES:  # in which paths are of the image
        assert not re.search(r"(^|\s)/", text)


def without_comments(path: Path) -> str:
    text = re.sub(r"^ *#.*\n", "", path.read_text(), flags=re.MULTILINE)
    return re.sub(r"\s*\\\n\s*", " ", text)


def words_of_oci() -> dict[str, list[tuple[str, ...]]]:
    """Containerfile: what is copied from where to where, what is run and what is set."""
    found: dict[str, list[tuple[str, ...]]] = {"FROM": [], "COPY": [], "RUN": [], "ENV": []}
    for kind, _, rest in (line.partition(" ") for line in without_comments(IMAGES[0]).splitlines()):
        if kind == "RUN":
            found[kind] += [(command.strip(),) for command in rest.split("&&")]
        elif kind == "COPY":
            *names, target = rest.split()
            ends = target.endswith("/")
            found[kind] += [(name, f"{target}{name}" if ends else target) for name in names]
        elif kind:
            found.setdefault(kind, []).append((rest,))
    return found


def words_of_apptainer() -> dict[str, list[tuple[str, ...]]]:
    """The same of apptainer.def."""
    header, *sections = re.split(r"^%", without_comments(IMAGES[1]), flags=re.MULTILINE)
    known = {name: lines for name, *lines in (section.split("\n") for section in sections)}
    lines = {name: [line.strip() for line in known[name] if line.strip()] for name in known}
    return {
        "FROM": [(name,) for name in re.findall("^From: (.+)$", header, re.MULTILINE)],
        "COPY": [tuple(line.split()) for line in lines.pop("files")],
        "RUN": [(line,) for line in lines.pop("post")],
        "ENV": [(line.removeprefix("export "),) for line in lines.pop("environment")],
        **lines,
    }


def test_both_container_recipes_say_the_same():
    oci, apptainer = words_of_oci(), words_of_apptainer()
    assert oci.pop("WORKDIR") == [("/opt/kkt-unlearning",)]
    assert oci == apptainer
    assert len(oci["COPY"]) > 10 and len(oci["RUN"]) == 7


def test_a_container_has_the_hashed_lock_and_all_that_a_run_needs():
    oci = words_of_oci()
    (install,) = [command for (command,) in oci["RUN"] if "--requirement" in command]
    assert "--require-hashes" in install and install.endswith("/opt/requirements.lock")
    copied = {name for name, target in oci["COPY"] if target == f"/opt/kkt-unlearning/{name}"}
    assert copied | {"profiles"} >= {
        *PARTS,
        "pyproject.toml",
        PROJECT["readme"],
        *PROJECT["license-files"],
    }
    assert ("workflow/profiles", "/opt/kkt-unlearning/profiles") in oci["COPY"]
    assert all((ROOT / name).exists() for name, _ in oci["COPY"])


def test_a_container_has_one_thread_a_job_as_make_has():
    made = re.findall(r"^export (\w+_NUM_THREADS) := (\d+)$", (ROOT / "Makefile").read_text(), re.M)
    set_ = dict(word.split("=", 1) for (word,) in words_of_oci()["ENV"])
    assert made and dict(made).items() <= set_.items()
