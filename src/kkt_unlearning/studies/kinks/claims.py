"""The stationarity residual along training."""

import numpy as np

from kkt_unlearning.studies.claim import OURS, Tables, Thresholds, claim, largest, other_paper
from kkt_unlearning.studies.summary import Table, median, select


def _normalised(tables: Tables) -> Table:
    return select(tables["kinks.stationarity"], descent="normalised")


def _late_ratio(table: Table, quantity: str) -> float:
    """Median at the last step over that at the last one up to a tenth of it; nan if none is."""
    steps = np.unique(table["step"])
    early = steps[steps * 10 <= largest(steps)]
    if not early.size:
        return float("nan")
    last, before = (median(select(table, step=step)[quantity]) for step in (steps[-1], early[-1]))
    return last / before


@claim(
    "Training converges in direction to a KKT point of the max-margin problem.",
    other_paper("2006.06657").at("for gradient flow; finite steps: arXiv 2502.05668"),
    "median 1 − cos to the exact KKT point at the last step, normalised step",
    "at_most",
    "kinks",
    "kinks.stationarity",
)
def kinks_direction(tables: Tables, _: Thresholds) -> float:
    table = _normalised(tables)
    return median(select(table, step=largest(table["step"]))["distance_exact"])


@claim(
    "The stationarity residual with Clarke derivatives goes to 0 along training.",
    other_paper("1906.05890").at("for gradient flow; finite steps: arXiv 2502.05668"),
    "median at the last step over that at a tenth of it, normalised step",
    "at_most",
    "kinks",
    "kinks.stationarity",
)
def kinks_clarke_falls(tables: Tables, _: Thresholds) -> float:
    return _late_ratio(_normalised(tables), "residual_clarke")


@claim(
    "The stationarity residual with automatic differentiation's 0/1 derivatives stalls.",
    OURS.at("docs/theory.md, section 4"),
    "median at the last step over that at a tenth of it, normalised step",
    "at_least",
    "kinks",
    "kinks.stationarity",
)
def kinks_autograd_stalls(tables: Tables, _: Thresholds) -> float:
    return _late_ratio(_normalised(tables), "residual_autograd")
