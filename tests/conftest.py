"""Makes ``tests/builders.py`` importable, and drawn examples the same on every machine and day."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from workflow.support.records.tables import markdown, write_csv

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode leaves the path alone

# A new search is asked for with --hypothesis-profile=default.
settings.register_profile("repeatable", derandomize=True, deadline=None, print_blob=True)
# Other examples every time; make test-fuzz.
settings.register_profile("fuzz", derandomize=False, deadline=None, print_blob=True)
settings.load_profile("repeatable")


_ROWS = pytest.StashKey[list]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--table", type=Path, help="CSV file for the table of a campaign that passes")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_ROWS] = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests of a file are for one process, as their fixtures are; so are all that share the one full run."""
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        shared = "finished" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("finished" if shared else str(item.path)))


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
