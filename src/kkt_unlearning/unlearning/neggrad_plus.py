"""NegGrad+: descent on the retain set and ascent on the forget set at once."""

from collections.abc import Sequence

import numpy as np

from kkt_unlearning.errors import DataError
from kkt_unlearning.problem import Problem, kept
from kkt_unlearning.training.descent import Descent
from kkt_unlearning.training.weighted import weighted_descent


def neggrad_plus(
    problem: Problem,
    W: np.ndarray,
    forget_sets: Sequence[Sequence[int]],
    beta: float,
    descent: Descent,
    steps: Sequence[int],
) -> np.ndarray:
    """Gradient descent on ``L = β mean_{i∈I} ℓ(q_i) − (1 − β) mean_{r∈R} ℓ(q_r)``, sets I and R.

    I is the retain set, R the forget set. β = 1 is fine-tuning, β = 0 plain ascent. For 0 < β < 1 the
    loss has no minimum and the descent is in the end an ascent on R (``docs/questions/recovery.md``):
    when it is stopped decides.

    Args:
        problem: network and all samples.
        W: weights before, ``(n, k)``, at the scale that training left them at, or one for each forget set,
            ``(F, n, k)``.
        forget_sets: F sets of indices.
        beta: β in [0, 1].
        descent: loss, step rule and step size.
        steps: step counts, ascending, after which the weights are wanted.

    Returns:
        Weights ``(F, steps, n, k)``.

    Raises:
        DataError: a bad forget set, β or list of step counts.

    Reference: Kurmanji et al., *Towards Unbounded Machine Unlearning*, NeurIPS 2023.
    """
    h = sample_weights(problem.samples, forget_sets, beta)
    return weighted_descent(problem, W, h, descent, steps)


def sample_weights(samples: int, forget_sets: Sequence[Sequence[int]], beta: float) -> np.ndarray:
    """``h_i = β/|I|`` on the retain set and ``−(1 − β)/|R|`` on the forget set, shape (F, m).

    Raises:
        DataError: a bad forget set, an empty one where β < 1, or β outside [0, 1].
    """
    if not 0 <= beta <= 1:
        raise DataError(
            f"beta = {beta}: allowed are numbers from 0 (ascent alone) to 1 (fine-tuning alone); change it."
        )
    keep = kept(samples, forget_sets)
    retained = keep.sum(axis=1, keepdims=True)
    if beta < 1 and (retained == samples).any():
        raise DataError(
            f"forget_sets has an empty one, which beta = {beta} cannot ascend on; allowed are one or more "
            "samples, name some."
        )
    forgotten = np.maximum(samples - retained, 1)
    return np.where(keep, beta / retained, -(1.0 - beta) / forgotten)
