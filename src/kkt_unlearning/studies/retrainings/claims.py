"""The distance of the unlearned to the retrained network, in units of the distance of two retrainings."""

import numpy as np

from kkt_unlearning.studies.claim import CHECK, OURS, Tables, Thresholds, claim, largest
from kkt_unlearning.studies.summary import Table, median, rows, select, take

GAUSSIAN, DIGITS = "natural_gaussian.retrainings", "natural_digits.retrainings"
OUTPUTS, WEIGHTS = "outputs_fresh", "distance"


def _cases(table: Table, method: str, network: str = "two_layer") -> Table:
    """Rows of a method, in the order of settings, replicates and forget sets."""
    found = select(table, network=network, method=method)
    names = [name for name in ("dimension", "mixing") if name in table]
    keys = [np.asarray(found["forget"]).astype(str), found["seed"], *(found[n] for n in names)]
    return take(found, np.lexsort(keys))


def _ratio(table: Table, quantity: str, method: str, other: str) -> float:
    """Median over the cases of one distance over the other; nan where there is none to compare with."""
    cases, others = _cases(table, method), _cases(table, other)
    if rows(cases) != rows(others):
        return float("nan")
    known = others[quantity] > 0
    return median(cases[quantity][known] / others[quantity][known])


def _natural(table: Table) -> Table:
    """Images as they are."""
    return select(table, mixing=1.0)


@claim(
    "On Gaussian data the unlearned network's outputs are nearer to the retrained "
    "network's than those of a second retraining.",
    OURS,
    "median distance of fresh outputs over that of two retrainings, two-layer, all dimensions",
    "at_most",
    "retrainings",
    GAUSSIAN,
)
def retrainings_outputs(tables: Tables, _: Thresholds) -> float:
    return _ratio(tables[GAUSSIAN], OUTPUTS, "prescribed", "retraining")


@claim(
    "On images the unlearned network's outputs are nearer to the retrained network's than"
    " those of a second retraining.",
    OURS,
    "median distance of fresh outputs over that of two retrainings, two-layer, images as they are",
    "at_most",
    "retrainings",
    DIGITS,
)
def retrainings_outputs_digits(tables: Tables, _: Thresholds) -> float:
    return _ratio(_natural(tables[DIGITS]), OUTPUTS, "prescribed", "retraining")


@claim(
    "On Gaussian data the step brings the outputs of two layers nearer to the retrained network's.",
    OURS,
    "median distance of fresh outputs after the step over that before, two-layer, all dimensions",
    "at_most",
    "retrainings",
    GAUSSIAN,
)
def retrainings_gain(tables: Tables, _: Thresholds) -> float:
    return _ratio(tables[GAUSSIAN], OUTPUTS, "prescribed", "nothing")


@claim(
    "On images the step brings the outputs of two layers nearer to the retrained network's.",
    OURS,
    "median distance of fresh outputs after the step over that before, two-layer, images as they are",
    "at_most",
    "retrainings",
    DIGITS,
)
def retrainings_gain_digits(tables: Tables, _: Thresholds) -> float:
    return _ratio(_natural(tables[DIGITS]), OUTPUTS, "prescribed", "nothing")


@claim(
    "In weights the unlearned network is nearer to the retrained one than a second retraining (two layers).",
    OURS,
    "median of 1 − cos of the unlearned network over that of the second retraining, all dimensions",
    "at_most",
    "retrainings",
    GAUSSIAN,
)
def retrainings_weights(tables: Tables, _: Thresholds) -> float:
    return _ratio(tables[GAUSSIAN], WEIGHTS, "prescribed", "retraining")


@claim(
    "Two retrainings of the linear model end in one network.",
    CHECK.at("docs/theory.md, section 5.1: its max-margin problem has one solution"),
    "largest distance of their outputs on fresh samples, all cases",
    "at_most",
    "retrainings",
    GAUSSIAN,
)
def retrainings_linear(tables: Tables, _: Thresholds) -> float:
    return largest(_cases(tables[GAUSSIAN], "retraining", "linear")[OUTPUTS])
