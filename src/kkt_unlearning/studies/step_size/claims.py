"""The size of the step: Figure 1, in the readings that its caption allows, and the linear model."""

from kkt_unlearning.studies.claim import (
    CHECK,
    OURS,
    PAPER,
    Tables,
    Thresholds,
    best_fraction,
    claim,
)
from kkt_unlearning.studies.columns import epsilon_at


@claim(
    "For the linear model ε is least at the prescribed step size.",
    CHECK.at("docs/theory.md, proposition 6.3"),
    "fraction of the prescribed step with the least median ε",
    "equals",
    "step_size",
    "step_size",
)
def step_size_linear(tables: Tables, _: Thresholds) -> float:
    return best_fraction(tables["step_size"], "epsilon", "linear", "exact")


@claim(
    "From the exact KKT point the median ε at θ̃ is least at the prescribed step size, for two layers.",
    OURS.at("Figure 1 read at θ̃, which its caption does not name"),
    "fraction with the least median ε at θ̃ for δ = 0.1 of the mean multiplier, from the exact KKT point",
    "equals",
    "step_size",
    "step_size",
)
def step_size_two_layer(tables: Tables, _: Thresholds) -> float:
    return best_fraction(tables["step_size"], epsilon_at(), "two_layer", "exact")


@claim(
    "From trained weights the median ε at θ̃ is least at the prescribed step size, for two layers.",
    OURS.at("Figure 1 read at θ̃, which its caption does not name"),
    "fraction with the least median ε at θ̃ for δ = 0.1 of the mean multiplier, from the trained weights",
    "equals",
    "step_size",
    "step_size",
)
def step_size_trained(tables: Tables, _: Thresholds) -> float:
    return best_fraction(tables["step_size"], epsilon_at(), "two_layer", "trained")


@claim(
    "From the exact KKT point ε at θ′ is least at the prescribed step size, for two layers.",
    PAPER.at("Figure 1 by its caption; start and derivatives are ours"),
    "fraction with the least median ε at θ′ with 0/1 derivatives, from the exact KKT point",
    "equals",
    "step_size",
    "step_size",
)
def step_size_autograd(tables: Tables, _: Thresholds) -> float:
    return best_fraction(tables["step_size"], "epsilon_autograd", "two_layer", "exact")


@claim(
    "From trained weights ε at θ′ is least at the prescribed step size, for two layers.",
    PAPER.at("Figure 1 by its caption; derivatives are ours"),
    "fraction with the least median ε at θ′ with 0/1 derivatives, from the trained weights",
    "equals",
    "",
    "step_size",
)
def step_size_trained_autograd(tables: Tables, _: Thresholds) -> float:
    return best_fraction(tables["step_size"], "epsilon_autograd", "two_layer", "trained")
