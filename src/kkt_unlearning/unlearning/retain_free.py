"""A Newton step without the retained data: from the curvature of all samples, kept from training."""

from collections.abc import Sequence

import numpy as np

from kkt_unlearning.kkt.multipliers import gradient_gram
from kkt_unlearning.problem import Problem, retained
from kkt_unlearning.unlearning.influence import newton_terms


def retain_free_step(
    problem: Problem,
    W: np.ndarray,
    forget: Sequence[int],
    *,
    loss: str = "exponential",
    damping: float = 1.0,
) -> np.ndarray:
    """``θ' = θ − A (1 − D_R V_Rᵀ A)⁻¹ h_R`` with ``A = H⁻¹ V_R``, ``H = μ + V D Vᵀ`` of all samples.

    By Woodbury's identity this is ``θ − (H − V_R D_R V_Rᵀ)⁻¹ V_R h_R``, the influence step
    (:func:`kkt_unlearning.unlearning.influence.influence_step`), whose notation this has. It needs the
    forgotten samples and a product with ``H⁻¹``, which whoever trained may keep in place of the other
    samples. Here it is written by their gradients, in which it has rank m.

    Args, result and errors: those of the influence step.

    Reference: Zhao, Mohammadi Amiri and Magdon-Ismail, *WIN-U*, arXiv 2604.13438.
    """
    R = np.setdiff1d(np.arange(problem.samples), retained(problem.samples, forget))
    h, curvature, mu = newton_terms(problem, W, loss, damping)
    pattern = problem.pattern(W)
    K, root = gradient_gram(problem, pattern), np.sqrt(curvature)
    system = mu * np.eye(problem.samples) + root[:, None] * K * root
    A = -root[:, None] * np.linalg.solve(system, root[:, None] * K[:, R])  # in gradients, over 1/μ
    A[R, np.arange(len(R))] += 1.0
    seen = np.eye(len(R)) - curvature[R, None] * (K[R] @ A) / mu
    return W - problem.combination(A @ np.linalg.solve(seen, h[R]) / mu, pattern)
