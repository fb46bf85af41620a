"""Real data: the handwritten digits."""

import numpy as np

from kkt_unlearning.studies.claim import CHECK, OURS, Tables, Thresholds, claim, gain, prescribed
from kkt_unlearning.studies.columns import epsilon_at
from kkt_unlearning.studies.joint import against_nothing, share
from kkt_unlearning.studies.summary import Table, crowding, forgets_support_vector, median, take


def _forgotten_support(tables: Tables, network: str | None = None) -> Table:
    cases = prescribed(tables["digits"], network)
    return take(cases, forgets_support_vector(cases, tables["digits.multipliers"]))


@claim(
    "The inner products of images centred by their own mean are always too large for near-orthogonality.",
    CHECK.at("docs/questions/natural.md, proposition 3"),
    "median of (m − 1) φ / (1 − ψ)",
    "at_least",
    "digits",
    "digits.dataset",
    "digits.multipliers",
)
def digits_crowded(tables: Tables, _: Thresholds) -> float:
    samples = np.unique(tables["digits.multipliers"]["sample"]).size
    return median(crowding(tables["digits.dataset"], samples))


@claim(
    "On real images the prescribed step leaves a small ε.",
    OURS.at("Theorems 3.1 and 4.1, put to real data"),
    "median relative ε at θ̃ for δ = 0.1 of the mean multiplier, support samples forgotten, both networks",
    "at_most",
    "digits",
    "digits",
    "digits.multipliers",
)
def digits_epsilon(tables: Tables, _: Thresholds) -> float:
    return median(_forgotten_support(tables)[epsilon_at()])


@claim(
    "On real images the prescribed step is (ε, δ, τ)-successful, all three small in one case.",
    OURS.at("Theorems 3.1 and 4.1, put to real data"),
    "share with ε ≤ 0.03 at θ̃ for δ = 0.1 of the mean multiplier and τ ≤ 0.005, support samples forgotten, "
    "both networks",
    "at_least",
    "digits",
    "digits",
    "digits.multipliers",
)
def digits_joint(tables: Tables, _: Thresholds) -> float:
    return share(_forgotten_support(tables))


@claim(
    "On real images the prescribed step leaves less ε than doing nothing.",
    OURS.at("Theorems 3.1 and 4.1, put to real data"),
    "median ε at θ̃ for δ = 0.1 of the mean multiplier over that of doing nothing, support samples forgotten, "
    "both networks",
    "at_most",
    "digits",
    "digits",
    "digits.multipliers",
)
def digits_against_nothing(tables: Tables, _: Thresholds) -> float:
    return against_nothing(_forgotten_support(tables))


@claim(
    "On real images the prescribed step leaves a small δ.",
    OURS.at("Theorems 3.1 and 4.1, put to real data"),
    "median δ at θ̃ over the mean multiplier, support samples forgotten, both networks",
    "at_most",
    "",
    "digits",
    "digits.multipliers",
)
def digits_delta(tables: Tables, _: Thresholds) -> float:
    return median(_forgotten_support(tables)["relative_delta"])


@claim(
    "On real images the step brings the linear model closer to the retrained one.",
    OURS.at("Theorem 3.1, put to real data"),
    "median of (1 − cos) after over before unlearning, support samples forgotten",
    "at_most",
    "digits",
    "digits",
    "digits.multipliers",
)
def digits_retrained_gain(tables: Tables, _: Thresholds) -> float:
    return gain(_forgotten_support(tables, "linear"))
