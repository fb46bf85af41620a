"""The claims of arXiv 2510.14844, each with the one statistic of the result tables that decides it.

The constants of its theorems are not in the notes this project rests on; rates, minima and
instance-wise bounds are measured instead. Thresholds come from outside, stated before the run.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from kkt_unlearning.summary import (
    Table,
    crowding,
    forgets_support_vector,
    groups,
    median,
    power_law,
    rows,
    select,
    take,
)

Tables = Mapping[str, Table]
Thresholds = Mapping[str, float]

TABLE_DIGITS = 1e-5  # relative; two numbers of 6 significant digits can be off by so much together
OURS = "ours, not claimed by the paper"


@dataclass(frozen=True)
class Claim:
    """One claim and how it is decided.

    Attributes:
        name: its key among the thresholds.
        statement: the claim in a sentence.
        source: where the paper makes it.
        statistic: what is measured, over which cases.
        comparison: ``at_most``, ``at_least`` or ``equals``, also the key of its threshold.
        figure: figure that shows it; empty where none does.
        tables: tables that must be there; none means all there are.
        measure: (tables, thresholds of the claim) -> the number; nan where nothing can be measured.
    """

    name: str
    statement: str
    source: str
    statistic: str
    comparison: str
    figure: str
    tables: tuple[str, ...]
    measure: Callable[[Tables, Thresholds], float]


CLAIMS: list[Claim] = []


def claim(
    statement: str, source: str, statistic: str, comparison: str, figure: str, *tables: str
) -> Callable:
    """Register the function that measures a claim; its name is the claim's."""

    def register(measure: Callable[[Tables, Thresholds], float]) -> Callable:
        fields = (measure.__name__, statement, source, statistic, comparison, figure, tables)
        CLAIMS.append(Claim(*fields, measure))
        return measure

    return register


# what several claims have in common


def prescribed(table: Table, network: str | None = None, start: str = "exact") -> Table:
    """Cases with the prescribed step; of all networks where none is named."""
    found = select(table, start=start, fraction=1.0)
    return found if network is None else select(found, network=network)


def largest(values: np.ndarray) -> float:
    """Largest value; nan where there is none."""
    return float(np.max(values)) if np.size(values) else float("nan")


def at_last(table: Table) -> Table:
    """Cases at the largest value of the sweep."""
    return take(table, table["value"] == largest(table["value"]))


def best_fraction(table: Table, quantity: str, network: str, start: str) -> float:
    """Fraction of the prescribed step with the least median; nan without two fractions."""
    cases = select(table, network=network, start=start)
    medians = {key: median(group[quantity]) for (key,), group in groups(cases, "fraction")}
    return float(min(medians, key=medians.__getitem__)) if len(medians) > 1 else float("nan")


def exponent(table: Table, network: str, quantity: str) -> float:
    """Median over replicates of p in ``quantity ~ φ^p``."""
    cases = prescribed(table, network)
    return power_law(cases, "phi", quantity).exponent if rows(cases) else float("nan")


def gain(cases: Table) -> float:
    """Median of ``(1 − cos)`` to the retrained network, after over before unlearning."""
    before = cases["distance_retrained_original"]
    return median(cases["distance_retrained"][before > 0] / before[before > 0])


# the linear model


@claim(
    "The unlearned linear model has cosine 1 − O(√ε_d) to the retrained max-margin predictor.",
    "Theorem 3.1 (linear), section 3",
    "exponent p of 1 − cos ~ φ^p, median of the fits of the replicates",
    "at_least",
    "dimension",
    "dimension",
)
def linear_cosine_rate(tables: Tables, _: Thresholds) -> float:
    return exponent(tables["dimension"], "linear", "distance_retrained")


