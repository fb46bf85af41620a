"""What of a forgotten sample can be reconstructed."""

import numpy as np

from kkt_unlearning.studies.claim import (
    CHECK,
    OURS,
    Tables,
    Thresholds,
    at_last,
    claim,
    largest,
)
from kkt_unlearning.studies.summary import Table, median, rows, select, take

TABLE = "reconstruction.reconstruction"
PAGE = "docs/questions/reconstruction.md"


def _cases(table: Table, **where: object) -> Table:
    """Rows in the order of data sets, replicates and forget sets."""
    found = select(table, **where)
    order = (np.asarray(found["forget"]).astype(str), found["seed"], found["dimension"])
    return take(found, np.lexsort(order))


def _both(tables: Tables, network: str, model: str) -> float:
    """Median cosine from both networks at the largest dimension."""
    table = at_last(select(tables[TABLE], network=network, start="exact"), "dimension")
    return median(1.0 - select(table, model=model)["both_miss"])


def _typical(tables: Tables, quantity: str, model: str) -> float:
    """Median from trained weights at the largest dimension, two layers."""
    table = select(tables[TABLE], network="two_layer", start="trained", model=model)
    return median(at_last(table, "dimension")[quantity])


@claim(
    "After the step both networks together give the sample away: their difference is a multiple of it.",
    CHECK.at(f"{PAGE}, proposition 1"),
    "largest 1 − cosine of the forgotten samples to the leading singular vectors, all steps",
    "at_most",
    "reconstruction",
    TABLE,
)
def reconstruction_step(tables: Tables, _: Thresholds) -> float:
    return largest(select(tables[TABLE], model="step")["both_miss"])


@claim(
    "From an exact KKT point, the step, its restored network, the downdate and retraining"
    " take out all of the forgotten sample that lies outside the span of the others.",
    CHECK.at(f"{PAGE}, proposition 2"),
    "largest share of the weights along that part, over that of the network before",
    "at_most",
    "reconstruction",
    TABLE,
)
def reconstruction_nothing_left(tables: Tables, _: Thresholds) -> float:
    table = select(tables[TABLE], start="exact")
    return largest(take(table, table["model"] != "nothing")["remaining"])


@claim(
    "Even after retraining, both networks together give the forgotten sample away: linear model.",
    OURS.at(f"{PAGE}, proposition 3"),
    "median cosine of the forgotten sample to their difference, largest dimension",
    "at_least",
    "reconstruction",
    TABLE,
)
def reconstruction_retrained_linear(tables: Tables, _: Thresholds) -> float:
    return _both(tables, "linear", "retrained")


@claim(
    "Even after retraining, both networks together give the forgotten sample away: two-layer network.",
    OURS.at(PAGE),
    "median cosine of the forgotten sample to the leading singular vector of the difference, largest d",
    "at_least",
    "reconstruction",
    TABLE,
)
def reconstruction_retrained_two_layer(tables: Tables, _: Thresholds) -> float:
    return _both(tables, "two_layer", "retrained")


@claim(
    "Even after the dual downdate, both networks together give the forgotten sample away: two-layer network.",
    OURS.at(PAGE),
    "median cosine of the forgotten sample to the leading singular vector of the difference, largest d",
    "at_least",
    "reconstruction",
    TABLE,
)
def reconstruction_downdate(tables: Tables, _: Thresholds) -> float:
    return _both(tables, "two_layer", "downdate")


@claim(
    "The difference of two neurons of the trained network gives the sample away before it is forgotten.",
    OURS.at(f"{PAGE}, section 2"),
    "median best cosine over all pairs of neurons, trained two-layer network, largest dimension",
    "at_least",
    "reconstruction",
    TABLE,
)
def reconstruction_alone_before(tables: Tables, _: Thresholds) -> float:
    return _typical(tables, "alone", "nothing")


@claim(
    "After the step from trained weights two neurons show at most as much of the sample "
    "as those of the retrained network.",
    OURS.at(f"{PAGE}, section 2"),
    "median of the best cosine over that of the retrained network, two layers, largest dimension",
    "at_most",
    "reconstruction",
    TABLE,
)
def reconstruction_alone_step(tables: Tables, _: Thresholds) -> float:
    table = at_last(select(tables[TABLE], network="two_layer", start="trained"), "dimension")
    step, again = _cases(table, model="step"), _cases(table, model="retrained")
    return median(step["alone"] / again["alone"]) if rows(step) == rows(again) else float("nan")


@claim(
    "After the step from an exact KKT point, restoring, the downdate or retraining, two "
    "neurons show at most the part of the sample in the span of the others.",
    CHECK.at(f"{PAGE}, proposition 2"),
    "largest best cosine over what the retained samples span, all cases",
    "at_most",
    "reconstruction",
    TABLE,
)
def reconstruction_alone_exact(tables: Tables, _: Thresholds) -> float:
    table = select(tables[TABLE], start="exact")
    table = take(table, table["model"] != "nothing")
    return largest(table["alone"] / table["overlap"])


@claim(
    "The step from trained weights takes out what lies along the sample, outside the span of the others.",
    OURS.at(f"{PAGE}, section 3"),
    "median share of it that is left, two layers, largest dimension",
    "at_most",
    "reconstruction",
    TABLE,
)
def reconstruction_remaining(tables: Tables, _: Thresholds) -> float:
    return _typical(tables, "remaining", "step")


@claim(
    "After the step from trained weights the fitted multiplier of the forgotten sample is small.",
    OURS.at(f"{PAGE}, section 3"),
    "median of its fitted multiplier over its exact one before, two layers, largest dimension",
    "at_most",
    "reconstruction",
    TABLE,
)
def reconstruction_multiplier(tables: Tables, _: Thresholds) -> float:
    return _typical(tables, "multiplier", "step")
