"""Correlated data, where the argument breaks (Assumption 2.3), and what decides how far."""

import numpy as np

from kkt_unlearning.dependence import equicorrelated
from kkt_unlearning.studies.claim import (
    OURS,
    SUMMARY,
    Tables,
    Thresholds,
    claim,
    exponent,
    largest,
    prescribed,
)
from kkt_unlearning.studies.summary import Table, groups, median, rows, take

FLOOR = 0.1  # least correlation for rates: below it φ is the chance overlap of independent samples


def _first_lost(table: Table, network: str) -> float:
    """Smallest correlation at which a retained margin is lost; infinite if none ever is."""
    cases = prescribed(table, network)
    if not rows(cases):
        return float("nan")
    lost = cases["correlation"][cases["outcome"] == "not separating"]
    return float(lost.min()) if lost.size else float("inf")


@claim(
    "Correlated data break the step: the linear model loses a retained margin.",
    SUMMARY.at("break conditions of the argument"),
    "smallest correlation at which some case loses a retained margin, of θ′ or of θ̃",
    "at_most",
    "correlation",
    "correlation",
)
def correlation_breaks_linear(tables: Tables, _: Thresholds) -> float:
    return _first_lost(tables["correlation"], "linear")


@claim(
    "Correlated data break the step: the two-layer network loses a retained margin.",
    SUMMARY.at("break conditions of the argument"),
    "smallest correlation at which some case loses a retained margin, of θ′ or of θ̃",
    "at_most",
    "correlation",
    "correlation",
)
def correlation_breaks_two_layer(tables: Tables, _: Thresholds) -> float:
    return _first_lost(tables["correlation"], "two_layer")


@claim(
    "The certificate of the two-layer network becomes worse with the correlation.",
    SUMMARY.at("list of limitations"),
    "median τ* at the largest over that at the smallest correlation",
    "at_least",
    "correlation",
    "correlation",
)
def correlation_worsens(tables: Tables, _: Thresholds) -> float:
    cases = prescribed(tables["correlation"], "two_layer")
    medians = {key: median(group["tau_star"]) for (key,), group in groups(cases, "correlation")}
    if len(medians) < 2:
        return float("nan")
    return medians[max(medians)] / medians[min(medians)]


def _below_break(table: Table) -> Table:
    """Cases from `FLOOR` on and below ½, where κ = ρ/(1 − ρ) is below 1."""
    return take(table, (table["correlation"] >= FLOOR) & (table["correlation"] < 0.5))


@claim(
    "Before the guarantee ends, the linear model's distance to retraining is of order φ².",
    OURS.at("docs/theory.md, proposition 6.7"),
    "exponent p of 1 − cos ~ φ^p for correlations from 0.1 to below 0.5, median of the fits",
    "at_least",
    "correlation",
    "correlation",
)
def correlation_decay_linear(tables: Tables, _: Thresholds) -> float:
    cases = _below_break(tables["correlation"])
    return exponent(cases, "linear", "distance_retrained", "correlation")


@claim(
    "Before the guarantee ends, the two-layer network's τ is of order φ².",
    OURS.at("docs/theory.md, theorem 6.5 and corollary 6.6"),
    "exponent p of τ ~ φ^p for correlations from 0.1 to below 0.5, median of the fits",
    "at_least",
    "correlation",
    "correlation",
)
def correlation_decay_two_layer(tables: Tables, _: Thresholds) -> float:
    return exponent(_below_break(tables["correlation"]), "two_layer", "tau", "correlation")


@claim(
    "The closed form for equicorrelated samples gives the linear model's distance to retraining.",
    OURS.at("docs/theory.md, section 8"),
    "largest relative deviation of the median 1 − cos from it, correlations from 0.1 on",
    "at_most",
    "correlation",
    "correlation",
    "correlation.dataset",
)
def correlation_closed_form(tables: Tables, _: Thresholds) -> float:
    cases = prescribed(tables["correlation"], "linear")
    cases = take(cases, cases["correlation"] >= FLOOR)
    samples = largest(tables["correlation.dataset"]["rank"])
    deviations = []
    for (rho,), group in groups(cases, "correlation"):
        expected = equicorrelated.retrained_distance(samples, rho)
        deviations.append(abs(median(group["distance_retrained"]) / expected - 1))
    return largest(np.array(deviations))
