"""Every claim of the scorecard: importing a module registers its claims.

A new module is imported here and has its title and page in `sections`, which orders the scorecard.
"""

from kkt_unlearning.claims import (  # noqa: I001
    linear,
    two_layer,
    step_size,
    correlation,
    blocks,
    dependence,
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
from kkt_unlearning.claims.sections import SECTIONS, Section

__all__ = [
    "CLAIMS",
    "SECTIONS",
    "Claim",
    "Section",
    "Tables",
    "Thresholds",
    "batch",
    "blocks",
    "bounds",
    "convergence",
    "correlation",
    "dependence",
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
