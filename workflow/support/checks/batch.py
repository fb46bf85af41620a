"""Sizes of forget sets that leave enough samples."""

from collections.abc import Callable
from typing import Any, NoReturn

LEFT = 2  # samples that stay at least: with one, no pair is left that a step could move apart


def check(options: dict[str, Any], samples: int, fail: Callable[..., NoReturn]) -> None:
    """Every size is at most m − 2, and there is one."""
    enough(samples, "sizes", fail)
    if options["sizes"] == "all":
        return
    for index, size in enumerate(options["sizes"]):
        if size > samples - LEFT:
            fail(
                "sizes",
                index,
                text=f"the value is {size}, but of {samples} samples {LEFT} must be retained: "
                f"take 1 to {samples - LEFT}.",
            )


def enough(samples: int, key: str, fail: Callable[..., NoReturn]) -> None:
    """At least one sample can be forgotten."""
    if samples <= LEFT:
        fail(
            key,
            text=f"the data set has {samples} samples, of which {LEFT} must be retained: "
            f"set samples to {LEFT + 1} or more.",
        )
