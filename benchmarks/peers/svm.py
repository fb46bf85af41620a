"""The hard-margin linear model through the origin, as a user of each tool would state it.

    min ½ ‖w‖²   s.t.   y_i ⟨w, x_i⟩ ≥ 1   (dual λ_i)

scikit-learn's soft margin is the hard one once C exceeds every λ_i. Its `SVC` always fits a bias; with every
sample given a second time as ``(−x_i, −y_i)`` the bias is 0 by symmetry and the two copies share λ_i.
"""

import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from benchmarks.race import Contestant
from kkt_unlearning.quadratic.hard_margin import hard_margin

HARD = 1e6  # C; the multipliers of these instances are below 1e3
ITERATIONS = 20_000


class Data(NamedTuple):
    """``X (m, d)`` and ``y (m,)``."""

    X: np.ndarray
    y: np.ndarray


class Separator(NamedTuple):
    """``w (d,)`` and ``λ (m,)``; ``w = Σ_i λ_i y_i x_i``."""

    w: np.ndarray
    multipliers: np.ndarray


def ours(data: Data) -> Separator:
    """The solver of the linear model. The residuals that a KKT point has beside it, the check computes."""
    found = hard_margin(data.X, data.y)
    return Separator(found.w, found.multipliers)


def svc_linear(data: Data, tolerance: float) -> Separator:
    """``SVC(kernel="linear")`` on the samples and their mirror images."""
    from sklearn.svm import SVC

    X, y = np.concatenate([data.X, -data.X]), np.concatenate([data.y, -data.y])
    return _of_pairs(data, SVC(kernel="linear", C=HARD, tol=tolerance).fit(X, y))


def svc_precomputed(data: Data, tolerance: float) -> Separator:
    """``SVC(kernel="precomputed")``: the Gram matrix is computed once, by BLAS."""
    from sklearn.svm import SVC

    G, y = data.X @ data.X.T, np.concatenate([data.y, -data.y])
    mirrored = np.block([[G, -G], [-G, G]])
    return _of_pairs(data, SVC(kernel="precomputed", C=HARD, tol=tolerance).fit(mirrored, y))


def _of_pairs(data: Data, model: object) -> Separator:
    m = len(data.y)
    signed = np.zeros(2 * m)
    signed[model.support_] = model.dual_coef_[0]
    coefficients = signed[:m] - signed[m:]
    return Separator(coefficients @ data.X, coefficients * data.y)


def linear_svc(data: Data, tolerance: float) -> Separator:
    """``LinearSVC`` without intercept; it shows no multipliers, so they are fitted to its weights."""
    from scipy.optimize import nnls
    from sklearn.svm import LinearSVC

    model = LinearSVC(
        loss="hinge", C=HARD, tol=tolerance, fit_intercept=False, max_iter=ITERATIONS, dual=True
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where it did not converge, the check says so
        w = model.fit(data.X, data.y).coef_[0]
    touched = np.flatnonzero(data.y * (data.X @ w) <= 1.0 + 1e3 * tolerance)
    multipliers = np.zeros(len(data.y))
    multipliers[touched] = nnls((data.y[touched, None] * data.X[touched]).T, w)[0]
    return Separator(w, multipliers)


def cvxpy_clarabel(data: Data, tolerance: float) -> Separator:
    """The primal in cvxpy's words, in an orthonormal basis of the span (generous: m coordinates, not d)."""
    import cvxpy as cp

    basis, R = np.linalg.qr(data.X.T)
    w = cp.Variable(R.shape[0])
    margins = cp.multiply(data.y, R.T @ w) >= 1
    task = cp.Problem(cp.Minimize(0.5 * cp.sum_squares(w)), [margins])
    names = ("tol_gap_abs", "tol_gap_rel", "tol_feas")
    task.solve(solver=cp.CLARABEL, **dict.fromkeys(names, tolerance))
    if task.status != "optimal":
        raise RuntimeError(f"status {task.status}")
    return Separator(basis @ w.value, margins.dual_value)


def dual(data: Data, tolerance: float, solver: str, options: tuple[str, ...]) -> Separator:
    """``min ½ λᵀ (y yᵀ∘G) λ − Σ λ`` over ``λ ≥ 0`` by `qpsolvers`."""
    import qpsolvers

    signed = data.y[:, None] * data.X
    m = len(data.y)
    H = signed @ signed.T
    task = qpsolvers.Problem(
        sp.csc_matrix(H) if solver == "clarabel" else H, -np.ones(m), lb=np.zeros(m)
    )
    found = qpsolvers.solve_problem(task, solver, **dict.fromkeys(options, tolerance))
    if not found.found:
        raise RuntimeError("no solution found")
    return Separator(found.x @ signed, found.x)


def arbiter(data: Data, tolerance: float) -> Separator:
    """Clarabel on the dual: the judge, none of the contestants."""
    options = ("tol_gap_abs", "tol_gap_rel", "tol_feas")
    return dual(data, tolerance, solver="clarabel", options=options)


SOLVERS: Mapping[str, Callable[..., Separator]] = {
    "SVC, linear kernel": svc_linear,
    "SVC, precomputed kernel": svc_precomputed,
    "LinearSVC": linear_svc,
    "cvxpy + Clarabel": cvxpy_clarabel,
    "PIQP": partial(
        dual,
        solver="piqp",
        options=("eps_abs", "eps_rel", "eps_duality_gap_abs", "eps_duality_gap_rel"),
    ),
    "DAQP": partial(dual, solver="daqp", options=("primal_tol", "dual_tol")),
    "quadprog": partial(dual, solver="quadprog", options=()),
}


def contestants(tolerance: float) -> list[Contestant]:
    """Ours and the peers at this tolerance."""
    peers = [Contestant(name, partial(run, tolerance=tolerance)) for name, run in SOLVERS.items()]
    return [Contestant("ours", ours), *peers]
