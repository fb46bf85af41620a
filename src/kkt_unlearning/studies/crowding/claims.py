"""The factor 1/m of the change of margins, and the share of data sets that are nearly orthogonal."""

import numpy as np

from kkt_unlearning.studies.claim import CHECK, OURS, Tables, Thresholds, claim
from kkt_unlearning.studies.crowding.share import ORTHOGONAL, SAFE, room, shares
from kkt_unlearning.studies.summary import Table, groups, median, take


@claim(
    "At fixed mφ the change of retained margins of the linear model falls like 1/m.",
    OURS.at("where section 3 has O(ε_d/m); mφ for ε_d is our reading"),
    "exponent q of the largest margin change ~ (mφ)^p m^q, median of the fits of the replicates",
    "at_most",
    "crowding",
    "crowding.crowding",
)
def crowding_linear(tables: Tables, _: Thresholds) -> float:
    table = tables["crowding.crowding"]
    return samples_exponent(take(table, np.asarray(table["network"]) == "linear"))


@claim(
    "At fixed mφ the change of retained margins of the two-layer network falls like 1/m.",
    OURS.at("docs/theory.md, corollary 6.6: κ is at most kφ/c₀"),
    "exponent q of the largest margin change ~ (mφ)^p m^q, median of the fits of the replicates",
    "at_most",
    "crowding",
    "crowding.crowding",
)
def crowding_two_layer(tables: Tables, _: Thresholds) -> float:
    table = tables["crowding.crowding"]
    return samples_exponent(take(table, np.asarray(table["network"]) != "linear"))


@claim(
    "Gaussian data of d ≥ 24 m² log m dimensions are nearly orthogonal: (m − 1)φ < 1 − ψ.",
    CHECK.at("docs/theory.md, section 8: but for a share of 2/m² + 1/m⁴ at most"),
    "smallest share of data sets, over the settings of so many dimensions",
    "at_least",
    "crowding",
    "crowding.dataset",
)
def crowding_gaussian(tables: Tables, _: Thresholds) -> float:
    found = shares(tables["crowding.dataset"])
    high = room(found["samples"], found["dimension"]) >= SAFE
    return float(found[ORTHOGONAL][high].min()) if high.any() else float("nan")


def samples_exponent(table: Table) -> float:
    """q of ``change ~ (mφ)^p m^q``, fitted for each replicate to the medians over forget sets."""
    fits = [_fit(replicate) for _, replicate in groups(table, "seed")]
    known = [q for q in fits if np.isfinite(q)]
    return median(np.array(known)) if known else float("nan")


def _fit(table: Table) -> float:
    """nan unless both m and φ at fixed m vary."""
    points = np.array(
        [
            (m, m * median(group["phi"]), median(group["margin_change"]))
            for (m, _), group in groups(table, "samples", "dimension")
        ]
    )
    x, y = np.log(points[:, :2]), np.log(points[:, 2])
    terms = np.column_stack([np.ones(len(y)), x])
    if np.linalg.matrix_rank(terms - terms.mean(axis=0)) < 2 or not np.isfinite(y).all():
        return float("nan")
    return float(np.linalg.lstsq(terms, y, rcond=None)[0][1])
