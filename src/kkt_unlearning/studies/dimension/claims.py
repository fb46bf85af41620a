"""Theorems 3.1 and 4.1: distance to retraining, margins and certificate of the linear and two-layer model."""

import numpy as np

from kkt_unlearning.studies.claim import (
    CHECK,
    OURS,
    PAPER,
    SUMMARY,
    Tables,
    Thresholds,
    at_last,
    claim,
    exponent,
    gain,
    largest,
    prescribed,
)
from kkt_unlearning.studies.columns import epsilon_at
from kkt_unlearning.studies.joint import against_nothing, share
from kkt_unlearning.studies.summary import Table, median

_JOINT = (
    "share with ε ≤ 0.03 at θ̃ for δ = 0.1 of the mean multiplier and τ ≤ 0.005, largest dimension"
)


def _last(tables: Tables, start: str = "exact") -> Table:
    return at_last(prescribed(tables["dimension"], "two_layer", start), "dimension")


@claim(
    "The step recovers the retrained max-margin predictor of the linear model almost exactly.",
    PAPER.at("Theorem 3.1"),
    "median 1 − cos to it, largest dimension",
    "at_most",
    "dimension",
    "dimension",
    section="linear",
)
def linear_recovered(tables: Tables, _: Thresholds) -> float:
    cases = at_last(prescribed(tables["dimension"], "linear"), "dimension")
    return median(cases["distance_retrained"])


@claim(
    "The unlearned linear model has cosine 1 − O(√ε_d) to the retrained max-margin predictor.",
    SUMMARY.at("list of suggested experiments"),
    "exponent p of 1 − cos ~ φ^p, median of the fits of the replicates",
    "at_least",
    "dimension",
    "dimension",
    section="linear",
)
def linear_cosine_rate(tables: Tables, _: Thresholds) -> float:
    return exponent(tables["dimension"], "linear", "distance_retrained", "dimension")


@claim(
    "The cosine of the linear model is at least 1 − √φ in every case.",
    CHECK.at("docs/theory.md, proposition 6.7: 1 − cos is of order φ²"),
    "largest (1 − cos) / √φ over all cases",
    "at_most",
    "dimension",
    "dimension",
    section="linear",
)
def linear_cosine_constant(tables: Tables, _: Thresholds) -> float:
    cases = prescribed(tables["dimension"], "linear")
    return largest(cases["distance_retrained"] / np.sqrt(cases["phi"]))


@claim(
    "The step changes retained margins by O(ε_d/m); tested as a rate in φ, without the factor 1/m.",
    PAPER.at("section 3, as a summary quotes it"),
    "exponent p of the largest margin change ~ φ^p, linear model, median of the fits",
    "at_least",
    "",
    "dimension",
    section="linear",
)
def linear_margin_rate(tables: Tables, _: Thresholds) -> float:
    return exponent(tables["dimension"], "linear", "margin_change", "dimension")


@claim(
    "From an exact KKT point the prescribed step leaves the linear model stationary on the retained samples.",
    CHECK.at("docs/theory.md, theorem 6.2 with F = 0 and α = 1"),
    "largest relative ε over all cases",
    "at_most",
    "dimension",
    "dimension",
    section="linear",
)
def linear_certificate(tables: Tables, _: Thresholds) -> float:
    return largest(prescribed(tables["dimension"], "linear")["epsilon"])


@claim(
    "The prescribed step is (ε, δ, τ)-successful for the two-layer network with small ε.",
    PAPER.at("Theorem 4.1"),
    "median relative ε at θ̃ for δ = 0.1 of the mean multiplier, largest dimension",
    "at_most",
    "dimension",
    "dimension",
    section="two_layer",
)
def two_layer_epsilon(tables: Tables, _: Thresholds) -> float:
    return median(_last(tables)[epsilon_at()])


@claim(
    "The prescribed step is (ε, δ, τ)-successful for the two-layer network with small τ.",
    PAPER.at("Theorem 4.1"),
    "median τ, largest dimension",
    "at_most",
    "dimension",
    "dimension",
    section="two_layer",
)
def two_layer_tau(tables: Tables, _: Thresholds) -> float:
    return median(_last(tables)["tau"])


