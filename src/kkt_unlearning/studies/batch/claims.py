"""Batches: how errors grow with the size of the forget set; a stream of single deletions against a batch."""

import numpy as np

from kkt_unlearning.studies.claim import (
    CHECK,
    OURS,
    SUMMARY,
    Tables,
    Thresholds,
    at_last,
    claim,
    largest,
)
from kkt_unlearning.studies.columns import epsilon_at
from kkt_unlearning.studies.joint import against_nothing
from kkt_unlearning.studies.summary import Table, groups, median, power_law, select, swept, take

_TIE = 1e-9  # times a size: less than what two distances from one half differ by, which is 1 or nothing


def _sets(table: Table, network: str | None = None, choice: str = "random") -> Table:
    """Batches of one choice from the exact KKT point."""
    found = select(table, start="exact", choice=choice)
    return found if network is None else select(found, network=network)


def _last(table: Table) -> Table:
    """Cases at the largest value of every swept parameter."""
    for parameter in swept(table):
        table = at_last(table, parameter)
    return table


def _half(table: Table, size: str) -> Table:
    """Cases of the size nearest to half of the samples, the smaller one of two."""
    if not len(table[size]):
        return table
    away = np.abs(table[size] - 0.5 * table["samples"])
    return take(table, table[size] == table[size][np.argmin(away + _TIE * table[size])])


def _rising(table: Table) -> Table:
    """Cases of sizes up to half of the samples; beyond, few retained terms are left to disturb."""
    return take(table, table["forget_size"] <= 0.5 * table["samples"])


def _growth(table: Table, network: str, quantity: str) -> float:
    """Largest over the sweep of the median over replicates of p in ``quantity ~ k^p``, k ≤ m/2."""
    found = [
        power_law(cases, "forget_size", quantity, "forget_size").exponent
        for _, cases in groups(_rising(_sets(table, network)), *swept(table), "samples")
        if np.unique(cases["forget_size"]).size >= 3
    ]
    return float(np.max(found)) if found else float("nan")


@claim(
    "The most that a step can move a retained margin (κ) grows at most in proportion to the forget set.",
    CHECK.at("docs/questions/batch.md, theorem 1, for the mean over all sets"),
    "largest p of mean κ ~ k^p over random sets, k ≤ m/2, both networks, every dimension",
    "at_most",
    "batch",
    "batch.batch",
)
def batch_kappa(tables: Tables, _: Thresholds) -> float:
    table = _rising(_sets(tables["batch.batch"]))
    found = []
    for _key, cases in groups(table, *swept(table), "network"):
        means = {size: float(np.mean(g["kappa"])) for (size,), g in groups(cases, "forget_size")}
        if len(means) >= 3:
            x, y = np.log([list(means), list(means.values())])
            found.append(np.polyfit(x, y, 1)[0])
    return float(np.max(found)) if found else float("nan")


@claim(
    "The ε of the two-layer network grows at most in proportion to the forget set.",
    SUMMARY.at("errors accumulate with the size of the forget set"),
    "p of relative ε at θ̃ for δ = 0.1 of the mean multiplier ~ k^p, random sets, k ≤ m/2, median of the "
    "fits, largest over dimensions",
    "at_most",
    "batch",
    "batch.batch",
)
def batch_epsilon(tables: Tables, _: Thresholds) -> float:
    return _growth(tables["batch.batch"], "two_layer", epsilon_at())


@claim(
    "The τ of the two-layer network grows at most like k^(3/2), the leading order in φ "
    "(k: forgotten samples).",
    OURS.at("docs/questions/batch.md, section 3"),
    "p of τ ~ k^p, random sets, k ≤ m/2, median of the fits, largest over dimensions",
    "at_most",
    "batch",
    "batch.batch",
)
def batch_tau(tables: Tables, _: Thresholds) -> float:
    return _growth(tables["batch.batch"], "two_layer", "tau")


@claim(
    "While κ is small the δ of the two-layer network grows at most in proportion to the forget set.",
    OURS.at("docs/questions/batch.md, theorem 1: as κ does, which bounds it"),
    "p of δ at θ̃ ~ k^p, random sets, k ≤ m/2, median of the fits, largest dimension",
    "at_most",
    "batch",
    "batch.batch",
)
def batch_delta(tables: Tables, _: Thresholds) -> float:
    return _growth(_last(tables["batch.batch"]), "two_layer", "delta")


@claim(
    "The distance of the linear model to the exact retained predictor grows in proportion to the forget set.",
    OURS.at("docs/questions/batch.md, section 3"),
    "p of τ* ~ k^p, random sets, k ≤ m/2, median of the fits, largest over dimensions",
    "at_most",
    "batch",
    "batch.batch",
)
def batch_linear(tables: Tables, _: Thresholds) -> float:
    return _growth(tables["batch.batch"], "linear", "tau_star")


@claim(
    "With half of the samples forgotten, ε of two layers is at most a tenth of what "
    "leaving them in costs.",
    OURS,
    "median relative ε at θ̃ for δ = 0.1 of the mean multiplier, random sets of size m/2, largest dimension",
    "at_most",
    "batch",
    "batch.batch",
)
def batch_half(tables: Tables, _: Thresholds) -> float:
    cases = _half(_last(_sets(tables["batch.batch"], "two_layer")), "forget_size")
    return median(cases[epsilon_at()])


