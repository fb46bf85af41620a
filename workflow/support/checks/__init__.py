"""What a schema cannot say of the options of a measure, one module each."""

from collections.abc import Callable
from typing import Any, NoReturn

from . import membership

# (options, m at a point of the sweep, fail(*keys, text=...) that says one sentence) -> None
Check = Callable[[dict[str, Any], int, Callable[..., NoReturn]], None]

CHECKS: dict[str, Check] = {"membership": membership.check}
