"""Versions of what computes a result that several clones share."""

import platform
import re
from functools import cache
from importlib.metadata import packages_distributions, requires

from scripts._versions import COMPUTING, installed


@cache
def computing(*libraries: str) -> dict[str, str]:
    """Versions of what computes, with all that it needs in turn, of Python and of ``libraries``.

    A parameter of the rules whose results several clones share: other versions, another result.

    Args:
        libraries: packages by the name that is imported, whose texts are a data set.
    """
    distributions = packages_distributions() if libraries else {}
    named = [name for library in libraries for name in distributions.get(library, [])]
    found = {"python": platform.python_version()}
    pending = [*COMPUTING, *named]
    while pending:
        name = _normalised(pending.pop())
        number = installed(name)
        if name not in found and number is not None:
            found[name] = number
            pending.extend(_needed(name))
    return dict(sorted(found.items()))


def _needed(package: str) -> list[str]:
    """What a package declares that it needs, without its extras."""
    declared = [text for text in requires(package) or [] if "extra ==" not in text]
    return [re.split(r"[^\w.-]", text, maxsplit=1)[0] for text in declared]


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
