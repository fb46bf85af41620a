"""Options of the measure ``recovery``."""

from collections.abc import Callable
from typing import Any, NoReturn


def check(options: dict[str, Any], samples: int, fail: Callable[..., NoReturn]) -> None:
    """Step counts ascend, and NegGrad+ has a β if it is asked for."""
    steps = options["steps"]
    for index in range(1, len(steps)):
        if steps[index] < steps[index - 1]:
            fail(
                "steps",
                index,
                text=f"the value is {steps[index]} after {steps[index - 1]}, but step counts ascend: "
                "sort them.",
            )
    if "neggrad_plus" in options["methods"] and not options["betas"]:
        fail(
            "betas",
            text="the list is empty, but the method neggrad_plus needs one or more numbers between 0 and 1: "
            "add some or take the method out.",
        )