@claim(
    "Forgetting half of the samples in one step leaves less ε than doing nothing.",
    OURS,
    "median ε at θ̃ for δ = 0.1 of the mean multiplier over that of doing nothing, two-layer, random sets of "
    "size m/2, largest over dimensions",
    "at_most",
    "batch",
    "batch.batch",
)
def batch_against_nothing(tables: Tables, _: Thresholds) -> float:
    cases = _half(_sets(tables["batch.batch"], "two_layer"), "forget_size")
    return largest(np.array([against_nothing(group) for _, group in groups(cases, *swept(cases))]))


@claim(
    "One step that forgets half of the samples ends nearer to a retained KKT point than doing nothing.",
    OURS,
    "median (1 − cos) to it after over before the step, two-layer, random sets of size m/2, all dimensions",
    "at_most",
    "batch",
    "batch.batch",
)
def batch_gain(tables: Tables, _: Thresholds) -> float:
    cases = _half(_sets(tables["batch.batch"], "two_layer"), "forget_size")
    before = cases["distance_original"]
    return median(cases["tau_star"][before > 0] / before[before > 0])


def _adversary(tables: Tables, choice: str) -> float:
    """Median over replicates of ε at k = m/2 over the median of the random sets of the replicate."""
    chosen, random = (
        _half(_last(_sets(tables["batch.batch"], "two_layer", name)), "forget_size")
        for name in (choice, "random")
    )
    usual = {seed: median(group[epsilon_at()]) for (seed,), group in groups(random, "seed")}
    ratios = [
        median(group[epsilon_at()]) / usual[seed]
        for (seed,), group in groups(chosen, "seed")
        if usual.get(seed, 0.0) > 0
    ]
    return median(np.array(ratios))


_RATIO = (
    "median of relative ε at θ̃ for δ = 0.1 of the mean multiplier over that of random sets, two-layer, "
    "size m/2, largest dimension"
)


@claim(
    "Forgetting the samples most correlated with one another does more harm than forgetting random ones.",
    OURS,
    _RATIO,
    "at_least",
    "batch",
    "batch.batch",
)
def batch_correlated(tables: Tables, _: Thresholds) -> float:
    return _adversary(tables, "correlated")


@claim(
    "Forgetting the samples of largest multiplier does more harm than forgetting random ones.",
    OURS,
    _RATIO,
    "at_least",
    "batch",
    "batch.batch",
)
def batch_multipliers(tables: Tables, _: Thresholds) -> float:
    return _adversary(tables, "multipliers")


@claim(
    "Forgetting the samples most coupled to the retained ones does more harm than forgetting random ones.",
    OURS,
    _RATIO,
    "at_least",
    "batch",
    "batch.batch",
)
def batch_coupled(tables: Tables, _: Thresholds) -> float:
    return _adversary(tables, "coupled")


@claim(
    "Deleting samples one by one with the first multipliers is the batch step for these samples.",
    CHECK.at("docs/questions/batch.md, proposition 3"),
    "largest distance between the two at norm 1, every deletion, both networks",
    "at_most",
    "batch",
    "batch.stream",
)
def batch_stream_kept(tables: Tables, _: Thresholds) -> float:
    return largest(select(tables["batch.stream"], variant="kept")["difference_batch"])


def _against_kept(stream: Table, variant: str, quantity: str) -> float:
    """Median over (dimension, replicate, order) of the two-layer ratio at k = m/2."""
    half = _half(select(stream, network="two_layer"), "deletions")
    ratios: list[float] = []
    for _key, group in groups(half, *swept(stream), "seed", "draw"):
        of, to = (select(group, variant=name)[quantity] for name in (variant, "kept"))
        ratios.extend((of[to > 0] / to[to > 0]).tolist() if len(of) == len(to) else [])
    return median(np.array(ratios))


@claim(
    "A stream that estimates multipliers each time, with 0/1 derivatives, stays about as "
    "near as the batch.",
    OURS,
    "median ratio of τ* to that of the batch after m/2 deletions, two-layer, all dimensions",
    "at_most",
    "batch",
    "batch.stream",
)
def batch_stream_autograd(tables: Tables, _: Thresholds) -> float:
    return _against_kept(tables["batch.stream"], "reestimated_autograd", "tau_star")


@claim(
    "A stream that estimates multipliers with free derivatives beside the kinks is the batch step.",
    CHECK.at("docs/questions/batch.md, proposition 4"),
    "median distance between the two at norm 1 after m/2 deletions, two-layer, largest dimension",
    "at_most",
    "batch",
    "batch.stream",
)
def batch_stream_clarke(tables: Tables, _: Thresholds) -> float:
    cases = select(tables["batch.stream"], network="two_layer", variant="reestimated_clarke")
    return median(_half(_last(cases), "deletions")["difference_batch"])


@claim(
    "A stream that solves the retained problem before every deletion keeps its errors below the batch's.",
    OURS,
    "median ratio of τ to that of the batch after m/2 deletions, two-layer, all dimensions",
    "at_most",
    "batch",
    "batch.stream",
)
def batch_stream_resolved(tables: Tables, _: Thresholds) -> float:
    return _against_kept(tables["batch.stream"], "resolved", "tau")
