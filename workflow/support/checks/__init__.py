"""What a schema cannot say of the options of a measure, one module each."""

from collections.abc import Callable
from typing import Any, NoReturn

from . import batch, depth, forget, klom, membership, recovery, stream, surface

# (options, m at a point of the sweep, fail(*keys, text=...) that says one sentence) -> None
Check = Callable[[dict[str, Any], int, Callable[..., NoReturn]], None]

CHECKS: dict[str, Check] = {
    "recovery": recovery.check,
    "flips": forget.check,
    "surface": surface.check,
    "convergence": forget.check,
    "batch": batch.check,
    "stream": stream.check,
    "membership": membership.check,
}

# (experiment, configuration, fail(*keys below the experiment, text=...)) -> None, for what spans sections
Combined = Callable[[dict[str, Any], dict[str, Any], Callable[..., NoReturn]], None]

COMBINED: tuple[Combined, ...] = (depth.check_networks, klom.check_models)
