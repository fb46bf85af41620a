"""A stream of deletions that leaves enough samples."""

from collections.abc import Callable
from typing import Any, NoReturn

from .batch import LEFT, enough


def check(options: dict[str, Any], samples: int, fail: Callable[..., NoReturn]) -> None:
    """At most m − 2 deletions, and room for one."""
    enough(samples, "deletions", fail)
    if options["deletions"] != "all" and options["deletions"] > samples - LEFT:
        fail(
            "deletions",
            text=f"the value is {options['deletions']}, but of {samples} samples {LEFT} must be "
            f"retained: take 1 to {samples - LEFT}.",
        )
