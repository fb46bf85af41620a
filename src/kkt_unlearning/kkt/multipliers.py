"""Estimates of the KKT multipliers from a trained network, to be compared with the exact dual.

All are for the network scaled to smallest margin 1, ``θ/γ`` with ``γ = min_i q_i``. The exact ones are
:attr:`kkt_unlearning.kkt.point.KKTPoint.multipliers`. ``docs/theory.md``, section 7.
"""

import numpy as np

from kkt_unlearning.kkt.clarke import fit_multipliers
from kkt_unlearning.precision import ROUND_OFF
from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.pivoting import nonnegative
from kkt_unlearning.quadratic.solver import SOLVED, Solver

_NEWTON, _HALVINGS = 100, 40  # a handful of steps is the rule, most of them whole

# Samples whose inner products are looked at as one matrix. It bounds the matrix; times do not cross there:
# with 64 to 1,000 samples block pivoting took a seventh to a twentieth of the search on a working set.
_FEW = 300


def least_squares_multipliers(problem: Problem, W: np.ndarray) -> np.ndarray:
    """``argmin_{λ ≥ 0} ‖θ/γ − Σ_i λ_i y_i g_i‖`` with the 0/1 derivatives ``g_i``; shape (m,).

    Of several, which linearly dependent gradients allow, the one of least norm.

    Args:
        W: trained weights ``(n, k)`` with positive margins.
    """
    if problem.samples <= _FEW and (unique := _unique(problem, W)) is not None:
        return unique
    smooth = np.zeros((problem.network.width, problem.samples), bool)
    free = np.full(problem.samples, np.inf)
    W = W / problem.margins(W).min()
    fitted = fit_multipliers(problem, W, smooth, free, Solver()).multipliers
    return least_of_best(problem, W, fitted)


def least_of_best(problem: Problem, W: np.ndarray, fitted: np.ndarray) -> np.ndarray:
    """Of all ``λ ≥ 0`` that miss W by as little as ``fitted (m,)``, a best fit, the one of least norm.

    Args:
        W: weights ``(n, k)`` with smallest margin 1.
    """
    A = problem.pattern(W)
    V, missed = problem.signs * A, W - problem.combination(fitted, A)
    pull = np.einsum("ji,ji->i", V, problem.preactivations(missed))
    size = np.einsum("ji,ji->i", np.abs(V), np.abs(problem.preactivations(W)))
    # all best fits miss W by the same: where that pulls a multiplier down, it is 0 in all of them
    tight = np.flatnonzero((fitted > 0) | (pull > -SOLVED * size.max()))
    least = np.zeros_like(fitted)
    if 2 * W.size < len(tight):
        X = problem.double.X[tight]
        gradients = (V[:, tight].T[:, :, None] * X[:, None, :]).reshape(len(tight), -1)
        least[tight] = least_norm_of_many(fitted[tight], gradients)
    else:
        least[tight] = least_norm(fitted[tight], gradient_gram(problem.double, A, tight, tight))
    return least


def _unique(problem: Problem, W: np.ndarray) -> np.ndarray | None:
    """The best fit by block pivoting on inner products of the gradients; those with W are the margins."""
    margins = problem.margins(W)
    fitted = nonnegative(gradient_gram(problem.double, problem.pattern(W)), margins)
    return None if fitted is None else fitted / margins.min()


def least_norm(multipliers: np.ndarray, gram: np.ndarray) -> np.ndarray:
    """``argmin ‖μ‖`` over ``μ ≥ 0`` with ``H μ = H λ``; λ itself if H is invertible.

    With N an orthonormal basis of the kernel of H and ``p = (I − N Nᵀ) λ``, μ is ``p + N s`` for the shortest
    s with ``N s ≥ −p``: a least-distance program, which non-negative least squares solves (Lawson and
    Hanson, Solving Least Squares Problems, chapter 23).

    Args:
        multipliers: ``λ ≥ 0``, (m,).
        gram: inner products H of the gradients, (m, m).
    """
    kernel = _kernel(gram)
    scale = multipliers.max()
    if kernel.shape[1] == 0 or scale == 0:
        return multipliers
    from scipy.optimize import nnls  # takes longer to load than all else, and is hardly ever needed

    shares = multipliers / scale
    particular = shares - kernel @ (kernel.T @ shares)
    system = np.vstack([kernel.T, -particular])
    aim = np.append(np.zeros(kernel.shape[1]), 1.0)
    residual = system @ nnls(system, aim)[0] - aim
    shortest = residual[:-1] / -residual[-1]
    return scale * np.maximum(particular + kernel @ shortest, 0.0)


