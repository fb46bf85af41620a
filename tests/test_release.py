"""What a release ships: it builds offline, installs into an empty environment and runs there."""

import json
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from datetime import date
from email import message_from_bytes
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pytest
import yaml

import kkt_unlearning

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
VERSION = kkt_unlearning.__version__
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
EXAMPLE = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[1]


def run(*command, cwd):
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder of a wheel and the sdist that it is built from, of a copy without left-overs."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    clean = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "src", source / "src", ignore=clean)
    for path in (*ROOT.iterdir(), *(ROOT / "tests").glob("*.py")):
        if path.is_file():
            copy = source / path.relative_to(ROOT)
            copy.parent.mkdir(exist_ok=True)
            shutil.copy(path, copy)
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, source, cwd=source)
    return out


@pytest.fixture(scope="module")
def members(built):
    """Names in the wheel, and in the sdist below its one folder."""
    with zipfile.ZipFile(built / f"kkt_unlearning-{VERSION}-py3-none-any.whl") as wheel:
        names = set(wheel.namelist())
    with tarfile.open(built / f"kkt_unlearning-{VERSION}.tar.gz") as sdist:
        files = {member.name for member in sdist.getmembers() if member.isfile()}
    folder = f"kkt_unlearning-{VERSION}/"
    assert all(name.startswith(folder) for name in files)
    return names, {name.removeprefix(folder) for name in files}


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """The interpreter of an environment that has the wheel and nothing else, not even pip."""
    folder = tmp_path_factory.mktemp("empty")
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    python = folder / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check")
    run(*pip, "install", "--no-deps", "--no-index", *built.glob("*.whl"), cwd=folder)
    return python


def test_wheel_and_sdist_have_the_names_of_the_version(built):
    names = {path.name for path in built.iterdir()}
    assert names == {
        f"kkt_unlearning-{VERSION}-py3-none-any.whl",
        f"kkt_unlearning-{VERSION}.tar.gz",
    }


def test_the_wheel_holds_the_library_and_nothing_else(members):
    wheel, _ = members
    shipped = {name for name in wheel if ".dist-info/" not in name}
    sources = {
        path.relative_to(ROOT / "src").as_posix()
        for path in (ROOT / "src/kkt_unlearning").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {"kkt_unlearning/py.typed", "kkt_unlearning/training/gpu/descent.cu"} <= shipped
    assert shipped == sources
    assert f"kkt_unlearning-{VERSION}.dist-info/licenses/LICENSE" in wheel


def test_the_sdist_holds_what_it_takes_to_build_again(members):
    wheel, sdist = members
    library = {f"src/{name}" for name in wheel if ".dist-info/" not in name}
    texts = {
        "CHANGELOG.md",
        "CITATION.cff",
        "LICENSE",
        "MANIFEST.in",
        "README.md",
        "codemeta.json",
        "pyproject.toml",
    }
    made = {name for name in sdist if ".egg-info/" in name} | {"PKG-INFO", "setup.cfg"}
    assert sdist == library | texts | made


def test_an_empty_environment_has_the_version_of_the_metadata(installed):
    code = (
        "import importlib.metadata, kkt_unlearning; "
        "print(kkt_unlearning.__version__, importlib.metadata.version('kkt-unlearning'))"
    )
    assert run(installed, "-I", "-W", "error", "-c", code, cwd=installed.parent).split() == (
        [VERSION] * 2
    )


@pytest.fixture(scope="module")
def small(installed, built):
    """The same environment with the packages that the wheel needs without an extra, and no other."""
    site = next(installed.parents[1].glob("lib/python*/site-packages"))
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        metadata = message_from_bytes(wheel.read(f"kkt_unlearning-{VERSION}.dist-info/METADATA"))
    needed = [name for name in metadata.get_all("Requires-Dist") if "extra ==" not in name]
    for name in needed:
        package = distribution(re.match(r"[\w-]+", name)[0])
        assert not [
            r for r in package.requires or () if "extra ==" not in r and r not in needed
        ] or (
            package.name == "scipy"  # needs NumPy, of another range
        )
        for folder in {file.parts[0] for file in package.files if len(file.parts) > 1} - {".."}:
            (site / folder).symlink_to(Path(package.locate_file(folder)))
    return installed


def test_the_library_alone_runs_the_example_of_the_readme(small, tmp_path):
    code = "import kkt_unlearning; print(kkt_unlearning.__file__)\n" + EXAMPLE
    place, certificate = run(small, "-I", "-W", "error", "-c", code, cwd=tmp_path).splitlines()
    assert Path(place).is_relative_to(small.parents[1])
    assert certificate.startswith("separating: at θ̃ ε = ")


def test_the_library_alone_has_the_command(small, tmp_path):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(6, 40)) / 40**0.5, np.array([1.0, -1] * 3)
    np.savez(tmp_path / "D.npz", X=X, y=y)
    np.savez(tmp_path / "W.npz", W=np.linalg.solve(X @ X.T, y) @ X)
    files = ("--data", "D.npz", "--weights", "W.npz")
    command = (small, "-I", "-W", "error", "-m", "kkt_unlearning.cli")
    for verb in (("kkt",), ("each",), ("unlearn", "--forget", "0", "--out", "U.npz")):
        run(*command, *verb, *files, cwd=tmp_path)
    assert "ε" in run(
        *command, "certify", *files[:2], "--weights", "U.npz", "--forget", "0", cwd=tmp_path
    )


