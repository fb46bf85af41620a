"""How many activations the step flips, and the surface between the two ends of the certificate."""

import numpy as np

from kkt_unlearning.studies.claim import CHECK, OURS, Tables, Thresholds, at_last, claim, largest
from kkt_unlearning.studies.summary import Table, groups, halving, median, power_law, select, take

_CASE = ("network", "seed", "forget")


@claim(
    "The share of activations that the step flips persists as the dimension grows.",
    OURS.at("docs/theory.md, section 6.4"),
    "exponent p of the share ~ d^p, median of the fits",
    "at_least",
    "flips",
    "flips.flips",
)
def flips_share_persists(tables: Tables, _: Thresholds) -> float:
    table = tables["flips.flips"]
    if "dimension" not in table or np.unique(table["dimension"]).size < 3:
        return float("nan")
    return power_law(table, "dimension", "share", "dimension").exponent


@claim(
    "So many entries against a label are turned on by the step as theory says to leading order.",
    OURS.at("docs/theory.md, section 6.4"),
    "|number over prediction − 1|, all cases together, largest dimension",
    "at_most",
    "flips",
    "flips.flips",
)
def flips_predicted(tables: Tables, _: Thresholds) -> float:
    table = _last(tables["flips.flips"])
    expected = float(np.sum(table["predicted_off_on"]))
    return (
        abs(float(np.sum(table["opposed_off_on"])) / expected - 1.0) if expected else float("nan")
    )


@claim(
    "The restored network θ̃ leaves no entry flipped.",
    CHECK.at("docs/theory.md, proposition 6.4"),
    "entries left on another side, most in any case",
    "at_most",
    "flips",
    "flips.flips",
)
def flips_restored(tables: Tables, _: Thresholds) -> float:
    return largest(tables["flips.flips"]["left"])


@claim(
    "The surface ends in (0, 0, τ*): at τ* no ε is left, even for δ = 0.",
    CHECK.at("θ* is one of the networks that the surface is computed from"),
    "largest relative ε at τ*",
    "at_most",
    "flips",
    "flips.surface",
)
def surface_reaches_exact(tables: Tables, _: Thresholds) -> float:
    table = tables["flips.surface"]
    return largest(take(table, table["tau_share"] >= 1.0)["epsilon"])


@claim(
    "Less than half of the way to the exact KKT point, in τ, halves ε.",
    OURS,
    "median of the least τ/τ* with half of the ε at τ = 0, both at δ*, largest dimension",
    "at_most",
    "flips",
    "flips.surface",
)
def surface_halved(tables: Tables, _: Thresholds) -> float:
    table = _last(tables["flips.surface"])
    table = take(table, table["delta_share"] == largest(table["delta_share"]))
    cases = [case for _, case in groups(table, *_CASE)]
    return median(np.array([halving(case["tau_share"], case["epsilon"]) for case in cases]))


@claim(
    "Without any slack (δ = 0), half of the way to the exact KKT point leaves a small ε.",
    OURS,
    "median relative ε at δ = 0 and the largest τ up to τ*/2, largest dimension",
    "at_most",
    "flips",
    "flips.surface",
)
def surface_without_slack(tables: Tables, _: Thresholds) -> float:
    table = select(_last(tables["flips.surface"]), delta_share=0.0)
    table = take(table, table["tau_share"] <= 0.5)
    return median(select(table, tau_share=largest(table["tau_share"]))["epsilon"])


def _last(table: Table) -> Table:
    """Cases at the largest dimension; all where the sweep has none."""
    return at_last(table, "dimension") if "dimension" in table else table
