"""What a release ships: it builds offline, installs into an empty environment and runs there."""

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from datetime import date
from email import message_from_bytes
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
STORY = """
import numpy as np
import kkt_unlearning
from kkt_unlearning import Descent, Problem, TwoLayer, certify, kkt_point, train, unlearn
rng = np.random.default_rng(0)
problem = Problem(TwoLayer(20), rng.normal(size=(6, 200)) / 200**0.5, np.array([1.0, -1] * 3))
trained = train(problem, 0.1 * rng.normal(size=(20, 200)) / 200**0.5, Descent(steps=1000))
print(kkt_unlearning.__file__)
print(certify(unlearn(kkt_point(problem, problem.pattern(trained.W)), [0])))
"""


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


def test_the_installed_copy_trains_unlearns_and_certifies(installed, built, tmp_path):
    site = next(installed.parents[1].glob("lib/python*/site-packages"))
    (site / "parent.pth").write_text(f"{Path(np.__file__).parents[1]}\n", encoding="utf-8")
    place, certificate = run(installed, "-I", "-W", "error", "-c", STORY, cwd=tmp_path).splitlines()
    assert Path(place).is_relative_to(site)
    assert certificate.startswith("certified: at θ̃ ε = ")


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
