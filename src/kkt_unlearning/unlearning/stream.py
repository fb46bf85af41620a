"""A stream of single deletions, one ascent step each: where the multipliers of the later steps come from.

Three users delete the same samples in the same order. One keeps the multipliers and derivatives of the first
network, one estimates them again from the network at hand, one solves the retained problem exactly after
every deletion. ``docs/questions/batch.md``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kkt_unlearning.kkt.clarke import fit_multipliers
from kkt_unlearning.kkt.point import PIVOTS, KKTPoint
from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.problem import Problem, retained
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.unlearning.ascent import Unlearned, ascend, unlearn


@dataclass(frozen=True)
class Deletions:
    """The networks after each of k deletions, and what each step took for the multiplier of its point.

    Attributes:
        W: weights ``(k, n, ·)``, not rescaled.
        multipliers: ``λ_r`` of each step, for the weights before it, ``(k,)``.
    """

    W: np.ndarray
    multipliers: np.ndarray


def delete_kept(point: KKTPoint, order: Sequence[int]) -> Deletions:
    """``θ_t = θ_{t−1} − λ_r y_r g_r`` with λ and g of the first network: the batch step of the same samples.

    Raises:
        DataError: an index of ``order`` is out of range or repeated, or these are all samples.
    """
    retained(point.problem.samples, order)
    W, found = point.W, []
    for r in order:
        W = ascend(point.problem, W, point.multipliers, [r], clarke=point.clarke)
        found.append(W)
    return Deletions(np.stack(found), point.multipliers[list(order)])


def delete_reestimated(
    point: KKTPoint, order: Sequence[int], band: float = 0.0, solver: Solver | None = None
) -> Deletions:
    """``θ_t = θ_{t−1} − λ̂_r y_r ĝ_r``, both fitted to the network at hand, for who has nothing else.

    ``λ̂, ĝ = argmin ‖θ_{t−1} − Σ_i λ_i y_i g_i‖`` over the samples still held, with automatic
    differentiation's 0/1 derivatives, but any in [0, 1] where ``|P_ji| ≤ band · max |P|``. The fit scales
    with the network, so its margins need not be 1.

    Args:
        band: share of the largest pre-activation below which an entry counts as a kink; 0: none does.

    Raises:
        DataError: see :func:`delete_kept`.
        SolverError: a program could not be solved to the solver's tolerance.
    """
    problem = point.problem
    retained(problem.samples, order)
    W, held, solver = point.W, np.full(problem.samples, np.inf), solver or Solver()
    found, used = [], []
    for r in order:
        fit = fit_multipliers(problem, W, _beside_kinks(problem, W, held, band), held, solver)
        W = ascend(problem, W, fit.multipliers, [r], clarke=fit.clarke)
        held[r] = 0.0
        found.append(W)
        used.append(fit.multipliers[r])
    return Deletions(np.stack(found), np.array(used))


def _beside_kinks(problem: Problem, W: np.ndarray, held: np.ndarray, band: float) -> np.ndarray:
    """Entries ``(n, m)`` of held samples with ``|P_ji| ≤ band · max |P|``; none in a linear model."""
    if not (problem.network.has_kinks and band):
        return np.zeros((len(W), problem.samples), bool)
    P, held = np.abs(problem.preactivations(W)), held > 0
    return held & (band * P[:, held].max() >= P)


def delete_resolved(
    point: KKTPoint, order: Sequence[int], solver: Solver | None = None, pivots: int = PIVOTS
) -> list[tuple[Unlearned, KKTPoint]]:
    """Before each step the retained problem is solved exactly: ``θ_t = θ*_{t−1} − λ*_r y_r g*_r``.

    ``θ*_t`` is :func:`retained_kkt_points` of ``θ*_{t−1}``. Returns k pairs, of the step from ``θ*_{t−1}``
    and of ``θ*_t``; the samples are those left before the step, renumbered.

    Raises:
        DataError: see :func:`delete_kept`.
        SolverError, NotConvergedError: see :func:`kkt_unlearning.kkt.point.kkt_points`.
    """
    retained(point.problem.samples, order)
    left, found = list(range(point.problem.samples)), []
    for r in order:
        forget = [left.index(r)]
        (after,) = retained_kkt_points(point, [forget], solver, pivots)
        found.append((unlearn(point, forget, allow_idle=True), after))
        left.remove(r)
        point = after
    return found
