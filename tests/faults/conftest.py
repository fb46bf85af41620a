"""What every fault starts from and is compared with, and the table of all of them."""

import os
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from tests.faults.folder import TARGETS, Ended, Folder

SIDE_BY_SIDE = len(os.sched_getaffinity(0))  # repetitions at once, each in a folder of its own
COLUMNS = ("fault", "repetitions", "lost", "differing", "recovered", "told")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--at-most", type=int, help="repetitions of each fault, of those that it has")


@dataclass
class Tally:
    """Outcomes of one fault.

    Attributes:
        lost: repetitions after which a file was missing.
        differing: those after which a file was not as without the fault, or one too many.
        recovered: those after which every file was as without it.
        told: those in which a run stopped with a sentence that said what to delete.
        at_most: repetitions that are made of those asked for; None: all.
    """

    fault: str
    at_most: int | None = None
    repetitions: int = 0
    lost: int = 0
    differing: int = 0
    recovered: int = 0
    told: int = 0
    problems: list[str] = field(default_factory=list)

    def repeat(
        self,
        times: int,
        once: Callable[[int], tuple[list[Ended], Folder]],
        wanted: Folder,
        is_needed: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """Inflict the fault so often, and compare with a run that nothing disturbed.

        Args:
            once: number of the repetition -> the last runs in a folder, and the folder.
            wanted: after the run that nothing disturbed.
            is_needed: whether a file that was deleted is missed.
        """
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            for runs, folder in pool.map(once, range(times)[: self.at_most]):
                self._count(runs, folder.files(), wanted.files(), is_needed)

    def _count(
        self,
        runs: list[Ended],
        found: dict[str, bytes],
        wanted: dict[str, bytes],
        is_needed: Callable[[str], bool],
    ) -> None:
        lost = set(filter(is_needed, wanted.keys() - found.keys()))
        differing = {name for name, content in found.items() if content != wanted.get(name)}
        self.repetitions += 1
        self.lost += bool(lost)
        self.differing += bool(differing)
        self.told += any(run.code and run.remedies for run in runs)
        if lost or differing or runs[-1].code:
            self.problems.append(
                f"{sorted(lost)} lost, {sorted(differing)} differ:\n{runs[-1].said}"
            )
        else:
            self.recovered += 1

    def row(self) -> dict[str, str | int]:
        return {name: getattr(self, name) for name in COLUMNS}


@pytest.fixture
def tally(campaign: list[dict], pytestconfig: pytest.Config) -> Iterator[Callable[[str], Tally]]:
    """Starts the row of a fault; it fails the test if a repetition was not recovered."""
    made: list[Tally] = []

    def start(fault: str) -> Tally:
        made.append(Tally(fault, pytestconfig.getoption("--at-most")))
        return made[-1]

    yield start
    campaign.extend(row.row() for row in made)
    for row in made:
        assert row.repetitions
        assert not row.problems, "\n".join([row.fault, *row.problems])


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> Callable[[int], random.Random]:
    """Random moments and places of each repetition, the same in each run of the tests."""
    return lambda number: random.Random(f"{request.node.name} {number}")


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """After a run that nothing disturbed; not to be changed."""
    return _made(Folder(tmp_path_factory.mktemp("undisturbed") / "run"))


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """The same with another data set."""
    folder = tmp_path_factory.mktemp("other") / "run"
    return _made(Folder(folder, ("small.yaml", "other.yaml")))


def _made(folder: Folder) -> Folder:
    ended = folder.run()
    assert ended.code == 0, ended.said
    assert set(TARGETS) <= folder.files().keys()
    return folder
