"""Measured certificates against their bounds, in every row of every table."""

import numpy as np

from kkt_unlearning.studies.claim import CHECK, TABLE_DIGITS, Tables, Thresholds, claim
from kkt_unlearning.studies.summary import Table


@claim(
    "Every measured ε, δ and margin change stays within its instance-wise bound.",
    CHECK.at("docs/theory.md, theorem 6.2 and proposition 6.4"),
    "violations in all rows of all tables, beyond the round-off that is allowed",
    "at_most",
    "",
    allowances={"round_off": "How far, times 1 + bound, a bound may be exceeded by round-off."},
)
def bounds_hold(tables: Tables, thresholds: Thresholds) -> float:
    evaluations = [table for table in tables.values() if "epsilon_bound" in table]
    if not evaluations:
        return float("nan")
    return float(sum(violations(table, thresholds["round_off"]) for table in evaluations))


def violations(table: Table, round_off: float) -> int:
    """Cells above their bound by more than ``round_off`` and the last digit of the table.

    A bound that is nan comes from an infinite one divided by an infinite norm, and bounds nothing.
    """
    pairs = (
        (table["epsilon_clarke"], table["epsilon_bound"]),
        (table["epsilon"], table["restored_bound"]),
        (table["delta"], table["delta_budget"]),
        (table["margin_change"], table["fraction"] * table["kappa"]),
    )
    total = 0
    for measured, bound in pairs:
        limit = np.where(np.isnan(bound), np.inf, bound)
        total += int((measured > limit * (1 + TABLE_DIGITS) + round_off).sum())
    return total
