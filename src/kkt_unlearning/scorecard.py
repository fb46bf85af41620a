"""Claim by claim: what was measured, the threshold stated beforehand, the verdict."""

import math
from collections.abc import Mapping, Sequence

from kkt_unlearning.claims import CLAIMS, Claim, Tables, Thresholds

REPLICATED, NOT_REPLICATED, NOT_TESTED = "replicated", "not replicated", "not tested"
SIGNS = {"at_most": "≤", "at_least": "≥", "equals": "="}

Score = dict[str, str | float]

_PREAMBLE = """\
# Scorecard

One row for each claim of *Provable Unlearning with Gradient Ascent on Two-Layer ReLU Neural
Networks* (arXiv 2510.14844), and for what this project asks beyond it: what was measured and
whether it meets the threshold. Every threshold stands in `config.yaml`, under `claims`, with its
reason from the theory, for the sizes given there; on other sizes a verdict says little. Pilot
runs were known when the thresholds were set, so none of them is blind. The numeric constants of
the paper's theorems are not in the notes this project rests on: rates and instance-wise bounds,
derived in `docs/theory.md`, are tested instead.

Distances are 1 − cosine between weights, ε is relative to the norm of the network scaled to
smallest retained margin 1, φ is the largest inner product between two points, θ′ the unlearned
network and θ̃ the one put back into its activation cell. A claim that is not replicated shows by
how much it missed.
"""


def score(tables: Tables, thresholds: Mapping[str, Thresholds]) -> list[Score]:
    """Decide every claim.

    Args:
        tables: result tables by name, ``"dimension"`` or ``"step_size.multipliers"``; a claim whose
            table is missing is not tested.
        thresholds: for each claim ``{comparison: threshold}``.

    Returns:
        A row for each claim, ``by`` being how far the measured value is from the threshold.
    """
    return [_decide(claim, tables, thresholds[claim.name]) for claim in CLAIMS]


def _decide(claim: Claim, tables: Tables, thresholds: Thresholds) -> Score:
    threshold = thresholds[claim.comparison]
    present = all(name in tables for name in claim.tables)
    measured = claim.measure(tables, thresholds) if present else math.nan
    return {
        "claim": claim.name,
        "statement": claim.statement,
        "source": claim.source,
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
        "equals": math.isclose(measured, threshold, abs_tol=1e-9),
    }
    return REPLICATED if met[comparison] else NOT_REPLICATED


def render(scores: Sequence[Score]) -> str:
    """The scorecard as Markdown that can be read alone, figures linked beside it."""
    counts = [(name, sum(row["verdict"] == name for row in scores)) for name in _ORDER]
    total = ", ".join(f"{count} {name}" for name, count in counts)
    header = "| claim | where | measured | threshold | verdict |\n|---|---|---|---|---|"
    lines = [_PREAMBLE, f"{len(scores)} claims: {total}.\n", header, *map(_line, scores)]
    return "\n".join(lines) + "\n"


_ORDER = (REPLICATED, NOT_REPLICATED, NOT_TESTED)


def _line(row: Score) -> str:
    tested = row["verdict"] != NOT_TESTED
    verdict = f"**{row['verdict']}**" if row["verdict"] == NOT_REPLICATED else row["verdict"]
    missed = f" by {row['by']:.3g}" if row["verdict"] == NOT_REPLICATED else ""
    figure = f" ([figure]({row['figure']}.png))" if row["figure"] else ""
    cells = (
        f"`{row['claim']}`: {row['statement']}{figure}",
        row["source"],
        f"{row['measured']:.3g}: {row['statistic']}"
        if tested
        else f"no result: {row['statistic']}",
        f"{SIGNS[row['comparison']]} {row['threshold']:.3g}",
        f"{verdict}{missed}",
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in map(str, cells)) + " |"
