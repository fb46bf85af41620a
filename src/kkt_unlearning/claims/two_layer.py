"""The two-layer network: its certificate and how it falls with the dimension (Theorem 4.1)."""

from kkt_unlearning.claims.claim import (
    OURS,
    Tables,
    Thresholds,
    at_last,
    claim,
    exponent,
    gain,
    prescribed,
)
from kkt_unlearning.summary import median


@claim(
    "The prescribed step is (ε, δ, τ)-successful for the two-layer network with small ε.",
    "Theorem 4.1 (two-layer)",
    "median relative ε at θ̃, largest dimension",
    "at_most",
    "dimension",
    "dimension",
)
def two_layer_epsilon(tables: Tables, _: Thresholds) -> float:
    return median(at_last(prescribed(tables["dimension"], "two_layer"), "dimension")["epsilon"])


@claim(
    "The prescribed step is (ε, δ, τ)-successful for the two-layer network with small τ.",
    "Theorem 4.1 (two-layer)",
    "median τ, largest dimension",
    "at_most",
    "dimension",
    "dimension",
)
def two_layer_tau(tables: Tables, _: Thresholds) -> float:
    return median(at_last(prescribed(tables["dimension"], "two_layer"), "dimension")["tau"])


@claim(
    "The τ of the two-layer network vanishes as the data become orthogonal.",
    "Theorem 4.1 (two-layer)",
    "exponent p of τ ~ φ^p, median of the fits",
    "at_least",
    "dimension",
    "dimension",
)
def two_layer_tau_rate(tables: Tables, _: Thresholds) -> float:
    return exponent(tables["dimension"], "two_layer", "tau", "dimension")


@claim(
    "The δ of the two-layer network vanishes as the data become orthogonal.",
    "Theorem 4.1 (two-layer)",
    "exponent p of δ ~ φ^p, median of the fits",
    "at_least",
    "dimension",
    "dimension",
)
def two_layer_delta_rate(tables: Tables, _: Thresholds) -> float:
    return exponent(tables["dimension"], "two_layer", "delta", "dimension")


@claim(
    "The step brings the two-layer network closer to the retrained one than it was before.",
    "abstract (closely approximates the retrained solution)",
    "median of (1 − cos) after over before unlearning, all dimensions",
    "at_most",
    "dimension",
    "dimension",
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
)
def two_layer_retrained_rate(tables: Tables, _: Thresholds) -> float:
    return exponent(tables["dimension"], "two_layer", "distance_retrained", "dimension")
