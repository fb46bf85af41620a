"""Sizes that a file declares, held against the memory there is before anything of that size is made."""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Any

from kkt_unlearning.errors import DataError

_LARGEST = 10**300  # bytes; beyond this a float, which is what the sentence prints, ends

# Where control groups of version 2 and of version 1 are seen, and the file with the limit of a group.
_GROUPS = ("sys/fs/cgroup", "memory.max")
_GROUPS_1 = ("sys/fs/cgroup/memory", "memory.limit_in_bytes")


def check_memory(needed: int, name: str, remedy: str, note: str = "") -> None:
    """``needed ≤`` memory that this process may use.

    Args:
        needed: bytes of all arrays that are to be held at the same time.
        name: what the sentence calls the file.
        remedy: what to do, without the full stop.
        note: words after the memory needed, such as what it was counted for.

    Raises:
        DataError: there is less; the sentence says how much is needed and how much there is.
    """
    if lack := shortage(needed, note):
        raise DataError(f"{name}: its arrays would need {lack}: {remedy}.")


def shortage(needed: int, note: str = "") -> str:
    """``3 GB of memory, but this machine has 2 GB``; empty where it suffices.

    Args:
        needed, note: as in `check_memory`.
    """
    machine = _machine()
    available = min([machine, *_own_limits(), *container_limits()])
    if needed <= available:
        return ""
    owner = "this machine has" if available == machine else "this process may use"
    return f"{min(needed, _LARGEST) / 1e9:.3g} GB of memory{note}, but {owner} {available / 1e9:.3g} GB"


def _machine() -> int:
    """Bytes of memory; more than any machine has where the system, Windows, does not say in this way."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return sys.maxsize


@cache
def limits() -> Any:
    """The module ``resource``; None on Windows, where a process has no such limits."""
    try:
        return import_module("resource")
    except ImportError:
        return None


def _own_limits() -> Iterator[int]:
    """Those that ``ulimit`` has set."""
    resource = limits()
    if resource is None:
        return
    for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA):
        limit, _ = resource.getrlimit(kind)
        if limit != resource.RLIM_INFINITY:
            yield limit


@cache
def container_limits(root: Path = Path("/")) -> tuple[int, ...]:
    """Bytes that the control groups of this process, and those around them, may use; none where none is set.

    Args:
        root: of the file system.
    """
    return tuple(_limits(root))


def _limits(root: Path) -> Iterator[int]:
    for place, name in _groups(root):
        with suppress(OSError, ValueError):  # not seen from within a container; or the word max
            yield int((root / place / name).read_text())


def _groups(root: Path) -> Iterator[tuple[PurePosixPath, str]]:
    """Folder of each group, and the name of the file in it with the limit.

    A line of ``cgroup`` is number, controllers and path; in version 2 there are no controllers.
    """
    lines: list[str] = []
    with suppress(OSError):  # not Linux
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    for _, controllers, path in (line.split(":", 2) for line in lines if line.count(":") > 1):
        if controllers and "memory" not in controllers.split(","):
            continue
        mount, name = _GROUPS_1 if controllers else _GROUPS
        group = PurePosixPath(mount, path.lstrip("/"))
        yield from (
            (place, name) for place in (group, *group.parents) if place.is_relative_to(mount)
        )
