"""Makes ``tests/builders.py`` importable, and drawn examples the same on every machine and day."""

import sys
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode leaves the path alone

# A new search is asked for with --hypothesis-profile=default.
settings.register_profile("repeatable", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("repeatable")
