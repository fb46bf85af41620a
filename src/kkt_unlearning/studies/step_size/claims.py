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
from kkt_unlearning.studies.joint import epsilon_at


@claim(
    "Another step than the prescribed one makes ε worse for the linear model.",
    CHECK.at("docs/theory.md, proposition 6.3"),
    "fraction of the prescribed step with the least median ε",
    "equals",
    "step_size",
    "step_size",
)
def step_size_linear(tables: Tables, _: Thresholds) -> float:
    return best_fraction(tables["step_size"], "epsilon", "linear", "exact")


@claim(
    "Another step than the prescribed one makes the median ε at θ̃ worse for the two-layer network.",
    OURS.at("Figure 1 read at θ̃, which its caption does not name"),
    "fraction with the least median ε at θ̃ for δ = 0.1 of the mean multiplier, from the exact KKT point",
    "equals",
    "step_size",
    "step_size",
)
def step_size_two_layer(tables: Tables, _: Thresholds) -> float:
    return best_fraction(tables["step_size"], epsilon_at(), "two_layer", "exact")


@claim(
    "Another step from the merely trained weights makes the median ε at θ̃ worse for the two-layer network.",
    OURS.at("Figure 1 read at θ̃, which its caption does not name"),
    "fraction with the least median ε at θ̃ for δ = 0.1 of the mean multiplier, from the trained weights",
    "equals",
    "step_size",
    "step_size",
)
def step_size_trained(tables: Tables, _: Thresholds) -> float:
    return best_fraction(tables["step_size"], epsilon_at(), "two_layer", "trained")


@claim(
    "Another step from the exact KKT point makes ε of the unlearned two-layer network itself worse.",
    PAPER.at("Figure 1 by its caption; start and derivatives are ours"),
    "fraction with the least median ε at θ′ with 0/1 derivatives, from the exact KKT point",
    "equals",
    "step_size",
    "step_size",
)
def step_size_autograd(tables: Tables, _: Thresholds) -> float:
    return best_fraction(tables["step_size"], "epsilon_autograd", "two_layer", "exact")


@claim(
    "Another step from the merely trained weights makes ε of the unlearned two-layer network itself worse.",
    PAPER.at("Figure 1 by its caption; derivatives are ours"),
    "fraction with the least median ε at θ′ with 0/1 derivatives, from the trained weights",
    "equals",
    "",
    "step_size",
)
def step_size_trained_autograd(tables: Tables, _: Thresholds) -> float:
    return best_fraction(tables["step_size"], "epsilon_autograd", "two_layer", "trained")
