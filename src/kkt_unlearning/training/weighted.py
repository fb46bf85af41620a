"""Descent on the loss of some samples and ascent on that of others, from given weights."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from kkt_unlearning.errors import DataError
from kkt_unlearning.problem import Problem
from kkt_unlearning.training.descent import Descent
from kkt_unlearning.training.size import check_size
from kkt_unlearning.training.step import System, advance
from kkt_unlearning.training.weights import weights_of


def weighted_descent(
    problem: Problem,
    W: np.ndarray,
    sample_weights: np.ndarray,
    descent: Descent,
    steps: Sequence[int],
) -> np.ndarray:
    """``W ← W + η Σ_i h_i (−ℓ'(q_i)) y_i g_i``; a sample of negative weight ``h_i`` is ascended.

    A normalised step divides by ``Σ_i |h_i| ℓ(q_i)``, which follows the path of the flow of
    ``Σ_i h_i ℓ(q_i)`` at another speed. For h = 1 it is the descent of :func:`kkt_unlearning.training.train`.

    Args:
        problem: network and data.
        W: weights before, ``(n, k)`` or of a shape ``(…, n, k)`` whose batch broadcasts with that of h.
        sample_weights: ``h (…, m)``.
        descent: loss, step rule and step size; how many steps are made is said by ``steps``.
        steps: step counts, ascending, after which the weights are wanted.

    Returns:
        The weights after each of them, ``(…, steps, n, k)``.

    Raises:
        DataError: ``steps`` is empty, not positive or not ascending, or the arrays do not fit this machine's
            memory.

    ``docs/theory.md``, sections 2 and 3.
    """
    check_steps(steps)
    batch = np.broadcast_shapes(W.shape[:-2], sample_weights.shape[:-1])
    start = np.broadcast_to(W, (*batch, *W.shape[-2:]))
    check_size(problem, start, batch)
    weights = weights_of(problem, start, batch)
    system = System.weighted(problem, descent, batch, sample_weights)
    P = weights.start(batch)
    slopes_sum, done, found = np.zeros((*batch, problem.samples)), 0, []
    for count in steps:
        advance(system, P, slopes_sum, count - done, weights.W)
        done = count
        found.append(weights.at(P, descent.step_size * slopes_sum))
    return np.stack(found, axis=-3)


def check_steps(steps: Sequence[int]) -> None:
    """Raises a DataError unless the step counts are positive and ascending."""
    counts = list(steps)
    if not counts or counts[0] < 1 or any(b <= a for a, b in pairwise(counts)):
        raise DataError(
            f"steps = {counts}: allowed are one or more whole numbers from 1 on, in ascending order; sort "
            "them."
        )
