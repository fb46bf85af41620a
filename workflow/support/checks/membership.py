"""Options of the measures membership and klom."""

from collections.abc import Callable
from typing import Any, NoReturn

SMALLEST_POOL = 6  # halves of fewer samples often have none to forget or none to retain


def check(options: dict[str, Any], samples: int, fail: Callable[..., NoReturn]) -> None:
    """Each fold has as many models with a sample as without; there are models to certify."""
    models, folds, certificates = (options[name] for name in ("models", "folds", "certificates"))
    unit = 2 * folds
    if models % unit or models < 2 * unit:
        near = max(2, round(models / unit)) * unit
        fail(
            "models",
            text=f"the value is {models}, but multiples of 2 x folds = {unit} from {2 * unit} on are "
            f"allowed: write {near}.",
        )
    if certificates > models:
        fail(
            "certificates",
            text=f"the value is {certificates}, but there are {models} models: lower it.",
        )
    if samples < SMALLEST_POOL:
        fail(
            "models",
            text=f"shadow models hold half of the data set, which has {samples} samples, and at least "
            f"{SMALLEST_POOL} are needed: raise dataset.samples.",
        )
