"""The size of the step (Figure 1)."""

from kkt_unlearning.studies.claim import Tables, Thresholds, best_fraction, claim


@claim(
    "Another step than the prescribed one makes ε worse for the linear model.",
    "Figure 1",
    "fraction of the prescribed step with the least median ε",
    "equals",
    "step_size",
    "step_size",
)
def step_size_linear(tables: Tables, _: Thresholds) -> float:
    return best_fraction(tables["step_size"], "epsilon", "linear", "exact")


@claim(
    "Another step than the prescribed one makes ε at θ̃ worse for the two-layer network.",
    "Figure 1",
    "fraction with the least median ε at θ̃, from the exact KKT point",
    "equals",
    "step_size",
    "step_size",
)
def step_size_two_layer(tables: Tables, _: Thresholds) -> float:
    return best_fraction(tables["step_size"], "epsilon", "two_layer", "exact")


@claim(
    "Another step from the merely trained weights makes ε at θ̃ worse for the two-layer network.",
    "Figure 1",
    "fraction with the least median ε at θ̃, from the trained weights",
    "equals",
    "step_size",
    "step_size",
)
def step_size_trained(tables: Tables, _: Thresholds) -> float:
    return best_fraction(tables["step_size"], "epsilon", "two_layer", "trained")


@claim(
    "Another step makes ε at θ′ itself (τ = 0) worse, with the 0/1 derivatives of automatic differentiation.",
    "Figure 1, read without θ̃",
    "fraction with the least median ε at θ′, from the exact KKT point",
    "equals",
    "step_size",
    "step_size",
)
def step_size_autograd(tables: Tables, _: Thresholds) -> float:
    return best_fraction(tables["step_size"], "epsilon_autograd", "two_layer", "exact")
