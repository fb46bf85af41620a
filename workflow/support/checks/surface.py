"""The options of the measure surface."""

from collections.abc import Callable
from typing import Any, NoReturn

from . import forget


def check(options: dict[str, Any], samples: int, fail: Callable[..., NoReturn]) -> None:
    """Forget sets that exist, shares that ascend, and τ up to the exact KKT point."""
    forget.check(options, samples, fail)
    for name in ("deltas", "taus"):
        shares = options[name]
        if sorted(set(shares)) != shares:
            fail(name, text=f"the value is {shares}, but shares must ascend: sort them.")
    if options["taus"][-1] < 1:
        fail(
            "taus",
            text=f"the last value is {options['taus'][-1]}, but the surface ends at 1, the exact KKT "
            "point: add 1.0.",
        )
