"""Makes ``tests/builders.py`` importable, and drawn examples the same on every machine and day."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode leaves the path alone

# A new search is asked for with --hypothesis-profile=default.
settings.register_profile("repeatable", derandomize=True, deadline=None, print_blob=True)
# Other examples every time; make test-fuzz.
settings.register_profile("fuzz", derandomize=False, deadline=None, print_blob=True)
settings.load_profile("repeatable")


@pytest.fixture(scope="session", autouse=True)
def _hostile_table(request):
    """Where it is asked for, a table of what became of hostile input, of a run that passed."""
    yield
    path = os.environ.get("FUZZ_TABLE")
    if path and not request.session.testsfailed:
        import hostile

        hostile.write_outcomes(Path(path))
