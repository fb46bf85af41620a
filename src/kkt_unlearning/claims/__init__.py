"""Every claim of the scorecard, registered in the order in which it is listed."""

from kkt_unlearning.claims import (  # noqa: I001  the order of the scorecard
    linear,
    two_layer,
    step_size,
    correlation,
    mixture,
    digits,
    bounds,
    multipliers,
    kinks,
    membership,
)
from kkt_unlearning.claims.claim import CLAIMS, Claim, Tables, Thresholds

__all__ = [
    "CLAIMS",
    "Claim",
    "Tables",
    "Thresholds",
    "bounds",
    "correlation",
    "digits",
    "kinks",
    "linear",
    "membership",
    "mixture",
    "multipliers",
    "step_size",
    "two_layer",
]
