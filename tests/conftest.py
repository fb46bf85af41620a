"""Makes ``tests/builders.py`` importable, and drawn examples the same on every machine and day."""

import fcntl
import gc
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from workflow.support.records.tables import markdown, write_csv

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode leaves the path alone

# A slow machine is no fault of an example.
PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow], "print_blob": True}
# A new search is asked for with --hypothesis-profile=default.
settings.register_profile("repeatable", derandomize=True, **PATIENT)
# Other examples every time; make test-fuzz.
settings.register_profile("fuzz", derandomize=False, **PATIENT)
settings.load_profile("repeatable")


_ROWS = pytest.StashKey[list]()

# Test files that take longest, by processor time.
LONGEST = (
    "test_runs.py",  # asks for the finished run
    "test_errors.py",
    "test_sharing.py",
    "test_site.py",
    "test_archive.py",
    "test_report.py",
    "test_explorer.py",
    "test_documentation.py",
    "test_benchmarks.py",
    "test_working_set.py",
    "test_cluster.py",
    "test_hostile_runs.py",
    "test_reference.py",
    "test_inputs.py",
    "test_optimality.py",
    "test_each.py",
    "test_study_howto.py",
    "test_extension.py",
    "test_check_estimator.py",
    "test_figures.py",
    "test_reproduce.py",
    "test_fused.py",
    "test_compile.py",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--table", type=Path, help="CSV file for the table of a campaign that passes")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_ROWS] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest come first: at the end one would keep one process busy alone.

    The first process makes the finished run; meanwhile the second has files that do without it.
    """
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))


def pytest_collection_finish() -> None:
    """A million objects that stay are not looked through for garbage, at the end five times over."""
    gc.freeze()


@pytest.fixture(scope="session")
def once(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str, Callable[[Path], object]], Path]:
    """``once(name, make)``: a folder that ``make`` fills once, for all processes that run tests.

    Whoever asks first makes it, the others wait. A failure is everybody's: nothing is tried twice.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def made(name: str, make: Callable[[Path], object]) -> Path:
        folder, ended = shared / name, shared / f"{name}.ended"
        with open(shared / f"{name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not ended.exists():
                ended.write_text(_failure(make, folder), encoding="utf-8")
        if failure := ended.read_text(encoding="utf-8"):
            pytest.fail(failure)
        return folder

    return made


def _failure(make: Callable[[Path], object], folder: Path) -> str:
    try:
        make(folder)
    except (Exception, pytest.fail.Exception) as error:
        return f"{folder.name} was not made: {error!r}"
    return ""


@pytest.fixture(scope="session")
def campaign(pytestconfig: pytest.Config) -> list[dict]:
    """Rows of the table that is shown at the end, and kept where ``--table`` says."""
    return pytestconfig.stash[_ROWS]


@pytest.fixture(scope="session", autouse=True)
def _hostile_rows(pytestconfig: pytest.Config, campaign: list[dict]) -> Iterator[None]:
    yield
    if pytestconfig.option.table and (hostile := sys.modules.get("hostile")):
        campaign.extend(hostile.rows())


def pytest_terminal_summary(terminalreporter, exitstatus: int, config: pytest.Config) -> None:
    """What a campaign tried and what became of it."""
    if rows := config.stash[_ROWS]:
        terminalreporter.write(f"\n{markdown(rows)}\n")
        if config.option.table and exitstatus == 0:
            write_csv(config.option.table, rows)
