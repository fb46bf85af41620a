"""The linear model: distance to retraining, margins, certificate (Theorem 3.1)."""

import numpy as np

from kkt_unlearning.claims.claim import Tables, Thresholds, claim, exponent, largest, prescribed


@claim(
    "The unlearned linear model has cosine 1 − O(√ε_d) to the retrained max-margin predictor.",
    "Theorem 3.1 (linear), section 3",
    "exponent p of 1 − cos ~ φ^p, median of the fits of the replicates",
    "at_least",
    "dimension",
    "dimension",
)
def linear_cosine_rate(tables: Tables, _: Thresholds) -> float:
    return exponent(tables["dimension"], "linear", "distance_retrained", "dimension")


@claim(
    "The cosine of the linear model is at least 1 − √φ in every case (constant 1: our choice).",
    "Theorem 3.1 (linear), section 3",
    "largest (1 − cos) / √φ over all cases",
    "at_most",
    "dimension",
    "dimension",
)
def linear_cosine_constant(tables: Tables, _: Thresholds) -> float:
    cases = prescribed(tables["dimension"], "linear")
    return largest(cases["distance_retrained"] / np.sqrt(cases["phi"]))


@claim(
    "The step changes retained margins by O(ε_d/m); tested in φ, not the factor 1/m.",
    "section 3",
    "exponent p of the largest margin change ~ φ^p, linear model, median of the fits",
    "at_least",
    "",
    "dimension",
)
def linear_margin_rate(tables: Tables, _: Thresholds) -> float:
    return exponent(tables["dimension"], "linear", "margin_change", "dimension")


@claim(
    "The prescribed step leaves a linear model stationary on the retained points.",
    "Theorem 3.1 (linear)",
    "largest relative ε over all cases",
    "at_most",
    "dimension",
    "dimension",
)
def linear_certificate(tables: Tables, _: Thresholds) -> float:
    return largest(prescribed(tables["dimension"], "linear")["epsilon"])
