"""Plain gradient ascent on the forget set, in many small steps of no prescribed length."""

from collections.abc import Sequence

import numpy as np

from kkt_unlearning.problem import Problem
from kkt_unlearning.training.descent import Descent
from kkt_unlearning.unlearning.neggrad_plus import neggrad_plus


def gradient_ascent(
    problem: Problem,
    W: np.ndarray,
    forget_sets: Sequence[Sequence[int]],
    descent: Descent,
    steps: Sequence[int],
) -> np.ndarray:
    """Ascent on ``mean_{r∈R} ℓ(q_r)``: :func:`neggrad_plus` with β = 0.

    While no activation changes, t normalised steps on one sample are the prescribed step with
    ``α = ηt / (λ_r γ)``: it passes the right place and goes on. Arguments, result
    ``(F, steps, n, k)`` and errors are those of :func:`neggrad_plus`.
    """
    return neggrad_plus(problem, W, forget_sets, 0.0, descent, steps)
