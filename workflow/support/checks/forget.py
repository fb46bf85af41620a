"""The forget sets among the options of a measure."""

from collections.abc import Callable
from typing import Any, NoReturn


def check(options: dict[str, Any], samples: int, fail: Callable[..., NoReturn]) -> None:
    """Every sample of a forget set exists, and one at least is retained."""
    forget = options["forget"]
    for index, group in enumerate([] if forget == "each" else forget):
        beyond = [sample for sample in group if sample >= samples]
        if beyond:
            fail(
                "forget",
                index,
                text=f"the value is {beyond[0]}, but the {samples} samples are numbered 0 to "
                f"{samples - 1}: take one of these.",
            )
        if len(group) == samples:
            fail(
                "forget",
                index,
                text=f"these are all {samples} samples, but at least one must be retained: "
                "remove one.",
            )
