"""Every claim of the scorecard, registered in the order in which it is listed."""

from kkt_unlearning.claims import (  # noqa: I001  the order of the scorecard
    linear,
    two_layer,
    step_size,
    correlation,
    mixture,
    digits,
    natural,
    bounds,
    multipliers,
    kinks,
    recovery,
    flips,
    convergence,
    batch,
    depth,
    membership,
)
from kkt_unlearning.claims.claim import CLAIMS, Claim, Tables, Thresholds

__all__ = [
    "CLAIMS",
    "Claim",
    "Tables",
    "Thresholds",
    "batch",
    "bounds",
    "convergence",
    "correlation",
    "depth",
    "digits",
    "flips",
    "kinks",
    "linear",
    "membership",
    "mixture",
    "multipliers",
    "natural",
    "recovery",
    "step_size",
    "two_layer",
]
