"""What can be added to: things of one kind by name, our own and those that installed packages register.

A package registers what it has by an entry point of the group ``kkt_unlearning.<kind>``; the entry point says
where it is in the same words as the tables of our own, ``module`` or ``module:attribute``. Entry points are
read when all names are asked for, or one that is not our own: a job on our own never waits for that.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from kkt_unlearning.errors import DataError, ExtensionError, one_line

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUPS = ("datasets", "methods", "attacks", "studies")


@dataclass(frozen=True)
class Registry:
    """Things of one kind.

    Attributes:
        kind: of `GROUPS`.
        what: one of them is called, in a sentence.
        own: our own, name -> ``module`` or ``module:attribute``.
        wanted: what one of another package has to be, in words; ``fits`` decides.
    """

    kind: str
    what: str
    own: Mapping[str, str]
    wanted: str
    fits: Callable[[Any], bool]

    def names(self) -> list[str]:
        """All names, our own first."""
        return [*self.own, *sorted({point.name for point in self._points()} - self.own.keys())]

    def module(self, name: str) -> str:
        """Module that it is in.

        Raises:
            DataError, ExtensionError: as `load`.
        """
        return self._place(name).partition(":")[0]

    def load(self, name: str) -> Any:
        """The thing itself.

        Raises:
            DataError: there is none of that name; the message lists those there are.
            ExtensionError: two packages have one of that name, it cannot be imported, or it is no such thing.
        """
        place = self._place(name)
        if name in self.own:
            return _imported(place)
        try:
            found = _imported(place)
        except Exception as error:  # whatever other people's code does
            raise self.broken(
                name, f"cannot be imported ({type(error).__name__}: {one_line(error)})"
            ) from error
        if not self.fits(found):
            raise self.broken(name, f"is not {self.wanted}")
        return found

    def check(self, name: str) -> None:
        """Whether the name stands for one thing, and that can be used.

        Raises:
            DataError, ExtensionError: as `load`, or a package has one of our own names.
        """
        points = self._points(name)
        if name in self.own and points:
            raise ExtensionError(
                f"{self.what} {name!r} is our own, but {_said(points)} has one of this name as well: "
                f"rename that, or uninstall {_package(points[0])}."
            )
        if name not in self.own:
            self.load(name)

    def broken(self, name: str, fault: str) -> ExtensionError:
        """The error that something of another package has a fault, which ends a sentence about it."""
        points = self._points(name)
        return ExtensionError(
            f"{self.what} {name!r} of {_said(points)} {fault}: mend it or install another version of "
            f"{_package(points[0])}, or take the name out."
        )

    def _place(self, name: str) -> str:
        if name in self.own:
            return self.own[name]
        points = self._points(name)
        if not points:
            raise DataError(
                f"{self.what} is {name!r}, which is not known: choose one of {', '.join(self.names())}."
            )
        if len(points) > 1:
            raise ExtensionError(
                f"{self.what} {name!r} is of {_said(points)}, and only one can have the name: uninstall "
                f"{_package(points[0])} or {_package(points[1])}."
            )
        return _place_of(points[0])

    def _points(self, name: str | None = None) -> list["EntryPoint"]:
        return [point for point in _points(self.kind) if name is None or point.name == name]


@cache
def providers() -> dict[str, str]:
    """Package of each module at the top of what entry points of all kinds name."""
    points = [point for kind in GROUPS for point in _points(kind)]
    tops = ((re.split("[.:]", _place_of(point))[0], point) for point in points)
    return {top: _package(point) for top, point in tops if top.isidentifier()}


@cache
def _points(kind: str) -> tuple["EntryPoint", ...]:
    return tuple(_all_points().select(group=f"kkt_unlearning.{kind}"))


@cache
def _all_points() -> Any:
    from importlib.metadata import entry_points  # takes as long to load as a small job computes

    return entry_points()


def _place_of(point: "EntryPoint") -> str:
    """Without extras; `EntryPoint.module` would raise where it is no place at all."""
    return point.value.partition("[")[0].strip()


def _imported(place: str) -> Any:
    module, _, attribute = place.partition(":")
    found = import_module(module)
    return getattr(found, attribute) if attribute else found


def _package(point: "EntryPoint") -> str:
    return point.dist.name if point.dist else "an unknown package"


def _said(points: Iterable["EntryPoint"]) -> str:
    """Packages, with the entry points by which they register something."""
    return " and ".join(
        f"{_package(point)} {point.dist.version if point.dist else ''} (entry point {point.name} = "
        f"{point.value} of {point.group})"
        for point in points
    )
