"""Versions of the packages that the code of a rule rests on."""

import platform
import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from importlib.metadata import Distribution, distributions, requires

from kkt_unlearning.extensions import providers
from kkt_unlearning.installed import installed

OURS = "kkt-unlearning"  # counts by its code


@cache
def packages(libraries: Iterable[str]) -> dict[str, str]:
    """Versions of Python, of what ``libraries`` are installed from, and of all that this needs in turn.

    A parameter of each rule: other versions, another result.

    Args:
        libraries: by the name that is imported; one that is not installed counts once it is.
    """
    # Nodes of a cluster may have another third number of Python under the same environment.
    found = {"python": ".".join(platform.python_version_tuple()[:2])}
    pending = [one.name for library in libraries for one in _distributions().get(library, [])]
    pending += [providers()[library] for library in libraries if library in providers()]
    while pending:
        name = _normalised(pending.pop())
        if name not in {OURS, *found} and (known := _known(name)):
            found[name], needed = known
            pending.extend(needed)
    return dict(sorted(found.items()))


@cache
def _distributions() -> dict[str, list[Distribution]]:
    """What is installed, by the name that is imported.

    As `importlib.metadata.packages_distributions`, which makes a path of every file that is installed and
    reads what everything is called, and so takes a tenth of the time of a start.
    """
    found: dict[str, list[Distribution]] = defaultdict(list)
    for one in distributions():
        listed = one.read_text("top_level.txt") or one.read_text("RECORD") or ""
        tops = {line.partition("/")[0] for line in listed.splitlines()}
        for name in {re.split("[.,]", top, maxsplit=1)[0] for top in tops}:
            found[name].append(one)
    return found


@cache
def _known(package: str) -> tuple[str, list[str]] | None:
    """Version of a package and what it needs, without its extras; None if it is not installed."""
    number = installed(package)
    if number is None:
        return None
    declared = [text for text in requires(package) or [] if "extra ==" not in text]
    return number, [re.split(r"[^\w.-]", text, maxsplit=1)[0] for text in declared]


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
