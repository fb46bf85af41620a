"""Figure 1 in the readings that its caption allows, from trained weights, over sizes up to d = 10⁵."""

from collections.abc import Iterator

import numpy as np

from kkt_unlearning.studies.claim import (
    CHECK,
    OURS,
    PAPER,
    TABLE_DIGITS,
    Tables,
    Thresholds,
    claim,
    largest,
    smallest,
)
from kkt_unlearning.studies.columns import DELTAS
from kkt_unlearning.studies.readings.rows import column
from kkt_unlearning.studies.summary import Table, groups, median, select

SIZE = ("samples", "dimension")
NEAR = (0.9, 1.1)  # the prescribed fraction and a step of the grid to either side


def least_of_cases(table: Table, quantity: str) -> np.ndarray:
    """Fraction with the least of a quantity in each case, the smallest of several."""
    return np.array(
        [
            case["fraction"][np.argmin(case[quantity])]
            for _, case in groups(table, *SIZE, "seed")
            if not np.isnan(case[quantity]).any()
        ]
    )


def least_of_medians(table: Table, quantity: str) -> float:
    """Fraction with the least median of a quantity at one size; nan where it was not measured."""
    medians = {key: median(step[quantity]) for (key,), step in groups(table, "fraction")}
    known = not np.isnan(list(medians.values())).any()
    return float(min(medians, key=medians.__getitem__)) if known else float("nan")


def sizes(table: Table) -> Iterator[Table]:
    """The cases of each size."""
    for _, cases in groups(table, *SIZE):
        yield cases


@claim(
    "With the gradients from before the step, ε is least at the prescribed step size in every case.",
    CHECK.at("docs/theory.md, theorem 6.18"),
    "largest difference of ε, λ kept, to the theorem, or of refit ε at another step below that at 1",
    "at_most",
    "readings",
    "readings",
)
def readings_frozen(tables: Tables, __: Thresholds) -> float:
    table = tables["readings"]
    missed = [largest(np.abs(table["kept"] - table["predicted"]))]
    for _, case in groups(table, *SIZE, "seed"):
        least = smallest(case["refit"]) * (1 + TABLE_DIGITS)
        missed.append(largest(select(case, fraction=1.0)["refit"] - least))
    return largest(missed)


@claim(
    "From trained weights ε at θ′ is least at the prescribed step size, whatever m and d.",
    OURS.at("Figure 1 by its caption, at sizes that it does not name"),
    "share of cases with the least ε at θ′ from 0.9 to 1.1 of the step, the worst size",
    "at_least",
    "readings",
    "readings",
    section="step_size",
)
def readings_literal(tables: Tables, _: Thresholds) -> float:
    return smallest([_near(least_of_cases(part, "literal")) for part in sizes(tables["readings"])])


@claim(
    "From trained weights ε at θ′ is least near the prescribed step size, on few, nearly orthogonal samples.",
    PAPER.at("Figure 1 by its caption; sizes and derivatives are ours"),
    "share of cases with the least ε at θ′ from 0.9 to 1.1 of the step, fewest samples, largest dimension",
    "at_least",
    "readings",
    "readings",
    section="step_size",
)
def readings_literal_orthogonal(tables: Tables, _: Thresholds) -> float:
    table = tables["readings"]
    m, d = table["samples"], table["dimension"]
    chosen = (m == smallest(m)) & (d == largest(d))
    return _near(least_of_cases({name: v[chosen] for name, v in table.items()}, "literal"))


@claim(
    "From trained weights the median ε at θ̃ is least at the prescribed step size, whatever m and d.",
    OURS.at("Figure 1 read at θ̃, which its caption does not name"),
    "the least-ε fraction of medians that is farthest from 1, any δ allowed",
    "at_most",
    "readings",
    "readings",
    section="step_size",
)
def readings_restored(tables: Tables, _: Thresholds) -> float:
    found = [least_of_medians(part, "restored") for part in sizes(tables["readings"])]
    return largest([abs(1.0 - fraction) for fraction in found if not np.isnan(fraction)])


@claim(
    "At θ̃, where δ is given, a smaller step size is best as long as δ is below φ.",
    OURS.at("docs/theory.md, section 6.8"),
    "of pairs of a size and a relative δ, the share with a least median below 0.9 where δ < φ, "
    "or not below where δ ≥ φ: the smaller one",
    "at_least",
    "readings",
    "readings",
    section="step_size",
)
def readings_slack(tables: Tables, _: Thresholds) -> float:
    pairs = [
        (delta < phi, best < NEAR[0])
        for part in sizes(tables["readings"])
        for phi in [median(part["phi"])]
        for delta in DELTAS
        for best in [least_of_medians(part, column("restored", delta))]
        if not np.isnan(best)
    ]
    shares = [[short == tight for tight, short in pairs if tight == kind] for kind in (True, False)]
    return smallest([float(np.mean(share)) if share else float("nan") for share in shares])


def _near(fractions: np.ndarray) -> float:
    inside = (fractions >= NEAR[0]) & (fractions <= NEAR[1])
    return float(inside.mean()) if fractions.size else float("nan")
