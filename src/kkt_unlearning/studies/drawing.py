"""What draws, loaded with its own settings."""

from contextlib import chdir
from importlib.util import find_spec
from pathlib import Path


def load_matplotlib() -> None:
    """Load matplotlib as it comes, before anything else does.

    It reads a ``matplotlibrc`` on loading, that of the working directory before all others. Such a file may
    be of anybody, and one that is no text would end the loading. So it is loaded from the folder in which
    its own lies.

    Raises:
        ImportError: it is not installed.
    """
    found = find_spec("matplotlib")
    own = Path(found.origin).with_name("mpl-data") if found and found.origin else Path()
    with chdir(own if own.is_dir() else own.parent):
        import matplotlib  # noqa: F401
