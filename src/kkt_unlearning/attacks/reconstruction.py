"""Reconstruction: what of forgotten samples can be read off weights, before and after they are forgotten.

``docs/questions/reconstruction.md``.
"""

from collections.abc import Sequence

import numpy as np

from kkt_unlearning.kkt.clarke import fit_multipliers
from kkt_unlearning.precision import ROUND_OFF
from kkt_unlearning.problem import ON_KINK, Problem, retained, smallest_margin
from kkt_unlearning.quadratic.solver import Solver


def difference_miss(before: np.ndarray, after: np.ndarray, X: np.ndarray) -> float:
    """``max_r 1 − ‖V x_r‖/‖x_r‖``, V the leading right singular vectors of ``θ − θ'``, as many as samples.

    For one sample it is 1 − cosine to the best rank-one direction. After the ascent step it is 0: the
    difference is ``α Σ_r λ_r y_r (u_j a_jr)_j x_rᵀ``, whose rows are sums of the forgotten samples alone.

    Args:
        before, after: weights ``(n, k)``; equal ones show nothing: nan.
        X: the forgotten samples, ``(|R|, k)``.
    """
    difference = before - after
    if not np.linalg.norm(difference) > ROUND_OFF * np.linalg.norm(before):
        return float("nan")
    _, _, V = np.linalg.svd(difference, full_matrices=False)
    return float(_miss(V[: len(X)], X).max())


def _miss(V: np.ndarray, X: np.ndarray) -> np.ndarray:
    """``1 − ‖V x‖/‖x‖`` of each row of X for orthonormal rows V, without cancellation near 0."""
    inside = X @ V.T
    cosine = np.linalg.norm(inside, axis=1) / np.linalg.norm(X, axis=1)
    sine = np.linalg.norm(X - inside @ V, axis=1) / np.linalg.norm(X, axis=1)
    return sine**2 / (1.0 + np.minimum(cosine, 1.0))


def neuron_match(
    W: np.ndarray, output_weights: np.ndarray, X: np.ndarray, outside: np.ndarray | None = None
) -> np.ndarray:
    """The best cosine of each sample to ``w_j/u_j − w_k/u_k`` or ``w_j/u_j``, over all neurons j, k; (M,).

    At a KKT point ``w_j/u_j = Σ_i λ_i y_i a_ji x_i``, so that two neurons whose derivatives differ in one
    sample differ by a multiple of it. Who knows the sample picks the best pair: an upper bound on who does
    not.

    Args:
        W: weights ``(n, k)``.
        output_weights: ``u (n,)``, none of them 0.
        X: samples ``(M, k)``.
        outside: lengths ``(n,)`` of what neurons have outside these coordinates, each in a direction of its
            own: initial weights outside the span of the data, which are nearly orthogonal to one another.
    """
    V = np.vstack([W / output_weights[:, None], np.zeros(W.shape[1])])
    gram = V @ V.T
    if outside is not None:
        gram[np.diag_indices(len(W))] += (outside / output_weights) ** 2
    squared = np.diagonal(gram)[:, None] + np.diagonal(gram) - 2.0 * gram
    apart = squared > ROUND_OFF * gram.max()  # equal neurons differ by round-off
    lengths = np.sqrt(np.where(apart, squared, np.inf))
    P = V @ X.T
    best = [np.abs((p[:, None] - p) / lengths).max() for p in P.T]
    return np.minimum(np.array(best) / np.linalg.norm(X, axis=1), 1.0)


def overlap(problem: Problem, forget: Sequence[int]) -> np.ndarray:
    """``‖Π x_r‖/‖x_r‖``, Π on the span of the retained samples, which networks without r have; (k,)."""
    X = problem.X[list(forget)]
    outside = _outside(problem, forget)
    return np.linalg.norm(X - outside, axis=1) / np.linalg.norm(X, axis=1)


def remaining(
    problem: Problem, before: np.ndarray, after: np.ndarray, forget: Sequence[int]
) -> float:
    """``‖θ' X_⊥ᵀ‖ / ‖θ X_⊥ᵀ‖``, X_⊥ the forgotten samples outside the span of the retained ones.

    The step of fraction α from an exact KKT point leaves ``|1 − α|``. nan where the retained samples span
    the forgotten ones.
    """
    outside = _outside(problem, forget)
    if np.linalg.norm(outside) <= ROUND_OFF * np.linalg.norm(problem.X[list(forget)]):
        return float("nan")
    left, whole = (float(np.linalg.norm(W @ outside.T)) for W in (after, before))
    return left / whole if whole else float("nan")


def _outside(problem: Problem, forget: Sequence[int]) -> np.ndarray:
    """``X_R (1 − Π)``, ``(|R|, k)``."""
    _, sizes, V = np.linalg.svd(problem.X[retained(problem.samples, forget)], full_matrices=False)
    V = V[sizes > ROUND_OFF * sizes[0]]
    X = problem.X[list(forget)]
    return X - (X @ V.T) @ V


def fitted_share(
    problem: Problem,
    W: np.ndarray,
    multipliers: np.ndarray,
    forget: Sequence[int],
    solver: Solver | None = None,
) -> float:
    """``Σ_{r∈R} λ̂_r / Σ_{r∈R} λ_r``, ``λ̂ = argmin_{λ ≥ 0} ‖θ'/γ − Σ_i λ_i y_i g_i‖`` over all samples.

    What someone finds who has all samples, retained and forgotten, and asks whether θ' rests on the latter.
    γ is the smallest retained margin; derivatives are free on the kinks of θ'. Infinite without such a γ, nan
    where the forgotten samples had no multiplier.
    """
    keep = np.isin(np.arange(problem.samples), retained(problem.samples, forget))
    gamma = float(smallest_margin(problem, W, problem.margins(W), keep))
    whole = float(multipliers[~keep].sum())
    if not gamma > 0 or not whole > 0:
        return float("nan") if gamma > 0 else float("inf")
    P = np.abs(problem.preactivations(W))
    kinks = (ON_KINK * P.max() >= P) & problem.network.has_kinks
    caps = np.full(problem.samples, np.inf)
    found = fit_multipliers(problem, W / gamma, kinks, caps, solver or Solver()).multipliers
    return float(found[~keep].sum()) / whole
