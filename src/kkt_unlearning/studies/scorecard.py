"""Claim by claim: what was measured, the threshold stated beforehand, the verdict."""

import math
from collections.abc import Mapping
from typing import Any

from kkt_unlearning.studies.claim import Claim, Tables, Thresholds, claims

HELD, FAILED, OPEN, NOT_TESTED = "held", "failed", "open", "not tested"  # open: too near to tell
VERDICTS = (HELD, FAILED, OPEN, NOT_TESTED)

_SAME_NUMBER = 1e-9  # two numbers nearer than that differ by the order of a sum: they have 6 digits

Score = dict[str, Any]  # texts and numbers, as :func:`score` names them


def score(tables: Tables, thresholds: Mapping[str, Thresholds]) -> list[Score]:
    """Decide every claim.

    Args:
        tables: result tables by name, ``"dimension"`` or ``"step_size.multipliers"``; a claim whose
            table is missing is not tested.
        thresholds: for each claim ``{comparison: threshold}``.

    Returns:
        A row for each claim, section by section, ``by`` being how far the measured value is from the
        threshold.

    Raises:
        ValueError: the section of a claim is declared by no study.
    """
    return [_decide(claim, tables, thresholds[claim.name]) for claim in claims()]


def _decide(claim: Claim, tables: Tables, thresholds: Thresholds) -> Score:
    threshold = thresholds[claim.comparison]
    present = all(name in tables for name in claim.tables)
    measured = claim.measure(tables, thresholds) if present else math.nan
    return {
        "section": claim.section,
        "claim": claim.name,
        "statement": claim.statement,
        "source": str(claim.origin),
        "origin": claim.origin.kind,
        "statistic": claim.statistic,
        "measured": measured,
        "comparison": claim.comparison,
        "threshold": float(threshold),
        "verdict": _verdict(measured, claim.comparison, threshold),
        "by": abs(measured - threshold),
        "figure": claim.figure,
        "table": " ".join(claim.tables) or "all",
    }


def _verdict(measured: float, comparison: str, threshold: float) -> str:
    if math.isnan(measured):
        return NOT_TESTED
    met = {
        "at_most": measured <= threshold,
        "at_least": measured >= threshold,
        "equals": math.isclose(measured, threshold, abs_tol=_SAME_NUMBER),
    }
    return HELD if met[comparison] else FAILED
