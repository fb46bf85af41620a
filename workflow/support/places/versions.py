"""Versions of the packages that the code of a rule rests on."""

import platform
import re
from collections.abc import Iterable
from functools import cache
from importlib.metadata import packages_distributions, requires

from scripts._versions import installed


@cache
def packages(libraries: Iterable[str]) -> dict[str, str]:
    """Versions of Python, of what ``libraries`` are installed from, and of all that this needs in turn.

    A parameter of each rule: other versions, another result.

    Args:
        libraries: by the name that is imported; one that is not installed counts once it is.
    """
    # Nodes of a cluster may have another third number of Python under the same environment.
    found = {"python": ".".join(platform.python_version_tuple()[:2])}
    pending = [name for library in libraries for name in _distributions().get(library, [])]
    while pending:
        name = _normalised(pending.pop())
        number = installed(name)
        if name not in found and number is not None:
            found[name] = number
            pending.extend(_needed(name))
    return dict(sorted(found.items()))


@cache
def _distributions() -> dict[str, list[str]]:
    return dict(packages_distributions())


def _needed(package: str) -> list[str]:
    """What a package declares that it needs, without its extras."""
    declared = [text for text in requires(package) or [] if "extra ==" not in text]
    return [re.split(r"[^\w.-]", text, maxsplit=1)[0] for text in declared]


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
