"""How support, separation, ε, δ and the way to the trained weights grow with the number of samples."""

import numpy as np

from kkt_unlearning.studies.claim import OURS, Tables, Thresholds, claim, smallest
from kkt_unlearning.studies.summary import Table, groups, median, power_law, select

_TABLE = "growth.growth"
_LEAST_SIZES = 3  # values of m that an exponent is fitted to; two give one whatever the law is


@claim(
    "The number of support samples grows more slowly than the number of samples.",
    OURS,
    "exponent p of support ~ m^p, median of the fits",
    "at_most",
    "growth",
    _TABLE,
)
def growth_support(tables: Tables, _: Thresholds) -> float:
    return _exponent(tables[_TABLE], "support")


@claim(
    "The step that forgets one support sample mostly leaves all others classified, however many there are.",
    OURS,
    "share of the steps after which all retained margins are positive, smallest over m",
    "at_least",
    "growth",
    _TABLE,
)
def growth_separates(tables: Tables, _: Thresholds) -> float:
    sizes = groups(tables[_TABLE], "samples")
    return smallest([float(np.mean(group["separates"])) for _, group in sizes])


@claim(
    "Where there is a certificate, ε falls as samples are added.",
    OURS,
    "exponent p of ε at θ′, τ = 0, ~ m^p, certified steps, median of the fits",
    "at_most",
    "growth",
    _TABLE,
)
def growth_epsilon(tables: Tables, _: Thresholds) -> float:
    return _exponent(certified(tables[_TABLE]), "epsilon_clarke")


@claim(
    "Where there is a certificate, δ in mean multipliers does not grow as samples are added.",
    OURS,
    "exponent p of relative δ at θ̃ ~ m^p, certified steps, median of the fits",
    "at_most",
    "growth",
    _TABLE,
)
def growth_delta(tables: Tables, _: Thresholds) -> float:
    return _exponent(certified(tables[_TABLE]), "relative_delta")


@claim(
    "The exact KKT point stays the one that training goes to, beyond d samples as well.",
    OURS,
    "median cosine of the exact point to the trained weights, smallest over m",
    "at_least",
    "growth",
    _TABLE,
)
def growth_trained(tables: Tables, _: Thresholds) -> float:
    sizes = groups(tables[_TABLE], "samples")
    return smallest([1.0 - median(group["distance_trained"]) for _, group in sizes])


def certified(table: Table) -> Table:
    """Steps whose certificate exists."""
    return select(table, outcome="certified")


def _exponent(table: Table, quantity: str) -> float:
    """Median over replicates of p in ``quantity ~ m^p``; nan for fewer than three values of m."""
    if np.unique(table["samples"]).size < _LEAST_SIZES:
        return float("nan")
    return power_law(table, "samples", quantity, "samples").exponent
