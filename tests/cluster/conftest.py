"""One Slurm for all tests here, and the local runs that theirs are compared with."""

import shutil
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.cluster.runs import PROFILES, Run
from tests.cluster.slurm import Slurm, missing

CORES = 6  # of a node: jobs of several runs at once, which wait for one another otherwise
PLUGINS = ("snakemake_executor_plugin_slurm", "snakemake_executor_plugin_cluster_generic")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--repetitions", type=int, default=5, help="of every fault on a cluster")
    parser.addoption(
        "--whole", choices=PROFILES, help="the one profile that makes everything; else both"
    )


@pytest.fixture(scope="session")
def slurm() -> Iterator[Slurm]:
    """A running Slurm; skipped where it or the plugins for it are not installed."""
    if absent := missing():
        pytest.skip(
            f"needs Debian's slurmctld, slurmd, slurm-client and munge: no {', '.join(absent)}"
        )
    if absent := [name for name in PLUGINS if find_spec(name) is None]:
        pytest.skip(
            f"needs envs/requirements-cluster.txt (make cluster-environment): no {', '.join(absent)}"
        )
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))
    folder.chmod(0o755)  # munge's socket is for everyone
    with Slurm(folder, CORES) as running:
        yield running
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory):
    """Targets -> a local run of them, made once."""
    made: dict[tuple[str, ...], Run] = {}

    def run(*targets: str) -> Run:
        if targets not in made:
            made[targets] = Run(tmp_path_factory.mktemp("local"), targets)
            assert made[targets].finish() == 0, made[targets].log.read_text()
        return made[targets]

    return run
