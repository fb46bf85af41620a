"""Multipliers of trained weights: ``argmin_{λ ≥ 0} ‖θ/γ − Σ_i λ_i y_i g_i‖`` with the 0/1 derivatives g_i."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import nnls

from benchmarks.instance import Instance
from benchmarks.race import Contestant
from kkt_unlearning.kkt.multipliers import least_squares_multipliers
from kkt_unlearning.problem import Problem


class Trained(NamedTuple):
    """A trained network, in R^d ``(n, d)`` and in span coordinates: their problem and ``(n, k)``."""

    case: Instance
    W: np.ndarray
    problem: Problem
    W_span: np.ndarray


def gradients(X: np.ndarray, y: np.ndarray, u: np.ndarray, W: np.ndarray) -> np.ndarray:
    """Columns ``y_i vec(u_j A_ji x_i)``, (n d, m)."""
    A = W @ X.T > 0
    return ((u[:, None] * y * A)[:, None, :] * X.T[None, :, :]).reshape(W.size, len(y))


def scaled(X: np.ndarray, y: np.ndarray, u: np.ndarray, W: np.ndarray) -> np.ndarray:
    """``θ/γ`` as a vector, ``γ`` the smallest margin."""
    return (W / (y * (np.maximum(X @ W.T, 0.0) @ u)).min()).ravel()


def ours(trained: Trained) -> np.ndarray:
    """This library, from span coordinates, where training leaves the weights."""
    return least_squares_multipliers(trained.problem, trained.W_span)


def nnls_in_data_space(trained: Trained) -> np.ndarray:
    """`scipy.optimize.nnls` on the gradients in R^d, as they come from a network."""
    arguments = (trained.case.X, trained.case.y, trained.case.u, trained.W)
    return nnls(gradients(*arguments), scaled(*arguments))[0]


def nnls_in_span(trained: Trained) -> np.ndarray:
    """The same on the gradients in span coordinates."""
    arguments = (trained.problem.X, trained.problem.y, trained.case.u, trained.W_span)
    return nnls(gradients(*arguments), scaled(*arguments))[0]


def _gradient_bytes(trained: Trained) -> float:
    return 3.0 * 8.0 * trained.W.size * len(trained.case.y)


CONTESTANTS = (
    Contestant("ours", ours),
    Contestant("scipy nnls, span coordinates", nnls_in_span),
    Contestant("scipy nnls, in R^d", nnls_in_data_space, _gradient_bytes),
)