def least_norm_of_many(multipliers: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """:func:`least_norm` for more samples than weights: ``μ = max(0, A ν)`` with ``Aᵀ μ = Aᵀ λ``.

    ν maximises the dual ``⟨Aᵀλ, ν⟩ − ½‖max(0, A ν)‖²``, concave and piecewise quadratic: Newton's method,
    with steps halved until it rises.

    Args:
        multipliers: ``λ ≥ 0``, (m,).
        gradients: ``A (m, p)``, one a row; nothing of m × m is formed.
    """
    size = float(np.abs(gradients).max(initial=0.0)) or 1.0
    A, scale = gradients / size, float(multipliers.max(initial=0.0)) or 1.0
    aim = A.T @ (multipliers / scale)
    nu, height = np.zeros(A.shape[1]), 0.0
    mu = np.zeros(len(A))
    for _ in range(_NEWTON):
        slope = aim - A.T @ mu
        if np.abs(slope).max() <= ROUND_OFF * np.abs(aim).max():
            break
        active = A[mu > 0] if (mu > 0).any() else A
        curvature = active.T @ active
        curvature[np.diag_indices_from(curvature)] += ROUND_OFF * np.trace(curvature)
        step = np.linalg.solve(curvature, slope)
        for halving in range(_HALVINGS):
            there = nu + 0.5**halving * step
            mu_there = np.maximum(A @ there, 0.0)
            height_there = float(aim @ there - 0.5 * mu_there @ mu_there)
            if height_there > height:
                break
        else:
            break  # round-off
        nu, mu, height = there, mu_there, height_there
    return scale * mu


def _kernel(gram: np.ndarray) -> np.ndarray:
    """Orthonormal basis of the kernel of a Gram matrix, whatever the lengths behind it."""
    lengths = np.sqrt(np.diagonal(gram))
    lengths = np.where(lengths > 0, lengths, 1.0)
    values, vectors = np.linalg.eigh(gram / np.outer(lengths, lengths))
    null = vectors[:, values <= ROUND_OFF * values[-1]]
    return np.linalg.qr(null / lengths[:, None])[0]


def gradient_matrix(problem: Problem, clarke: np.ndarray) -> np.ndarray:
    """Columns ``y_i g_i`` with ``g_i = (u_j a_ji x_i)_j``, shape (n k, m)."""
    columns = (problem.signs * clarke)[:, None, :] * problem.X.T[None, :, :]
    return columns.reshape(-1, problem.samples)


_ALL = slice(None)


def gradient_gram(
    problem: Problem,
    clarke: np.ndarray,
    rows: np.ndarray | slice = _ALL,
    columns: np.ndarray | slice = _ALL,
) -> np.ndarray:
    """``K_ik = ⟨y_i g_i, y_k g_k⟩ = G_ik Σ_j u_j² y_i y_k a_ji a_jk`` of some samples i and k, or of all.

    The inner products of the columns of :func:`gradient_matrix`.
    """
    V, X = problem.signs * clarke, problem.X
    return (V[:, rows].T @ V[:, columns]) * (X[rows] @ X[columns].T)


def loss_gradient_multipliers(
    problem: Problem, W: np.ndarray, loss_weights: np.ndarray
) -> np.ndarray:
    """``λ_i = p_i ‖θ/γ‖² / Σ_k p_k q_k/γ`` for running loss gradients ``p_i = Σ_t η_t (−ℓ'(q_i(t)))``.

    Gradient flow moves along ``Σ_i (−ℓ'(q_i)) y_i g_i``, so the gradients are proportional to the
    multipliers in the limit; homogeneity, ``‖θ‖² = Σ_i λ_i q_i``, fixes the factor. Shape (m,).
    """
    q = problem.margins(W)
    gamma = q.min()
    return loss_weights * (W**2).sum() / gamma / (loss_weights * q).sum()


def orthogonal_multipliers(problem: Problem, W: np.ndarray) -> np.ndarray:
    """``λ_i = 1 / (‖x_i‖² Σ_{j : u_j y_i > 0} u_j² A_ji)``: exact where the data are orthogonal.

    Only neurons that speak for the label of a sample stay active on it then; the one neuron of a linear
    model is active on every sample, ``λ_i = 1/‖x_i‖²``. Shape (m,); infinite where no neuron is active.
    """
    A = problem.pattern(W)
    if problem.network.has_kinks:
        A = A * (problem.signs > 0)
    share = (A * problem.output_weights[:, None] ** 2).sum(axis=0)
    with np.errstate(divide="ignore"):
        return 1.0 / ((problem.X**2).sum(axis=1) * share)


def estimates(problem: Problem, W: np.ndarray, loss_weights: np.ndarray) -> dict[str, np.ndarray]:
    """Every estimate by its name."""
    return {
        "least_squares": least_squares_multipliers(problem, W),
        "loss_gradient": loss_gradient_multipliers(problem, W, loss_weights),
        "orthogonal": orthogonal_multipliers(problem, W),
    }
