"""How an unlearned network came about: what its bounds rest on."""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.audit.model import Model
from kkt_unlearning.errors import DataError

STARTS = ("trained", "exact")


@dataclass(frozen=True, eq=False)
class Step:
    """The ascent step ``θ' = θ − α Σ_{r∈R} λ_r y_r g_r``.

    Attributes:
        before: θ, at any scale.
        forget: R, rows of the data, from 0.
        start: ``trained``, with automatic differentiation's derivatives at θ, or ``exact``, where θ is an
            exact KKT point and the derivatives are its own.
        fraction: α ≥ 0.

    Raises:
        DataError: another start, or ``fraction < 0``.
    """

    before: Model
    forget: tuple[int, ...]
    start: str = "trained"
    fraction: float = 1.0

    def __post_init__(self) -> None:
        check_step(self.start, self.fraction)


def check_step(start: str, fraction: float) -> None:
    """Whether there is such a step.

    Raises:
        DataError: there is not.
    """
    if start not in STARTS:
        raise DataError(f"start = {start!r}: allowed are {', '.join(STARTS)}; choose one of them.")
    if not 0 <= fraction < np.inf:
        raise DataError(
            f"fraction = {fraction}: allowed are finite numbers >= 0; 1 is the prescribed step."
        )
