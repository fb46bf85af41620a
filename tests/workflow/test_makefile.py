"""Targets that studies bring with them, and what becomes of names that are written after a target."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from kkt_unlearning.studies.study import figures

ROOT = Path(__file__).parents[2]


def test_every_figure_is_a_target():
    command = ["make", "--dry-run", "--no-print-directory", *figures()]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    asked = [line.split()[-1] for line in said.splitlines() if "snakemake --cores all " in line]
    assert asked == list(figures())


NAMES = (
    *(
        "$(touch ran)",
        "$(shell touch ran)",
        "`touch ran`",
        "a; touch ran",
        "a && touch ran",
        "a | touch ran",
    ),
    *("a b", "a'b", 'a"b', "a$b", "a$$b", "*", "~", "-x", "a#b", "a\\\\b", "é"),
)


@pytest.fixture
def checkout(tmp_path) -> Path:
    """The Makefile where it finds an environment, whose commands say what they were given."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("envs/requirements.lock", "pyproject.toml", ".venv/.ready"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    commands = tmp_path / ".venv/bin"
    commands.mkdir()
    for name in ("python", "snakemake"):
        (commands / name).write_text('#!/bin/sh\nprintf \'%s\\0\' "$0" "$@" >> given\n')
        (commands / name).chmod(0o755)
    return tmp_path


def made(checkout: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = ["make", "--no-print-directory", *words]
    own = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    return subprocess.run(
        command, cwd=checkout, env=own | environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("target", ["check", "archive", "verify-archive", "report"])
def test_a_name_arrives_as_it_is_and_nothing_in_it_runs(checkout, target, name):
    variables = {key: f"{name}{key}" for key in ("CONFIG", "DIRECTORY", "ARCHIVE")}
    said = made(checkout, target, *(f"{key}={value}" for key, value in variables.items()))
    assert said.returncode == 0, said.stderr
    given = (checkout / "given").read_text().split("\0")
    used = {"check": ["CONFIG"], "archive": list(variables), "verify-archive": ["ARCHIVE"]}
    used |= {"report": ["CONFIG", "DIRECTORY"]}
    for key in used[target]:
        assert any(
            word.partition("=")[2] == variables[key] or word == variables[key] for word in given
        )
    assert not (checkout / "ran").exists()
    (checkout / "given").unlink()
    made(checkout, target, **variables)  # from the environment
    assert (checkout / "given").read_text().split("\0") == given
    assert not (checkout / "ran").exists()


def test_without_names_the_results_here_are_packed(checkout):
    assert made(checkout, "archive").returncode == 0
    given = (checkout / "given").read_text().split("\0")
    assert given[1:] == [
        *("--cores", "all", "--directory=.", ".venv/bin/python", "-m", "workflow.archive", "pack"),
        *("--directory=.", "--", "results/archive.tar", ""),
    ]


def test_runs_to_compare_are_words_and_nothing_in_them_runs(checkout):
    said = made(checkout, "compare", "RUNS=a $(touch ran) *", "EXPERIMENT=$(touch ran)")
    assert said.returncode == 0, said.stderr
    given = (checkout / "given").read_text().split("\0")
    assert given[1:] == [
        *("-m", "workflow.compare", "--experiment=$(touch ran)", "--"),
        *("a", "$(touch", "ran)", "*", ""),
    ]
    assert not (checkout / "ran").exists()


@pytest.mark.parametrize("python", ["", "nowhere/python3.11", "$(touch ran)", "false"])
def test_without_python_311_nothing_follows_the_sentence_that_says_so(checkout, python):
    (checkout / ".venv/.ready").unlink()
    said = made(checkout, "environment", f"PYTHON={python}")
    assert said.returncode == 2
    assert said.stderr.count("error: ") == 1
    assert f"error: Makefile, PYTHON: '{python}' is not Python 3.11" in said.stderr
    assert "are installed" not in said.stdout
    assert (checkout / ".venv/bin").is_dir()  # not begun anew
    assert not (checkout / "ran").exists()


@pytest.mark.parametrize("home", ["/proc", "/dev/null"])
def test_without_a_home_that_can_be_written_to_snakemake_keeps_its_cache_here(checkout, home):
    says = checkout / ".venv/bin/snakemake"
    says.write_text('#!/bin/sh\nprintf "%s" "$XDG_CACHE_HOME" > cache\n')
    without = {"XDG_CACHE_HOME": ""}
    assert made(checkout, "figures", HOME=home, **without).returncode == 0
    assert (checkout / "cache").read_text() == f"{checkout}/build/cache"
    made(checkout, "figures", HOME=str(checkout), **without)
    assert (checkout / "cache").read_text() == ""


@pytest.mark.parametrize("target", ["archive", "report"])
@pytest.mark.parametrize("folder", ["/proc/new", "/dev/null", "Makefile", "Makefile/below"])
def test_a_folder_that_cannot_be_made_ends_before_snakemake(checkout, target, folder):
    said = made(checkout, target, f"DIRECTORY={folder}")
    assert said.returncode == 2
    assert f"error: Makefile, DIRECTORY: '{folder}' is no folder that can be made" in said.stderr
    assert not (checkout / "given").exists()
