"""Errors that a user can mend: each message is one sentence with value, what is allowed and remedy."""

from collections.abc import Iterable
from itertools import islice

LONGEST = 300  # characters of other people's words in a sentence
LISTED = 10  # rows, columns or the like that a sentence names


def one_line(found: object) -> str:
    """Its text on one line, cut short, with ``?`` for whatever a terminal would not show as it is."""
    words = " ".join(str(found).split())[:LONGEST]
    return "".join(character if character.isprintable() else "?" for character in words)


def bracketed(values: Iterable[object]) -> str:
    """``[3, 5, …]``: as many of them as a reader wants to see."""
    first = list(islice(values, LISTED + 1))
    shown = [one_line(value) for value in first[:LISTED]] + ["…"] * (len(first) > LISTED)
    return f"[{', '.join(shown)}]"


def check_flag(name: str, value: object) -> None:
    """Whether a value is True or False: any text would pass for True, and ``numpy.nan`` as well.

    Raises:
        DataError: it is neither.
    """
    # of Python, and of NumPy, which is not loaded for it
    if type(value).__name__ not in ("bool", "bool_"):
        raise DataError(f"{name} = {one_line(repr(value))}: allowed are True and False.")


class UserError(Exception):
    """Base of every error whose message is written for the user, so that a caller can show it bare."""


class DataError(UserError):
    """The data are not ``X (m, d)`` finite with labels ±1 of both classes."""


class NotSeparableError(UserError):
    """No parameters reach margin 1 on every sample, so the max-margin problem has no KKT point."""


class NotConvergedError(UserError):
    """Training ended before every margin was positive, or the pivoting before a Clarke-KKT point."""


class SolverError(UserError):
    """The convex solver returned a status other than optimal."""


class BackendError(UserError):
    """The requested array backend cannot run on this machine."""


class ExtensionError(UserError):
    """What another package registers cannot be used, or not by that name."""


class ArgumentError(DataError, ValueError):
    """A ``DataError`` of an estimator, where users of scikit-learn expect a ``ValueError``."""


def twice(name: str, what: str, key: object, remedy: str) -> DataError:
    """Two things of a file have one name: readers take the first of them, or the last.

    Args:
        name: of the file.
        what: has names, in the plural.
        key: the name that is there twice.
        remedy: what to do, without the full stop.
    """
    return DataError(
        f"{name} has two {what} named {one_line(key)!r}, and it is unclear which of them counts: {remedy}."
    )
