"""What a report of a fault has to say: ``kkt-unlearning --version --json``."""

import platform
import re
from importlib.metadata import PackageNotFoundError, requires
from typing import Any

import kkt_unlearning
from kkt_unlearning.installed import installed

_PACKAGE = "kkt-unlearning"


def versions() -> dict[str, Any]:
    """Versions of this package, Python, the system, and of every package that it or an extra of it names.

    A package that is not installed has None.
    """
    return {
        _PACKAGE: kkt_unlearning.__version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "packages": {name: installed(name) for name in _named()},
    }


def _named() -> list[str]:
    """The packages in the metadata, where there are any: a folder on PYTHONPATH has none."""
    try:
        lines = requires(_PACKAGE) or []
    except PackageNotFoundError:
        return []
    names = {re.split(r"[^\w.-]", line)[0] for line in lines}
    return sorted(names - {_PACKAGE})
