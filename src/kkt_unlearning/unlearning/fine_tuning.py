"""Fine-tuning: training goes on, on the retain set alone."""

from collections.abc import Sequence

import numpy as np

from kkt_unlearning.problem import Problem
from kkt_unlearning.training.descent import Descent
from kkt_unlearning.unlearning.neggrad_plus import neggrad_plus


def fine_tuning(
    problem: Problem,
    W: np.ndarray,
    forget_sets: Sequence[Sequence[int]],
    descent: Descent,
    steps: Sequence[int],
) -> np.ndarray:
    """Descent on ``mean_{i∈I} ℓ(q_i)``: :func:`neggrad_plus` with β = 1, the flow of retraining from W.

    From the trained weights it is the usual baseline, after an ascent step the recovery phase. Arguments,
    result ``(F, steps, n, k)`` and errors are those of :func:`neggrad_plus`.
    """
    return neggrad_plus(problem, W, forget_sets, 1.0, descent, steps)