def test_the_library_alone_names_the_extra_of_the_reference(small, tmp_path):
    code = (
        "import numpy as np; from kkt_unlearning import Problem, TwoLayer, UserError, kkt_point\n"
        "from kkt_unlearning.quadratic.solver import Solver\n"
        "problem = Problem(TwoLayer(4), np.eye(3), np.array([1.0, -1, 1]))\n"
        "try: kkt_point(problem, np.ones((4, 3)), Solver('cvxpy'))\n"
        "except UserError as error: print(error)"
    )
    assert "pip install '.[reference]'" in run(small, "-I", "-c", code, cwd=tmp_path)


def test_the_metadata_say_which_pythons_are_meant(built):
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        metadata = message_from_bytes(wheel.read(f"kkt_unlearning-{VERSION}.dist-info/METADATA"))
    classified = re.findall(r"Python :: (\d+\.\d+)", "\n".join(metadata.get_all("Classifier")))
    (tested,) = re.findall(r"^VERSIONS := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert classified == tested.split()
    assert metadata["Requires-Python"] == f">={classified[0]}"
    assert PROJECT["tool"]["mypy"]["python_version"] == classified[0]


def test_the_version_stands_in_one_place_and_the_citation_agrees():
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert "version" not in PROJECT["project"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", VERSION)
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert str(citation["version"]) == VERSION


def test_codemeta_says_what_citation_and_project_say():
    """In the words of https://w3id.org/codemeta/3.0, by the crosswalk of CodeMeta."""
    project = PROJECT["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    (author,), (paper,) = citation["authors"], citation["references"]
    (identifier,) = paper["identifiers"]
    assert project["authors"] == [author]
    assert project["license"] == citation["license"]
    assert project["keywords"] == citation["keywords"]
    assert json.loads((ROOT / "codemeta.json").read_text(encoding="utf-8")) == {
        "@context": "https://w3id.org/codemeta/3.0",
        "@type": "SoftwareSourceCode",
        "name": project["name"],
        "description": project["description"],
        "version": str(citation["version"]),
        "datePublished": str(citation["date-released"]),
        "license": f"https://spdx.org/licenses/{citation['license']}",
        "author": {"@type": "Organization", **author},
        "keywords": citation["keywords"],
        "programmingLanguage": "Python",
        "runtimePlatform": f"Python {project['requires-python']}",
        "softwareRequirements": project["dependencies"],
        "referencePublication": {
            "@type": "ScholarlyArticle",
            "@id": f"https://arxiv.org/abs/{identifier['value'].removeprefix('arXiv:')}",
            "name": paper["title"],
            "author": [
                {
                    "@type": "Person",
                    "familyName": person["family-names"],
                    "givenName": person["given-names"],
                }
                for person in paper["authors"]
            ],
            "datePublished": str(paper["year"]),
        },
    }


def releases():
    """Version and day of every release in the change log, in its order."""
    first, *others = re.findall(r"^## (.*)$", CHANGELOG, re.MULTILINE)
    assert first == "[Unreleased]"
    found = [re.fullmatch(r"\[(\d+)\.(\d+)\.(\d+)\] - (\d{4}-\d\d-\d\d)", line) for line in others]
    assert None not in found
    return [(tuple(map(int, match.groups()[:3])), match[4]) for match in found]


def test_the_change_log_has_its_form_and_is_not_ahead_of_the_version():
    assert set(re.findall(r"^### (.*)$", CHANGELOG, re.MULTILINE)) <= KINDS
    versions = [version for version, _ in releases()]
    assert versions == sorted(set(versions), reverse=True)
    assert all(version <= tuple(map(int, VERSION.split("."))) for version in versions)
    days = [date.fromisoformat(day) for _, day in releases()]
    assert days == sorted(days, reverse=True)


def test_every_change_is_under_a_kind():
    for part in re.split(r"^## ", CHANGELOG, flags=re.MULTILINE)[1:]:
        entries = re.split(r"^### ", part, flags=re.MULTILINE)
        assert len(entries) > 1
        assert "\n- " not in entries[0]
        assert all("\n- " in entry for entry in entries[1:])
