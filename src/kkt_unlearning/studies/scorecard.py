"""Claim by claim: what was measured, how sure that is, the threshold stated beforehand, the verdict."""

import math
from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

import numpy as np

from kkt_unlearning.studies.bootstrap import INTERVAL, Clusters, clusters, resample
from kkt_unlearning.studies.claim import Claim, Tables, Thresholds, claims
from kkt_unlearning.studies.summary import quantile

HELD, FAILED, OPEN, NOT_TESTED = "held", "failed", "open", "not tested"
VERDICTS = (HELD, FAILED, OPEN, NOT_TESTED)

AGREE = 0.95  # share of the resamples with the same verdict from which on it is not open

_SAME_NUMBER = 1e-9  # two numbers nearer than that differ by the order of a sum: they have 6 digits

Score = dict[str, Any]  # texts and numbers, as :func:`score` names them


def score(
    tables: Tables, thresholds: Mapping[str, Thresholds], resamples: int = 0, seed: int = 0
) -> list[Score]:
    """Decide every claim.

    Args:
        tables: result tables by name, ``"dimension"`` or ``"step_size.multipliers"``; a claim whose
            table is missing is not tested.
        thresholds: for each claim ``{comparison: threshold}``.
        resamples: of the replicates, behind each interval; without any there is none, and no verdict is open.
        seed: root entropy of them.

    Returns:
        A row for each claim, section by section. ``by`` is how far the measured value is from the
        threshold, ``low`` and ``high`` are quantiles of the resamples (`INTERVAL`), and ``agreement`` is
        the share of them whose verdict is that of all replicates, ``replicates`` in the experiment that
        has the fewest. Below `AGREE` the verdict is open. A check of the code, or a claim on one case,
        has no interval (nan), and 0 replicates.

    Raises:
        ValueError: the section of a claim is declared by no study.
    """
    tested = {claim.name: claim for claim in claims() if set(claim.tables) <= tables.keys()}
    measured = {name: one.measure(tables, thresholds[name]) for name, one in tested.items()}
    drawn = {name: (one, clusters(one, tables)) for name, one in tested.items()}
    drawn = {
        name: pair for name, pair in drawn.items() if pair[1] and not math.isnan(measured[name])
    }
    values = resample(drawn, tables, thresholds, resamples, seed)
    return [
        _decide(
            claim,
            thresholds[claim.name][claim.comparison],
            measured.get(claim.name, math.nan),
            values.get(claim.name, np.empty(0)),
            drawn[claim.name][1] if claim.name in drawn else {},
        )
        for claim in claims()
    ]


def _decide(
    claim: Claim, threshold: float, measured: float, values: np.ndarray, replicates: Clusters
) -> Score:
    verdict = _verdict(measured, claim.comparison, threshold)
    agree = [_verdict(value, claim.comparison, threshold) == verdict for value in values.tolist()]
    agreement = float(np.mean(agree)) if agree else math.nan
    low, high = (quantile(values, q) for q in INTERVAL)
    return {
        "section": claim.section,
        "claim": claim.name,
        "statement": claim.statement,
        "source": str(claim.origin),
        "origin": claim.origin.kind,
        "statistic": claim.statistic,
        "measured": measured,
        "low": low,
        "high": high,
        "replicates": min(map(len, replicates.values()), default=0),
        "agreement": agreement,
        "comparison": claim.comparison,
        "threshold": float(threshold),
        "verdict": OPEN if agreement < AGREE else verdict,
        "by": abs(measured - threshold),
        "figure": claim.figure,
        "table": " ".join(claim.tables) or "all",
    }


def replicates_needed(agreement: float, replicates: int) -> float:
    """About ``n (z / Φ⁻¹(agreement))²`` replicates, ``Φ(z)`` being `AGREE`, would decide an open claim.

    That is so if what is measured stays and strays normally, by one over the root of their number.
    Infinite where no more than half of the resamples agree.
    """
    if agreement <= 0.5:
        return math.inf
    normal = NormalDist()
    return replicates * (normal.inv_cdf(AGREE) / normal.inv_cdf(agreement)) ** 2


def _verdict(measured: float, comparison: str, threshold: float) -> str:
    if math.isnan(measured):
        return NOT_TESTED
    met = {
        "at_most": measured <= threshold,
        "at_least": measured >= threshold,
        "equals": math.isclose(measured, threshold, abs_tol=_SAME_NUMBER),
    }
    return HELD if met[comparison] else FAILED
