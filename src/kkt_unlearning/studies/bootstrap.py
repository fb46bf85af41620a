"""Cluster bootstrap: how far what is measured for a claim depends on which replicates were drawn.

A replicate of an experiment, one data set with its initial weights, is a cluster: its rows in all tables
of the experiment are drawn or left out together. Experiments are drawn independently. What the intervals
cover, and what not: docs/sources.md.
"""

from collections.abc import Callable, Mapping, Sequence
from zlib import crc32

import numpy as np

from kkt_unlearning.seeding import Stream, generator
from kkt_unlearning.studies.claim import CHECK, Claim, Tables, Thresholds
from kkt_unlearning.studies.summary import Rows, Table, Whole, quantile

INTERVAL = (0.025, 0.975)  # quantiles of the resamples

Clusters = Mapping[str, tuple[int, ...]]  # experiment -> its replicates


def clusters(claim: Claim, tables: Tables) -> Clusters:
    """Replicates that a claim rests on: of each experiment those that all of its tables have.

    None where there is nothing to draw: a check of the code, or a table without replicates or with one.
    """
    found: dict[str, set[int]] = {}
    for name in claim.tables:
        seeds = set(np.asarray(tables[name].get("seed", [])).tolist())
        found[_experiment(name)] = found.get(_experiment(name), seeds) & seeds
    one_case = claim.origin.kind == CHECK.kind or min(map(len, found.values()), default=0) < 2
    return {} if one_case else {name: tuple(sorted(seeds)) for name, seeds in found.items()}


def resample(
    claims: Mapping[str, tuple[Claim, Clusters]],
    tables: Tables,
    thresholds: Mapping[str, Thresholds],
    resamples: int,
    seed: int,
) -> dict[str, np.ndarray]:
    """What is measured for each claim on every resample, ``(resamples,)``.

    A resample has as many replicates of each experiment as there are, drawn with replacement. Claims on
    the same replicates of an experiment see the same draws.

    Args:
        claims: name -> claim, and the replicates it rests on, at least two of each experiment.
        seed: root entropy.
    """
    named = {name for claim, _ in claims.values() for name in claim.tables}
    split = {name: _Split(tables[name]) for name in named}
    pairs = {pair for _, replicates in claims.values() for pair in replicates.items()}
    draws = {pair: _draws(*pair, resamples, seed) for pair in pairs}
    values = {name: np.empty(resamples) for name in claims}
    for b in range(resamples):
        drawn: dict[tuple, Rows] = {}  # claims share them, and so the columns gathered
        for key, (claim, replicates) in claims.items():
            given = {}
            for name in claim.tables:
                pair = (_experiment(name), replicates[_experiment(name)])
                if (name, pair) not in drawn:
                    drawn[name, pair] = split[name].drawn(draws[pair][b])
                given[name] = drawn[name, pair]
            values[key][b] = claim.measure(given, thresholds[key])
    return values


def intervals(
    table: Table, measures: Mapping[str, Callable[[Table], float]], resamples: int, seed: int
) -> dict[str, tuple[float, float]]:
    """Interval of each measure of one table, by resamples of its replicates; nan with one replicate.

    Args:
        measures: name -> function of the table.
        seed: root entropy.
    """
    split = _Split(table)
    replicates = tuple(sorted(split.places))
    if len(replicates) < 2 or not resamples:
        return dict.fromkeys(measures, (float("nan"), float("nan")))
    drawn = [split.drawn(draw) for draw in _draws("", replicates, resamples, seed)]
    values = {name: [measure(part) for part in drawn] for name, measure in measures.items()}
    low, high = INTERVAL
    return {name: (quantile(found, low), quantile(found, high)) for name, found in values.items()}


class _Split:
    """A table by replicate."""

    def __init__(self, table: Table) -> None:
        self.table = Whole(table)
        seeds = np.asarray(table["seed"])
        self.places = {seed: np.flatnonzero(seeds == seed) for seed in np.unique(seeds).tolist()}

    def drawn(self, replicates: Sequence[int]) -> Rows:
        """Rows of these replicates one after the other, renumbered: one that comes twice is two."""
        places = [self.places[seed] for seed in replicates]
        numbers = np.repeat(np.arange(len(places)), [len(place) for place in places])
        return Rows(self.table, np.concatenate(places), seed=numbers)


def _draws(
    experiment: str, replicates: tuple[int, ...], resamples: int, seed: int
) -> list[list[int]]:
    rng = generator(seed, Stream.BOOTSTRAP, crc32(experiment.encode()))
    chosen = rng.integers(len(replicates), size=(resamples, len(replicates)))
    return np.array(replicates)[chosen].tolist()


def _experiment(table: str) -> str:
    return table.partition(".")[0]
