"""How many activations the step flips, and the surface between the two ends of the certificate."""

import numpy as np

from kkt_unlearning.studies.claim import (
    CHECK,
    OURS,
    TABLE_DIGITS,
    Tables,
    Thresholds,
    at_last,
    claim,
    largest,
    smallest,
)
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
    "The step turns on as many entries against a label as theory predicts to leading order.",
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
    "The share of activations that the step flips is the same for all step sizes of training.",
    OURS.at("docs/theory.md, section 6.4: it follows from the exact point's multipliers"),
    "largest over smallest share of retained entries, all cases of a size together",
    "at_most",
    "flips",
    "flips_training.flips",
)
def flips_training_step(tables: Tables, _: Thresholds) -> float:
    cases = groups(tables["flips_training.flips"], "training_step")
    shares = [float(np.average(group["share"], weights=group["entries"])) for _, group in cases]
    known = len(shares) > 1 and smallest(shares) > 0
    return largest(shares) / smallest(shares) if known else float("nan")


@claim(
    "The restored network θ̃ has all activations of θ.",
    CHECK.at("docs/theory.md, proposition 6.4"),
    "entries left on another side, most in any case",
    "at_most",
    "flips",
    "flips.flips",
)
def flips_restored(tables: Tables, _: Thresholds) -> float:
    return largest(tables["flips.flips"]["left"])


@claim(
    "The search for an exact KKT point pivots just where the step turns a supporting entry on.",
    OURS.at("docs/theory.md, theorem 6.16, where it is proved in the limit"),
    "share of cases with both or neither, largest dimension",
    "at_least",
    "flips",
    "flips.flips",
)
def flips_pivots(tables: Tables, _: Thresholds) -> float:
    table = _last(tables["flips.flips"])
    return float(np.mean((table["pivots"] > 0) == (table["supporting_on"] > 0)))


@claim(
    "τ* falls into two clusters: small where the step turns no supporting entry on, large where it does.",
    OURS.at("docs/theory.md, section 6.5 and theorem 6.16"),
    "smallest τ* with such an entry over the largest without, largest dimension",
    "at_least",
    "flips",
    "flips.flips",
)
def flips_two_clusters(tables: Tables, _: Thresholds) -> float:
    table = _last(tables["flips.flips"])
    turned = table["supporting_on"] > 0
    if turned.all() or not turned.any():
        return float("nan")
    return smallest(table["tau_star"][turned]) / largest(table["tau_star"][~turned])


@claim(
    "Without a pivot τ* is at most 4 (D°/‖θ′‖)².",
    CHECK.at("docs/theory.md, theorem 6.15"),
    "cases without a pivot above the bound",
    "at_most",
    "flips",
    "flips.flips",
    allowances={"round_off": "what counts as 0"},
)
def flips_tau_star_bound(tables: Tables, thresholds: Thresholds) -> float:
    table = select(tables["flips.flips"], pivots=0)
    allowed = (1 + TABLE_DIGITS) * table["tau_star_bound"] + thresholds["round_off"]
    return float((table["tau_star"] > allowed).sum())


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
