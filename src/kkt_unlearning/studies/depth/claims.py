"""Networks deeper than two layers, an open question of the paper."""

from collections.abc import Callable

import numpy as np

from kkt_unlearning.studies.claim import (
    OURS,
    Tables,
    Thresholds,
    at_last,
    claim,
    gain,
    largest,
    smallest,
)
from kkt_unlearning.studies.columns import epsilon_at
from kkt_unlearning.studies.joint import against_nothing
from kkt_unlearning.studies.summary import Table, groups, median, power_law, select, take

CONTROL, DEEPER = "deep2", ("deep3", "deep4")
_TABLE = "depth.depth"
_EXPLORED = OURS.at("on an open question of the paper")


def _each(table: Table, statistic: Callable[[Table], float]) -> list[float]:
    """A statistic of each of the deeper networks that the table has."""
    found = [select(table, network=name) for name in DEEPER]
    return [statistic(cases) for cases in found if len(cases["network"])]


def _prescribed(table: Table, layers: str = "equal") -> Table:
    return select(table, layers=layers, fraction=1.0)


@claim(
    "Descent brings networks of three and four layers near a KKT point.",
    OURS.at("for gradient flow arXiv 1906.05890 and 2006.06657"),
    "median relative residual, averaged derivatives, worse of the networks, all dimensions",
    "at_most",
    "depth",
    _TABLE,
)
def depth_near_kkt(tables: Tables, _: Thresholds) -> float:
    return largest(_each(tables[_TABLE], lambda cases: median(cases["residual"])))


@claim(
    "The multipliers fitted by least squares are those of the exact solver where there are two layers.",
    OURS.at("control of the deeper networks"),
    "median of the largest error of a replicate over its largest λ, depth 2",
    "at_most",
    "depth",
    _TABLE,
)
def depth_control(tables: Tables, _: Thresholds) -> float:
    return median(select(tables[_TABLE], network=CONTROL)["multiplier_error"])


@claim(
    "The step brings networks of three and four layers closer to the retrained ones than they were.",
    _EXPLORED,
    "median of (1 − cos) after over before unlearning, worse of the networks, all dimensions",
    "at_most",
    "depth",
    _TABLE,
)
def depth_helps(tables: Tables, _: Thresholds) -> float:
    return largest(_each(_prescribed(tables[_TABLE]), gain))


@claim(
    "In networks of three and four layers, too, ε is least at the prescribed step size.",
    _EXPLORED,
    "fraction with the least median ε at θ̃ for δ = 0.1 of the mean multiplier that is furthest from 1, of "
    "both networks, all dimensions",
    "equals",
    "depth",
    _TABLE,
)
def depth_prescribed_step(tables: Tables, _: Thresholds) -> float:
    best = _each(select(tables[_TABLE], layers="equal"), _best_fraction)
    return max(best, key=lambda fraction: abs(fraction - 1.0), default=float("nan"))


def _best_fraction(cases: Table) -> float:
    medians = {key: median(group[epsilon_at()]) for (key,), group in groups(cases, "fraction")}
    return float(min(medians, key=medians.__getitem__)) if len(medians) > 1 else float("nan")


@claim(
    "Half of the step in the deeper layers, beside all of it in the first, leaves a smaller ε.",
    OURS,
    "median ε at θ̃ for δ = 0.1 of the mean multiplier over that of the prescribed step, worse of the "
    "networks, all dimensions",
    "at_most",
    "depth",
    _TABLE,
)
def depth_halved_step(tables: Tables, _: Thresholds) -> float:
    halved, equal = (
        _each(_prescribed(tables[_TABLE], layers), lambda cases: median(cases[epsilon_at()]))
        for layers in ("halved", "equal")
    )
    return largest([left / right for left, right in zip(halved, equal, strict=True)])


@claim(
    "The step leaves less ε than doing nothing in networks of three and four layers.",
    _EXPLORED,
    "median ε at θ̃ for δ = 0.1 of the mean multiplier over that of doing nothing, worse of the networks, "
    "largest dimension",
    "at_most",
    "depth",
    _TABLE,
)
def depth_against_nothing(tables: Tables, _: Thresholds) -> float:
    return largest(_each(_prescribed(at_last(tables[_TABLE], "dimension")), against_nothing))


@claim(
    "The ε of three and four layers vanishes as the data become orthogonal.",
    _EXPLORED,
    "exponent p of ε at θ̃ for δ = 0.1 of the mean multiplier ~ φ^p, median of the fits, smaller of the "
    "networks",
    "at_least",
    "depth",
    _TABLE,
)
def depth_epsilon_falls(tables: Tables, _: Thresholds) -> float:
    return smallest(_each(_prescribed(tables[_TABLE]), _exponent))


def _exponent(cases: Table) -> float:
    enough = np.unique(cases["dimension"]).size >= 3
    return power_law(cases, "phi", epsilon_at(), "dimension").exponent if enough else float("nan")


@claim(
    "Near-orthogonality of the data is handed on to the inputs of every trained layer.",
    OURS.at("Assumption 2.3, asked of hidden layers"),
    "median largest cosine of two inputs of a layer, smaller of the networks, largest dimension",
    "at_most",
    "depth",
    _TABLE,
)
def depth_hidden_orthogonal(tables: Tables, _: Thresholds) -> float:
    cases = at_last(tables[_TABLE], "dimension")
    return smallest(_each(cases, lambda rows: median(rows["input_cosine"])))


@claim(
    "At most half of what the step leaves comes from gradients that moved within the cell, as in two layers.",
    OURS.at("which step of the proof of two layers fails"),
    "median share of that term in the terms that θ̃ cannot undo, three layers, largest dimension",
    "at_most",
    "depth",
    _TABLE,
)
def depth_cell_linearity(tables: Tables, _: Thresholds) -> float:
    cases = select(_prescribed(at_last(tables[_TABLE], "dimension")), network=DEEPER[0])
    total = cases["part_training"] + cases["part_left"] + cases["part_cell"]
    cases = take(cases, total > 0)
    return median(cases["part_cell"] / total[total > 0])
