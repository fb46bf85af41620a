"""Membership inference before and after unlearning, against the certificate."""

from collections.abc import Callable, Iterator

import numpy as np

from kkt_unlearning.studies.claim import (
    CHECK,
    OURS,
    TABLE_DIGITS,
    Tables,
    Thresholds,
    at_last,
    claim,
    other_paper,
)
from kkt_unlearning.studies.summary import Table, groups, median, rows, select

_ATTACKS, _KLOM = "membership.membership", "membership.klom"


def _unlearned(tables: Tables, attack: str) -> Table:
    return select(tables[_ATTACKS], models="unlearned", attack=attack)


def _per_network(table: Table, measure: Callable[[Table], float]) -> list[float]:
    """The measure of every network for which there is one."""
    found = [measure(cases) for _, cases in groups(table, "network")]
    return [value for value in found if not np.isnan(value)]


def _worst(values: list[float], order: Callable) -> float:
    return float(order(values)) if values else float("nan")


def _mean_auc(cases: Table) -> float:
    return float(np.mean(cases["auc"])) if rows(cases) else float("nan")


@claim(
    "Before unlearning, a member is told from a fresh sample by its margin alone.",
    other_paper("2410.07632").at("Theorem 4.2, there with hidden biases"),
    "mean AUC of the margin attack without a step, largest dimension, the lower of the networks",
    "at_least",
    "membership",
    _ATTACKS,
)
def membership_trained_leaks(tables: Tables, _: Thresholds) -> float:
    cases = at_last(select(_unlearned(tables, "margin"), fraction=0.0), "dimension")
    return _worst(_per_network(cases, _mean_auc), min)


@claim(
    "After the prescribed step U-LiRA hardly tells a forgotten sample from one never trained on.",
    OURS.at("on an open question of the paper"),
    "mean AUC of U-LiRA after the prescribed step, largest dimension, the higher of the networks",
    "at_most",
    "membership",
    _ATTACKS,
)
def membership_unlearned_hidden(tables: Tables, _: Thresholds) -> float:
    cases = at_last(select(_unlearned(tables, "u_lira"), fraction=1.0), "dimension")
    return _worst(_per_network(cases, _mean_auc), max)


@claim(
    "Of all step sizes the prescribed one hides the forgotten sample best.",
    OURS,
    "fraction of the step with the least mean AUC of U-LiRA, largest dimension, the network furthest off",
    "equals",
    "membership",
    _ATTACKS,
)
def membership_step_matters(tables: Tables, _: Thresholds) -> float:
    cases = at_last(_unlearned(tables, "u_lira"), "dimension")
    best = _per_network(cases, _least_visible)
    return _worst(best, lambda values: max(values, key=lambda fraction: abs(fraction - 1.0)))


def _least_visible(cases: Table) -> float:
    means = {fraction: _mean_auc(group) for (fraction,), group in groups(cases, "fraction")}
    return min(means, key=means.__getitem__) if len(means) > 1 else float("nan")


@claim(
    "Control: models never trained on a sample look alike to U-LiRA.",
    CHECK.at("both kinds of models have one law"),
    "distance of the mean AUC from 1/2 in standard errors, all dimensions, the larger of the networks",
    "at_most",
    "membership",
    _ATTACKS,
)
def membership_control(tables: Tables, _: Thresholds) -> float:
    cases = select(tables[_ATTACKS], models="control", attack="u_lira")
    return _worst(_per_network(cases, _standard_errors), max)


def _standard_errors(cases: Table) -> float:
    auc = cases["auc"]
    error = np.std(auc, ddof=1) / np.sqrt(auc.size) if auc.size > 1 else 0.0
    return abs(float(np.mean(auc)) - 0.5) / float(error) if error > 0 else float("nan")


@claim(
    "After the step the margins at forgotten samples differ little from those of models without them.",
    OURS,
    "95th percentile of KLoM over that of its noise floor, largest dimension, the larger of the networks",
    "at_most",
    "membership",
    _KLOM,
)
def membership_klom(tables: Tables, _: Thresholds) -> float:
    cases = at_last(select(tables[_KLOM], fraction=1.0, set="forget"), "dimension")
    return _worst(_per_network(cases, _over_noise), max)


def _over_noise(cases: Table) -> float:
    noise = median(cases["noise_p95"])
    return float(np.quantile(cases["klom"], 0.95)) / noise if noise > 0 else float("nan")


@claim(
    "The smaller τ*, the less U-LiRA sees.",
    OURS.at("on an open question of the paper"),
    "Spearman's rank correlation of mean AUC and median τ*, dimensions × steps, the lower of the networks",
    "at_least",
    "membership",
    _ATTACKS,
)
def membership_link(tables: Tables, _: Thresholds) -> float:
    cases = _unlearned(tables, "u_lira")
    return _worst(_per_network(cases, lambda group: _rank_correlation(group, "tau_star")), min)


@claim(
    "The smaller the shift that τ* allows, in standard deviations of fresh outputs, the less U-LiRA sees.",
    OURS,
    "Spearman's rank correlation of mean AUC and median shift over spread, dimensions × steps, the lower",
    "at_least",
    "membership",
    _ATTACKS,
)
def membership_link_scaled(tables: Tables, _: Thresholds) -> float:
    cases = _unlearned(tables, "u_lira")
    cases = {**cases, "scaled": cases["shift_bound"] / cases["spread"]}
    return _worst(_per_network(cases, lambda group: _rank_correlation(group, "scaled")), min)


def _rank_correlation(cases: Table, quantity: str) -> float:
    pairs = np.array([pair for pair in _pairs(cases, quantity) if np.isfinite(pair).all()])
    if len(pairs) < 3 or (np.ptp(pairs, axis=0) == 0).any():
        return float("nan")
    return float(np.corrcoef([_ranks(column) for column in pairs.T])[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks, equal values at the middle of theirs; as SciPy's, which is slow to import."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - 0.5 * (count - 1))[place]


def _pairs(cases: Table, quantity: str) -> Iterator[tuple[float, float]]:
    """Median certificate and mean AUC of each dimension and fraction."""
    for _, group in groups(cases, "dimension", "fraction"):
        yield median(group[quantity]), _mean_auc(group)


@claim(
    "A threshold on the margin tells forgotten samples apart at most as well as τ* allows (a theorem).",
    CHECK.at("docs/questions/membership.md, proposition 5"),
    "samples whose AUC lies outside of its bounds, all steps",
    "at_most",
    "membership",
    _ATTACKS,
)
def membership_bound_holds(tables: Tables, _: Thresholds) -> float:
    cases = _unlearned(tables, "loss_threshold")
    found = {name: cases[name] for name in ("auc_bounded", "auc_low", "auc_high")}
    if not np.isfinite(found["auc_bounded"]).any():
        return float("nan")
    above = found["auc_bounded"] > found["auc_high"] + TABLE_DIGITS
    below = found["auc_bounded"] < found["auc_low"] - TABLE_DIGITS
    return int((above | below).sum())