@claim(
    "The prescribed step is (ε, δ, τ)-successful for the two-layer network with small δ.",
    PAPER.at("Theorem 4.1"),
    "median δ at θ̃ over the mean multiplier, largest dimension",
    "at_most",
    "dimension",
    "dimension",
    section="two_layer",
)
def two_layer_delta(tables: Tables, _: Thresholds) -> float:
    return median(_last(tables)["relative_delta"])


@claim(
    "The prescribed step is (ε, δ, τ)-successful for the two-layer network, all three small in one case.",
    PAPER.at("Theorem 4.1"),
    f"{_JOINT}, from the exact KKT point",
    "at_least",
    "dimension",
    "dimension",
    section="two_layer",
)
def two_layer_joint(tables: Tables, _: Thresholds) -> float:
    return share(_last(tables))


@claim(
    "From trained weights the prescribed step is (ε, δ, τ)-successful for the two-layer network.",
    PAPER.at("Theorem 4.1"),
    f"{_JOINT}, from the trained weights",
    "at_least",
    "dimension",
    "dimension",
    section="two_layer",
)
def two_layer_joint_trained(tables: Tables, _: Thresholds) -> float:
    return share(_last(tables, "trained"))


@claim(
    "Doing nothing fails the criterion (ε, δ, τ).",
    OURS,
    f"{_JOINT}, of the untouched network at the exact KKT point",
    "at_most",
    "dimension",
    "dimension",
    section="two_layer",
)
def two_layer_joint_nothing(tables: Tables, _: Thresholds) -> float:
    return share(_last(tables), nothing=True)


@claim(
    "The step leaves a tenth, at most, of the ε that doing nothing costs.",
    OURS.at("where Theorem 4.1 says small"),
    "median ε at θ̃ for δ = 0.1 of the mean multiplier over that of doing nothing, largest dimension",
    "at_most",
    "dimension",
    "dimension",
    section="two_layer",
)
def two_layer_against_nothing(tables: Tables, _: Thresholds) -> float:
    return against_nothing(_last(tables))


@claim(
    "The τ of the two-layer network vanishes as the data become orthogonal.",
    OURS.at("where Theorem 4.1 says small; docs/theory.md, corollary 6.6"),
    "exponent p of τ ~ φ^p, median of the fits",
    "at_least",
    "dimension",
    "dimension",
    section="two_layer",
)
def two_layer_tau_rate(tables: Tables, _: Thresholds) -> float:
    return exponent(tables["dimension"], "two_layer", "tau", "dimension")


@claim(
    "The δ of the two-layer network vanishes as the data become orthogonal.",
    OURS.at("where Theorem 4.1 says small; docs/theory.md, theorem 6.2"),
    "exponent p of δ ~ φ^p, median of the fits",
    "at_least",
    "dimension",
    "dimension",
    section="two_layer",
)
def two_layer_delta_rate(tables: Tables, _: Thresholds) -> float:
    return exponent(tables["dimension"], "two_layer", "delta", "dimension")


@claim(
    "The step brings the two-layer network closer to the retrained one than it was before.",
    PAPER.at("abstract: it closely approximates the retrained solution"),
    "median of (1 − cos) after over before unlearning, all dimensions",
    "at_most",
    "dimension",
    "dimension",
    section="two_layer",
)
def two_layer_retrained_gain(tables: Tables, _: Thresholds) -> float:
    return gain(prescribed(tables["dimension"], "two_layer"))


@claim(
    "The cosine of the two-layer network to the one retrained from the same start goes to 1.",
    OURS,
    "exponent p of 1 − cos ~ φ^p, median of the fits",
    "at_least",
    "dimension",
    "dimension",
    section="two_layer",
)
def two_layer_retrained_rate(tables: Tables, _: Thresholds) -> float:
    return exponent(tables["dimension"], "two_layer", "distance_retrained", "dimension")
