"""A mistake in the configuration, and the words in which it is said."""

import math
import os
from collections.abc import Iterable
from typing import Any

from scripts._errors import printable

_MOST = 20  # names in a sentence
_LONGEST = 500  # characters of a path in one

KeyPath = tuple[str | int, ...]


class ConfigurationError(Exception):
    """A mistake in the configuration, in one sentence without the name of the file.

    Args:
        path: keys from the top to the mistake.
        text: value found, what is allowed and the remedy.
    """

    def __init__(self, path: Iterable[str | int], text: str) -> None:
        self.path = tuple(path)
        super().__init__(f"{dotted(self.path)}: {text}" if self.path else text)


def dotted(path: Iterable[str | int]) -> str:
    """``experiments.digits.forget[0]``."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{shown(key)}" for key in path)
    return text.removeprefix(".")


def as_number(text: str) -> str | None:
    """How YAML wants a number written that it takes for text: ``1.0e-3`` for ``1e-3``."""
    mantissa, exponent, power = text.strip().replace(",", ".").lower().partition("e")
    mantissa = mantissa if "." in mantissa else f"{mantissa}.0"
    power = power if power[:1] in ("+", "-") else f"+{power}"
    number = f"{mantissa}e{power}" if exponent else mantissa
    if not number.isascii():  # Python knows other digits, YAML does not
        return None
    try:
        finite = math.isfinite(float(number))
    except ValueError:
        return None
    return number if finite and text.strip() else None


def listed(names: Iterable[Any], last: str = "and") -> str:
    """``a, b and c``; of very many the first ones, and how many there are."""
    *most, end = [str(name) for name in names] or ["none"]
    if len(most) > _MOST:
        return f"{', '.join(most[:_MOST])}, … ({len(most) + 1} in all)"
    return f"{', '.join(most)} {last} {end}" if most else end


def shown(value: Any) -> str:
    """The value as it is found, on one line, cut short where it is long."""
    text = printable(str(value)) or "''"
    return text if len(text) <= 60 else f"{text[:57]}..."


def whole(path: str) -> str:
    """The absolute path, on one line; of a very long one its end, with the name."""
    text = printable(os.path.abspath(path))
    return text if len(text) <= _LONGEST else f"...{text[-_LONGEST:]}"