@claim(
    "That cosine is 1 − O(√ε_d) with constant 1 in every case (constant: our choice).",
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
    return exponent(tables["dimension"], "linear", "margin_change")


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


# the two-layer network


@claim(
    "The prescribed step is (ε, δ, τ)-successful for the two-layer network with small ε.",
    "Theorem 4.1 (two-layer)",
    "median relative ε at θ̃, largest dimension",
    "at_most",
    "dimension",
    "dimension",
)
def two_layer_epsilon(tables: Tables, _: Thresholds) -> float:
    return median(at_last(prescribed(tables["dimension"], "two_layer"))["epsilon"])


@claim(
    "It is so with small τ.",
    "Theorem 4.1 (two-layer)",
    "median τ, largest dimension",
    "at_most",
    "dimension",
    "dimension",
)
def two_layer_tau(tables: Tables, _: Thresholds) -> float:
    return median(at_last(prescribed(tables["dimension"], "two_layer"))["tau"])


@claim(
    "Its τ vanishes as the data become orthogonal.",
    "Theorem 4.1 (two-layer)",
    "exponent p of τ ~ φ^p, median of the fits",
    "at_least",
    "dimension",
    "dimension",
)
def two_layer_tau_rate(tables: Tables, _: Thresholds) -> float:
    return exponent(tables["dimension"], "two_layer", "tau")


@claim(
    "Its δ vanishes as the data become orthogonal.",
    "Theorem 4.1 (two-layer)",
    "exponent p of δ ~ φ^p, median of the fits",
    "at_least",
    "dimension",
    "dimension",
)
def two_layer_delta_rate(tables: Tables, _: Thresholds) -> float:
    return exponent(tables["dimension"], "two_layer", "delta")


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
    return exponent(tables["dimension"], "two_layer", "distance_retrained")


# the size of the step


@claim(
    "Another step than the prescribed one makes ε worse: linear model.",
    "Figure 1",
    "fraction of the prescribed step with the least median ε",
    "equals",
    "step_size",
    "step_size",
)
def step_size_linear(tables: Tables, _: Thresholds) -> float:
    return best_fraction(tables["step_size"], "epsilon", "linear", "exact")


@claim(
    "Another step than the prescribed one makes ε worse: two-layer network, at θ̃.",
    "Figure 1",
    "fraction with the least median ε at θ̃, from the exact KKT point",
    "equals",
    "step_size",
    "step_size",
)
def step_size_two_layer(tables: Tables, _: Thresholds) -> float:
    return best_fraction(tables["step_size"], "epsilon", "two_layer", "exact")


@claim(
    "The same, from the merely trained weights.",
    "Figure 1",
    "fraction with the least median ε at θ̃, from the trained weights",
    "equals",
    "step_size",
    "step_size",
)
def step_size_trained(tables: Tables, _: Thresholds) -> float:
    return best_fraction(tables["step_size"], "epsilon", "two_layer", "trained")


@claim(
    "The same, at the network itself (τ = 0) with automatic differentiation's 0/1 derivatives.",
    "Figure 1, read without θ̃",
    "fraction with the least median ε at θ′, from the exact KKT point",
    "equals",
    "step_size",
    "step_size",
)
def step_size_autograd(tables: Tables, _: Thresholds) -> float:
    return best_fraction(tables["step_size"], "epsilon_autograd", "two_layer", "exact")


# correlated data


def _first_lost(table: Table, network: str) -> float:
    """Smallest value of the sweep at which a retained margin is lost; infinite if none ever is."""
    cases = prescribed(table, network)
    if not rows(cases):
        return float("nan")
    lost = cases["value"][cases["outcome"] == "not separating"]
    return float(lost.min()) if lost.size else float("inf")


@claim(
    "Correlated data break the step: the linear model loses a retained margin.",
    "section 3 (break condition), Assumption 2.3",
    "smallest correlation at which some case loses a retained margin",
    "at_most",
    "orthogonality",
    "orthogonality",
)
def correlation_breaks_linear(tables: Tables, _: Thresholds) -> float:
    return _first_lost(tables["orthogonality"], "linear")


@claim(
    "Correlated data break the step: the two-layer network loses a retained margin.",
    "section 3 (break condition), Assumption 2.3",
    "smallest correlation at which some case loses a retained margin",
    "at_most",
    "orthogonality",
    "orthogonality",
)
def correlation_breaks_two_layer(tables: Tables, _: Thresholds) -> float:
    return _first_lost(tables["orthogonality"], "two_layer")


@claim(
    "The certificate of the two-layer network becomes worse with the correlation.",
    "Assumption 2.3, limitations",
    "median τ* at the largest over that at the smallest correlation",
    "at_least",
    "orthogonality",
    "orthogonality",
)
def correlation_worsens(tables: Tables, _: Thresholds) -> float:
    cases = prescribed(tables["orthogonality"], "two_layer")
    medians = {key: median(group["tau_star"]) for (key,), group in groups(cases, "value")}
    if len(medians) < 2:
        return float("nan")
    return medians[max(medians)] / medians[min(medians)]


# generalisation


def _mean_accuracy(table: Table, name: str) -> dict[str, float]:
    """Mean accuracy over all cases, by network."""
    cases = prescribed(table)
    return {
        key: float(group[f"accuracy_{name}"].mean()) for (key,), group in groups(cases, "network")
    }


def _drop(table: Table, reference: str) -> float:
    """How far the unlearned networks fall behind the reference, in the worse of the networks."""
    unlearned, other = _mean_accuracy(table, "unlearned"), _mean_accuracy(table, reference)
    return largest([other[network] - unlearned[network] for network in unlearned])


@claim(
    "The unlearned network generalises on the Gaussian mixture.",
    "Theorem 6.1, section 6",
    "mean accuracy on fresh data, the worse of the networks",
    "at_least",
    "",
    "mixture",
)
def mixture_accuracy(tables: Tables, _: Thresholds) -> float:
    return -largest([-value for value in _mean_accuracy(tables["mixture"], "unlearned").values()])


@claim(
    "Unlearning keeps the accuracy of the original network on the mixture.",
    "Theorem 6.1, section 6",
    "mean accuracy of original less unlearned, the worse of the networks",
    "at_most",
    "",
    "mixture",
)
def mixture_against_original(tables: Tables, _: Thresholds) -> float:
    return _drop(tables["mixture"], "original")


@claim(
    "The unlearned network is as accurate on the mixture as the retrained one.",
    "Theorem 6.1, section 6",
    "mean accuracy of retrained less unlearned, the worse of the networks",
    "at_most",
    "",
    "mixture",
)
def mixture_against_retrained(tables: Tables, _: Thresholds) -> float:
    return _drop(tables["mixture"], "retrained")


# real data


def _forgotten_support(tables: Tables, network: str | None = None) -> Table:
    cases = prescribed(tables["digits"], network)
    return take(cases, forgets_support_vector(cases, tables["digits.multipliers"]))


@claim(
    "Real images are near-orthogonal: their Gram matrix is diagonally dominant.",
    "Assumption 2.3, put to real data (ours)",
    "median of (m − 1) φ / (1 − ψ)",
    "at_most",
    "digits",
    "digits.dataset",
    "digits.multipliers",
)
def digits_orthogonal(tables: Tables, _: Thresholds) -> float:
    samples = np.unique(tables["digits.multipliers"]["sample"]).size
    return median(crowding(tables["digits.dataset"], samples))


@claim(
    "On real images the prescribed step leaves a small ε.",
    "Theorems 3.1 and 4.1, put to real data (ours)",
    "median relative ε at θ̃, support vectors forgotten, both networks",
    "at_most",
    "digits",
    "digits",
    "digits.multipliers",
)
def digits_epsilon(tables: Tables, _: Thresholds) -> float:
    return median(_forgotten_support(tables)["epsilon"])


@claim(
    "On real images the prescribed step leaves a small δ.",
    "Theorems 3.1 and 4.1, put to real data (ours)",
    "median δ at θ̃, support vectors forgotten, both networks",
    "at_most",
    "digits",
    "digits",
    "digits.multipliers",
)
def digits_delta(tables: Tables, _: Thresholds) -> float:
    return median(_forgotten_support(tables)["delta"])


@claim(
    "On real images the step brings the linear model closer to the retrained one.",
    "Theorem 3.1, put to real data (ours)",
    "median of (1 − cos) after over before unlearning, support vectors forgotten",
    "at_most",
    "digits",
    "digits",
    "digits.multipliers",
)
def digits_retrained_gain(tables: Tables, _: Thresholds) -> float:
    return gain(_forgotten_support(tables, "linear"))


# bounds


@claim(
    "Every measured ε, δ and margin change stays within its instance-wise bound.",
    "derived here (docs/theory.md, section 6), in place of the constants of Theorems 3.1 and 4.1",
    "violations in all rows of all tables, beyond the round-off that is allowed",
    "at_most",
    "",
)
def bounds_hold(tables: Tables, thresholds: Thresholds) -> float:
    evaluations = [table for table in tables.values() if "epsilon_bound" in table]
    if not evaluations:
        return float("nan")
    return float(sum(violations(table, thresholds["round_off"]) for table in evaluations))


def violations(table: Table, round_off: float) -> int:
    """Cells above their bound by more than ``round_off`` and the last digit of the table.

    A bound that is nan comes from an infinite one divided by an infinite norm, and bounds nothing.
    """
    pairs = (
        (table["epsilon_clarke"], table["epsilon_bound"]),
        (table["epsilon"], table["restored_bound"]),
        (table["delta"], table["delta_budget"]),
        (table["margin_change"], table["fraction"] * table["kappa"]),
    )
    total = 0
    for measured, bound in pairs:
        limit = np.where(np.isnan(bound), np.inf, bound)
        total += int((measured > limit * (1 + TABLE_DIGITS) + round_off).sum())
    return total


# multipliers


def _estimate_error(table: Table, name: str) -> float:
    """Median over replicates of ``max |λ̂_i − λ_i| / max λ_i``, in the worse of the networks."""
    worst: dict[str, list[float]] = {}
    for (network, _), group in groups(table, "network", "seed"):
        error = np.abs(group[name] - group["exact"]).max() / group["exact"].max()
        worst.setdefault(network, []).append(float(error))
    return largest([median(np.array(errors)) for errors in worst.values()])


@claim(
    "The multiplier, and so the step, can be read off the running loss gradients.",
    "section 2.1 (implicit bias), mechanism of the step size",
    "median of the largest error of a replicate over its largest λ, worse of the networks",
    "at_most",
    "multipliers",
    "step_size.multipliers",
)
def multipliers_loss_gradient(tables: Tables, _: Thresholds) -> float:
    return _estimate_error(tables["step_size.multipliers"], "loss_gradient")


@claim(
    "It can be read off the trained weights by non-negative least squares.",
    "stationarity condition, section 2",
    "median of the largest error of a replicate over its largest λ, worse of the networks",
    "at_most",
    "multipliers",
    "step_size.multipliers",
)
def multipliers_least_squares(tables: Tables, _: Thresholds) -> float:
    return _estimate_error(tables["step_size.multipliers"], "least_squares")


@claim(
    "On near-orthogonal data the closed form for orthogonal data is close.",
    "derived here (docs/theory.md, section 7)",
    "median of the largest error of a replicate over its largest λ, worse of the networks",
    "at_most",
    "multipliers",
    "step_size.multipliers",
)
def multipliers_orthogonal(tables: Tables, _: Thresholds) -> float:
    return _estimate_error(tables["step_size.multipliers"], "orthogonal")


# kinks


def _late_ratio(table: Table, quantity: str) -> float:
    """Median at the last step over that at the last one up to a tenth of it; nan if none is."""
    steps = np.unique(table["step"])
    early = steps[steps * 10 <= steps[-1]]
    if not early.size:
        return float("nan")
    last, before = (median(select(table, step=step)[quantity]) for step in (steps[-1], early[-1]))
    return last / before


@claim(
    "Training converges in direction to a KKT point of the max-margin problem.",
    "Theorem 2.1, section 2.1",
    "median 1 − cos to the exact KKT point at the last step, normalised step",
    "at_most",
    "kinks",
    "kinks.stationarity",
)
def kinks_direction(tables: Tables, _: Thresholds) -> float:
    table = tables["kinks.stationarity"]
    return median(select(table, step=table["step"].max())["distance_exact"])


@claim(
    "The stationarity residual with Clarke derivatives goes to 0 along training.",
    "Theorem 2.1, section 2.1",
    "median at the last step over that at a tenth of it, normalised step",
    "at_most",
    "kinks",
    "kinks.stationarity",
)
def kinks_clarke_falls(tables: Tables, _: Thresholds) -> float:
    return _late_ratio(tables["kinks.stationarity"], "residual_clarke")


@claim(
    "With automatic differentiation's 0/1 derivatives it stalls.",
    "ours (docs/theory.md, section 4)",
    "median at the last step over that at a tenth of it, normalised step",
    "at_least",
    "kinks",
    "kinks.stationarity",
)
def kinks_autograd_stalls(tables: Tables, _: Thresholds) -> float:
    return _late_ratio(tables["kinks.stationarity"], "residual_autograd")
