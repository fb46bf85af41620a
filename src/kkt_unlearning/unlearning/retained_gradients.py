"""Changes orthogonal to the gradients of the retained samples, which keep their outputs to first order."""

from collections.abc import Sequence

import numpy as np

from kkt_unlearning.kkt.multipliers import gradient_gram
from kkt_unlearning.precision import ROUND_OFF
from kkt_unlearning.problem import Problem, kept, retained
from kkt_unlearning.training.descent import Descent
from kkt_unlearning.training.losses import LOSSES, logsumexp
from kkt_unlearning.training.weighted import check_steps


def minimal_perturbation(problem: Problem, W: np.ndarray, forget: Sequence[int]) -> np.ndarray:
    """``θ' = V_I K_II⁺ q_I``, θ projected onto the span of the retained gradients ``V_I = (y_i g_i)``.

    Of all θ + Δ with ``⟨Δ, g_i⟩ = 0`` for every retained i the one of least norm; as the network is
    homogeneous, ``V_Iᵀ θ`` are the margins ``q_I``. ``K = VᵀV``. For a linear model of which all retained
    samples have margin γ it is the max-margin point of the retained samples.

    Args:
        problem: network and all samples.
        W: weights ``(n, k)``, at any scale.
        forget: indices of the samples to forget.

    Returns:
        Weights ``(n, k)`` at the same scale.

    Raises:
        DataError: a bad forget set.

    Reference: Block, Mokhtari and Shakkottai, *Machine Unlearning under Overparameterization*, NeurIPS 2025
    (MinNorm-OG, here with ``½‖θ‖²`` for the complexity and without its second regulariser).
    """
    keep, pattern = retained(problem.samples, forget), problem.pattern(W)
    K = gradient_gram(problem, pattern, keep, keep)
    coefficients = np.zeros(problem.samples)
    coefficients[keep] = _inverse(K) @ problem.margins(W)[keep]
    return problem.combination(coefficients, pattern)


def projected_ascent(
    problem: Problem,
    W: np.ndarray,
    forget_sets: Sequence[Sequence[int]],
    descent: Descent,
    steps: Sequence[int],
) -> np.ndarray:
    """``θ ← θ + η (1 − Π_I) ∇ mean_{r∈R} ℓ(q_r)``, Π_I on the span of the retained gradients at θ.

    A normalised step divides by the mean loss of R. While no activation changes retained margins stay as they
    are, and t normalised steps on one sample lead to ``θ − ηt (1 − Π_I) y_r g_r``.

    Args:
        problem: network and all samples.
        W: weights before, ``(n, k)``, at the scale that training left them at.
        forget_sets: F sets of indices.
        descent: loss, step rule and step size.
        steps: step counts, ascending, after which the weights are wanted.

    Returns:
        Weights ``(F, steps, n, k)``.

    Raises:
        DataError: a bad forget set or list of step counts.

    References: *Geometric-disentanglement Unlearning*, arXiv 2511.17100, and *Retain-Neutral Surrogates for
    Min-Max Unlearning*, arXiv 2605.05871.
    """
    check_steps(steps)
    keep = kept(problem.samples, forget_sets)
    now = np.repeat(W[None], len(keep), axis=0)
    # patterns that the projectors are of: none yet
    pattern = np.full((len(keep), len(W), problem.samples), np.nan)
    projectors = np.zeros((len(keep), problem.samples, problem.samples))
    done, found = 0, []
    for count in steps:
        for _ in range(count - done):
            seen = problem.pattern(now)
            for f in np.flatnonzero((seen != pattern).any(axis=(1, 2))):
                projectors[f] = _projector(problem, seen[f], keep[f])
            pattern = seen
            pull = _pull(problem.margins(now), keep, descent)
            pull = pull - np.einsum("fik,fk->fi", projectors, pull)
            now = now - descent.step_size * problem.combination(pull, pattern)
        done = count
        found.append(now)
    return np.stack(found, axis=1)


def _pull(q: np.ndarray, keep: np.ndarray, descent: Descent) -> np.ndarray:
    """``−ℓ'(q_r)`` over ``Σ_r ℓ(q_r)``, or over |R| for constant steps; 0 where kept. ``(F, m)``."""
    loss = LOSSES[descent.loss]
    if descent.step == "normalised":
        unit = logsumexp(np.where(keep, -np.inf, loss.log_value(q)))
    else:
        unit = np.log((~keep).sum(axis=-1, keepdims=True))
    return np.exp(np.where(keep, -np.inf, loss.log_slope(q) - unit))


def _projector(problem: Problem, pattern: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """``K_II⁺ K_I·``, what Π_I does to coefficients of the gradients, (m, m); rows of R are 0."""
    K, projector = gradient_gram(problem, pattern), np.zeros((problem.samples, problem.samples))
    projector[keep] = _inverse(K[np.ix_(keep, keep)]) @ K[keep]
    return projector


def _inverse(K: np.ndarray) -> np.ndarray:
    return np.linalg.pinv(K, rcond=ROUND_OFF, hermitian=True)
