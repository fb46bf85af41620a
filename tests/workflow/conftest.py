"""Runs of the real workflow on config/tiny.yaml, in copies of the project."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.snakemake_runs import snakemake
from workflow.support.configuration.files import merged

ROOT = Path(__file__).parents[2]
PARTS = ("Snakefile", "config.yaml", "config", "envs", "profiles", "scripts", "src", "workflow")


REFUSE_CONNECTIONS = """
import pathlib
import socket

def refuse(self, address):
    if self.family != socket.AF_UNIX:
        with open(pathlib.Path(__file__).with_name("tried"), "a") as file:
            file.write(f"{address}\\n")
        raise OSError(f"a connection to {address} was tried")

socket.socket.connect = socket.socket.connect_ex = refuse
"""


class CutOff:
    """No network: Python refuses connections and notes them; where that is allowed there is none at all.

    Args:
        folder: for what Python does on starting, and its notes; its own, perhaps of an earlier one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        hook = folder / "sitecustomize.py"
        if not hook.exists():  # an empty one, for a moment, would let a job through
            hook.write_text(REFUSE_CONNECTIONS)
        alone = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
        self.prefix = ("unshare", "--net") if alone.returncode == 0 else ()

    def tried(self) -> list[str]:
        """Addresses that something tried to connect to, also where it took the refusal in silence."""
        notes = self.folder / "tried"
        return notes.read_text().splitlines() if notes.exists() else []


@dataclass(frozen=True)
class Project:
    """A copy of the project to run snakemake in, perhaps without a network."""

    folder: Path
    cut_off: CutOff | None = None

    def snakemake(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """``snakemake --cores 2 …`` on the tiny configuration."""
        config = () if "--configfile" in arguments else ("--configfile", "config/tiny.yaml")
        words = ["--cores", "2", *config]
        if arguments and not arguments[0].startswith("--"):
            words.append("--")  # else targets would count as further configuration files
        words += arguments
        if not self.cut_off:
            return snakemake(words, self.folder)
        hooks = {"PYTHONPATH": str(self.cut_off.folder)}
        return snakemake(words, self.folder, hooks, self.cut_off.prefix)

    def make(self, *arguments: str) -> str:
        """Run that must succeed; what it said."""
        run = self.snakemake(*arguments)
        assert run.returncode == 0, run.stderr + run.stdout
        return run.stderr + run.stdout

    def planned(self, *arguments: str) -> dict[str, int]:
        """Jobs of each rule that a run would start."""
        return self.jobs(self.make("--dry-run", *arguments))

    @staticmethod
    def jobs(said: str) -> dict[str, int]:
        """Jobs of each rule, from what a run or a dry run said; none where there was nothing to do."""
        lines = iter(said.splitlines())
        if "Job stats:" not in lines:  # reads on to that line
            return {}
        rows = [line.split() for line in lines]
        end = next(index for index, row in enumerate(rows) if row and row[0] == "total")
        return {rule: int(count) for rule, count in rows[2:end]}

    def on_top(self, changes: dict) -> tuple[str, ...]:
        """Arguments that put ``changes`` on top of the tiny configuration."""
        (self.folder / "changes.yaml").write_text(yaml.safe_dump(changes))
        return ("--configfile", "config/tiny.yaml", "changes.yaml")

    def files(self) -> set[str]:
        """All results, without logs."""
        folders = (self.folder / name for name in ("results", "paper_figures", "docs"))
        found = (path for folder in folders for path in folder.rglob("*") if path.is_file())
        names = {path.relative_to(self.folder).as_posix() for path in found}
        return {name for name in names if not name.startswith("results/logs/")}


def _copy(target: Path) -> Project:
    target.mkdir(parents=True)
    # what is compiled goes along, but not what another process writes just now
    ignore = shutil.ignore_patterns("*.pyc.*", "*.egg-info")
    for part in PARTS:
        source = ROOT / part
        if source.is_dir() and not source.is_symlink():
            shutil.copytree(source, target / part, ignore=ignore)
        else:
            shutil.copy2(source, target / part, follow_symlinks=False)
    return Project(target)


@pytest.fixture
def tiny_config() -> dict:
    """What Snakemake merges from the files of the project and config/tiny.yaml."""
    return merged(ROOT, [ROOT / "config/tiny.yaml"])


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project in which nothing was run."""
    return _copy(tmp_path / "project")


@pytest.fixture(scope="module")
def project_of_file(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The same, one for all tests of a file."""
    return _copy(tmp_path_factory.mktemp("file") / "project")


@pytest.fixture(scope="session")
def cut_off(once: Callable[..., Path]) -> CutOff:
    """How the one full run is kept from the network."""
    return CutOff(once("hooks", CutOff))


@pytest.fixture(scope="session")
def finished(once: Callable[..., Path], cut_off: CutOff) -> Project:
    """The project after one full run, without a network: one for all processes, not to be changed."""
    return Project(once("finished", lambda folder: Project(_copy(folder).folder, cut_off).make()))


@pytest.fixture
def upgraded(finished: Project, tmp_path: Path) -> Callable[..., Project]:
    """The finished project where packages have another version, as metadata first on the path say."""

    def among(*packages: str) -> Project:
        for name in packages:
            metadata = tmp_path / f"{name}-0.0.0.dist-info/METADATA"
            metadata.parent.mkdir()
            metadata.write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.0.0\n")
        return Project(finished.folder, CutOff(tmp_path))

    return among


@pytest.fixture
def after(finished: Project, tmp_path: Path) -> Callable[..., Project]:
    """Copies of the finished project to change, without the folders named."""

    def copy(*without: str) -> Project:
        folder = tmp_path / "after"
        ignore = shutil.ignore_patterns("*.pyc.*", *without)
        shutil.copytree(finished.folder, folder, symlinks=True, ignore=ignore)
        return Project(folder)

    return copy
