"""How support, flips, separation, ε, δ and the way to the trained weights grow with the number of samples."""

from collections.abc import Callable

import numpy as np

from kkt_unlearning.studies.claim import (
    OURS,
    Tables,
    Thresholds,
    claim,
    largest,
    smallest,
)
from kkt_unlearning.studies.growth.study import DATA
from kkt_unlearning.studies.summary import Table, groups, median, power_law, select

_TABLES = tuple(f"growth_{data}.growth" for data in DATA)
_LEAST_SIZES = 3  # values of m that an exponent is fitted to; two give one whatever the law is


def _growth_claim(statement: str, statistic: str, comparison: str) -> Callable:
    return claim(statement, OURS, statistic, comparison, "growth", *_TABLES)


@_growth_claim(
    "On images, measurements and texts the number of support samples grows more slowly than m.",
    "exponent p of support ~ m^p, median of the fits, largest over the data sets",
    "at_most",
)
def growth_support(tables: Tables, _: Thresholds) -> float:
    return largest([exponent(table, "support") for table in _all(tables)])


@_growth_claim(
    "The share of activations that the step carries across the kink stays the same as "
    "samples are added.",
    "exponent p of the share of flips at θ′ ~ m^p, median of the fits, largest over the data sets",
    "at_most",
)
def growth_flips(tables: Tables, _: Thresholds) -> float:
    return largest([exponent(table, "crossed") for table in _all(tables)])


@_growth_claim(
    "The step that forgets one support sample mostly keeps all others classified, for any"
    " number of samples.",
    "share of the steps after which all retained margins are positive, smallest over m and the data sets",
    "at_least",
)
def growth_separates(tables: Tables, _: Thresholds) -> float:
    return smallest([np.mean(group["separates"]) for group in _sizes(tables)])


@_growth_claim(
    "Where there is a certificate, ε at θ′ falls as samples are added.",
    "exponent p of ε at θ′, τ = 0, ~ m^p, separating steps, median of the fits, largest over the data sets",
    "at_most",
)
def growth_epsilon(tables: Tables, _: Thresholds) -> float:
    return largest([exponent(separating(table), "epsilon_clarke") for table in _all(tables)])


@_growth_claim(
    "Where there is a certificate, δ in mean multipliers stays or falls as samples are added.",
    "exponent p of relative δ at θ̃ ~ m^p, separating steps, median of the fits, largest over the data sets",
    "at_most",
)
def growth_delta(tables: Tables, _: Thresholds) -> float:
    return largest([exponent(separating(table), "relative_delta") for table in _all(tables)])


@_growth_claim(
    "Where there is a certificate, the step costs less than doing nothing.",
    "median of max(ε, δ/λ̄, τ) at θ̃ over the ε of doing nothing, separating steps, largest over m and the "
    "data sets",
    "at_most",
)
def growth_against_nothing(tables: Tables, _: Thresholds) -> float:
    ratios = [over_nothing(separating(group)) for group in _sizes(tables)]
    return largest([median(found) for found in ratios if found.size])


@_growth_claim(
    "The exact KKT point stays the one that training goes to, also with more than d samples.",
    "median cosine of the exact point to the trained weights, smallest over m and the data sets",
    "at_least",
)
def growth_trained(tables: Tables, _: Thresholds) -> float:
    return smallest([1.0 - median(group["distance_trained"]) for group in _sizes(tables)])


def over_nothing(table: Table) -> np.ndarray:
    """The price of each step, ``max(ε, δ/λ̄, τ)`` at θ̃ (theory, section 6.6), over that of doing nothing."""
    price = np.maximum(np.maximum(table["epsilon"], table["relative_delta"]), table["tau"])
    return price / table["nothing_epsilon"]


def separating(table: Table) -> Table:
    """Steps whose certificate exists."""
    return select(table, outcome="separating")


def exponent(table: Table, quantity: str) -> float:
    """Median over replicates of p in ``quantity ~ m^p``; nan for fewer than three values of m."""
    if np.unique(table["samples"]).size < _LEAST_SIZES:
        return float("nan")
    return power_law(table, "samples", quantity, "samples").exponent


def _all(tables: Tables) -> list[Table]:
    return [tables[name] for name in _TABLES]


def _sizes(tables: Tables) -> list[Table]:
    """The steps of each data set at each m."""
    return [group for table in _all(tables) for _, group in groups(table, "samples")]
