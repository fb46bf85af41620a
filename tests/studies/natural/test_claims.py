"""The claims about natural data measure what their statistics say, on tables in which the truth is known."""

import pytest
from natural_tables import study

from kkt_unlearning.studies import scorecard
from kkt_unlearning.studies.claim import claims

CLAIMED = [claim for claim in claims() if claim.name.startswith("natural_")]
PARTS = ("", ".dataset", ".multipliers")


def verdicts(**studies):
    tables = {
        f"natural_{data}{part}": table
        for data, found in studies.items()
        for part, table in zip(PARTS, found, strict=True)
    }
    limits = {
        claim.name: {"at_most": 1.0 if "orthogonal" in claim.name else 0.1} for claim in CLAIMED
    }
    limits |= {claim.name: {claim.comparison: 0.0, "round_off": 1.0} for claim in claims()} | limits
    return {row["claim"]: row for row in scorecard.score(tables, limits) if row["claim"] in limits}


def test_each_claim_reads_its_own_data_set():
    rows = verdicts(
        digits=study((5.0, 0.05), (14.0, 0.2)),
        tabular=study((7.0, 0.3), (16.0, 0.3)),
        text=study((0.06, 0.01), (0.7, 0.1)),
    )
    measured = {name: row["measured"] for name, row in rows.items() if name.startswith("natural_")}
    assert measured == {
        "natural_tabular_orthogonal": pytest.approx(16.0),
        "natural_text_orthogonal": pytest.approx(0.7),
        "natural_tabular_certificate": pytest.approx(7.0),
        "natural_text_certificate": pytest.approx(0.06),
        "natural_reason_digits": pytest.approx(0.05),
        "natural_reason_tabular": pytest.approx(0.3),
        "natural_reason_text": pytest.approx(0.01),
    }
    held = {name for name in measured if rows[name]["verdict"] == "held"}
    assert held == {
        *("natural_text_orthogonal", "natural_text_certificate"),
        *("natural_reason_digits", "natural_reason_text"),
    }


def test_a_lift_that_leaves_the_data_crowded_decides_nothing():
    rows = verdicts(digits=study((5.0, 0.05), (14.0, 1.2)))
    assert rows["natural_reason_digits"]["verdict"] == "not tested"


def test_infinite_is_worse_than_any_number():
    rows = verdicts(tabular=study((float("inf"), 0.05), (14.0, 0.2)))
    assert rows["natural_tabular_certificate"]["verdict"] == "failed"
    assert rows["natural_reason_tabular"]["verdict"] == "held"


def test_without_tables_nothing_is_tested():
    assert {
        rows["verdict"] for name, rows in verdicts().items() if name.startswith("natural_")
    } == {"not tested"}
