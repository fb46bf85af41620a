"""Rows of the tables on dependence: closed forms beside numbers, descent-ascent beside the λ-sized step."""

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from kkt_unlearning.dependence import closed_forms, pair
from kkt_unlearning.dependence.closed_forms import Block
from kkt_unlearning.dependence.descent_ascent import minimise
from kkt_unlearning.dependence.pair import Pair
from kkt_unlearning.dependence.prescribed import correlated_group, step_effect
from kkt_unlearning.studies.dependence.study import HARMS, HELPS, NONE
from kkt_unlearning.studies.tables import Row

MINIMISED = ("full", "retrained", "descent_ascent")


def block_rows(
    retained: int, forgotten: int, here: int, ridges: Sequence[float], alphas: Sequence[float]
) -> Iterator[Row]:
    """One row for every ridge and α: minimisers of the one-dimensional block and what the lemmas say."""
    for ridge, alpha in product(ridges, alphas):
        block = Block(retained, forgotten, here, alpha, ridge)
        closed = {loss: closed_forms.minimiser(block, loss) for loss in MINIMISED}
        numeric = _numeric(np.ones((2, 1)), block)
        yield {
            "ridge": ridge,
            "alpha": alpha,
            "regime": closed_forms.regime(block),
            **{f"w_{loss}": value for loss, value in closed.items()},
            **{f"numeric_{loss}": float(value[0]) for loss, value in numeric.items()},
            "difference": max(_difference(closed[loss], numeric[loss]) for loss in MINIMISED),
            "away": closed_forms.goes_away(*closed.values()),
            "lemma_3": closed_forms.lemma_3_applies(block),
            "retrained_distance": abs(closed["full"] - closed["retrained"]),
            "lemma_4_bound": closed_forms.lemma_4_bound(block),
            "ascended_distance": abs(closed["descent_ascent"] - closed["retrained"]),
            "lemma_5_bound": closed_forms.lemma_5_bound(block),
        }


def pair_rows(
    retained: int,
    forgotten: int,
    here: int,
    ridges: Sequence[float],
    overlaps: Sequence[float],
    alphas: Sequence[float],
) -> Iterator[Row]:
    """One row for every ridge, overlap ε and α: what descent-ascent does to the correlated pair."""
    for ridge, overlap, alpha in product(ridges, overlaps, alphas):
        case = Pair(Block(retained, forgotten, here, alpha, ridge), overlap)
        numeric = _numeric(case.samples, case.block)
        reduced = {loss: pair.minimiser(case, loss) for loss in MINIMISED}
        ratio = pair.harm(case)
        yield {
            "ridge": ridge,
            "overlap": overlap,
            "correlation": case.correlation,
            "alpha": alpha,
            "outcome": NONE if np.isnan(ratio) else HARMS if ratio > 1 else HELPS,
            "ratio": ratio,
            "difference": max(_difference(reduced[loss], numeric[loss]) for loss in MINIMISED),
            "lemma_9": alpha >= closed_forms.lemma_9_alpha(case.block, overlap),
        }


def boundary_rows(
    retained: int, forgotten: int, here: int, ridges: Sequence[float], overlaps: Sequence[float]
) -> Iterator[Row]:
    """One row for every ridge and overlap: the α from which descent-ascent harms, and has no minimum."""
    for ridge, overlap in product(ridges, overlaps):
        case = Pair(Block(retained, forgotten, here, 0.0, ridge), overlap)
        yield {
            "ridge": ridge,
            "overlap": overlap,
            "correlation": case.correlation,
            "first_harmful_alpha": pair.first_harmful_alpha(case),
            "last_alpha": pair.last_alpha(case),
            "lemma_9_alpha": closed_forms.lemma_9_alpha(case.block, overlap),
        }


def step_rows(
    overlaps: Sequence[float], group_sizes: Sequence[int], others: Sequence[int]
) -> Iterator[Row]:
    """One row for every group size, number of other samples and overlap: what the λ-sized step does."""
    for points, free, overlap in product(group_sizes, others, overlaps):
        correlation = 2 * overlap / (1 + overlap**2)
        X = correlated_group(points, correlation, free)
        effect = step_effect(X, np.ones(len(X)), 0)
        yield {
            "points": points,
            "others": free,
            "correlation": correlation,
            "multiplier": effect.multiplier,
            "explained": effect.explained,
            "distance_before": effect.before,
            "distance_after": effect.after,
            "ratio": effect.ratio,
            "predicted": effect.predicted,
            "cosine_before": effect.cosine_before,
            "cosine_after": effect.cosine_after,
        }


def _numeric(X: np.ndarray, block: Block) -> dict[str, np.ndarray]:
    """Minimisers found by descent on the samples themselves; descent-ascent starts from ``w_D``."""
    found: dict[str, np.ndarray] = {}
    start = np.zeros(X.shape[1])
    for loss in MINIMISED:
        start = found.get("full", start)
        found[loss] = minimise(X, np.array(block.weights[loss]), block.ridge, start)
    return found


def _difference(one: float | np.ndarray, other: np.ndarray) -> float:
    """``‖one − other‖ / ‖one‖``; 0 if both say that there is none, infinite if only one does."""
    one, other = np.atleast_1d(one), np.atleast_1d(other)
    missing = np.isnan(one).any(), np.isnan(other).any()
    if any(missing):
        return 0.0 if all(missing) else float("inf")
    return float(np.linalg.norm(one - other) / max(np.linalg.norm(one), np.finfo(float).tiny))
