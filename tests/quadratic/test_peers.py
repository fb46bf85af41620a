"""The hard margin against NNLS, Clarabel and LIBSVM, on data of many kinds and sizes.

One instance of each kind and size here; ``make test-solvers`` has ``INSTANCES`` of them.
"""

import os
import warnings

import numpy as np
import pytest
from builders import separable
from scipy.optimize import nnls

from kkt_unlearning.quadratic.hard_margin import hard_margin

SEEDS = range(int(os.environ.get("INSTANCES", "1")))
SIZES = [(30, 200), (30, 600), (60, 60), (150, 20), (2000, 30)]


def gaussian(rng, m, d):
    return separable(int(rng.integers(2**32)), m, d)


def one_label(rng, m, d):
    X, y = gaussian(rng, m, d)
    return y[:, None] * X, np.ones(m)


def equicorrelated(rng, m, d):
    """``x_i = √ρ z + √(1−ρ) g_i``, ρ up to 0.95, on both sides of a hyperplane through the origin."""
    rho, normal = rng.uniform(0.5, 0.95), rng.normal(size=d)
    X = np.sqrt(rho) * rng.normal(size=d) + np.sqrt(1 - rho) * rng.normal(size=(m, d))
    y = np.where(X @ normal >= 0, 1.0, -1.0)
    return X + 0.05 * y[:, None] * normal / np.linalg.norm(normal), y


def copies(rng, m, d):
    X, y = gaussian(rng, m, d)
    again = rng.integers(0, m, size=m // 3)
    X[again], y[again] = X[0], y[0]
    return X, y


def near_copies(rng, m, d):
    X, y = gaussian(rng, m, d)
    half = m // 2
    apart = 10.0 ** rng.uniform(-12, -3)
    X[:half] = X[half : 2 * half] + apart * rng.normal(size=(half, d))
    y[:half] = y[half : 2 * half]
    return X, y


def unlike_lengths(rng, m, d):
    """A margin of 1 for each, whatever its length: short samples count for more."""
    X, y = gaussian(rng, m, d)
    return X * 10.0 ** rng.uniform(-1, 1, size=(m, 1)), y


def any_unit(rng, m, d):
    X, y = gaussian(rng, m, d)
    return X * 10.0 ** rng.uniform(-8, 8), y


KINDS = (gaussian, one_label, equicorrelated, copies, near_copies, unlike_lengths, any_unit)


def by_nnls(Z):
    """Lawson and Hanson's least distance programming, chapter 23."""
    aim = np.append(np.zeros(Z.shape[1]), 1.0)
    system = np.vstack([Z.T, np.ones(len(Z))])
    residual = system @ nnls(system, aim, maxiter=100 * len(Z))[0] - aim
    return residual[:-1] / -residual[-1]


def by_clarabel(Z):
    """In an orthonormal basis of the span, so that few samples are few variables."""
    import cvxpy as cp

    basis, triangle = np.linalg.qr(Z.T)
    w = cp.Variable(len(triangle))
    problem = cp.Problem(cp.Minimize(0.5 * cp.sum_squares(w)), [triangle.T @ w >= 1])
    problem.solve(solver="CLARABEL", tol_gap_abs=1e-10, tol_gap_rel=1e-10, tol_feas=1e-10)
    return basis @ w.value


def by_libsvm(Z):
    """With every sample's mirror image the bias is 0; C is far above all multipliers of these data.

    On near copies it may never come to its tolerance. Whether its answer is near enough is asked anyway.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import SVC

    both = np.concatenate([Z, -Z])
    model = SVC(kernel="linear", C=1e7, tol=1e-8, max_iter=1_000_000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(both, np.repeat([1.0, -1.0], len(Z))).coef_[0]


# Of the squared length, how much longer their feasible weights may be: ten times what 500 instances had.
EXCESS = {by_nnls: 1e-9, by_clarabel: 1e-8, by_libsvm: 1e-3}


@pytest.mark.parametrize(("m", "d"), SIZES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_no_peer_finds_shorter_weights_and_all_come_near(seed, kind, m, d):
    """For weights w' of margins ≥ 1, ``‖w' − w‖² ≤ ‖w'‖² − ‖w‖²`` at the optimum w, and at it alone."""
    X, y = kind(np.random.default_rng([seed, KINDS.index(kind), m, d]), m, d)
    found = hard_margin(X, y)
    assert found.separable and (found.multipliers >= 0).all()
    assert (y * (X @ found.w)).min() >= 1 - 1e-11
    size = np.linalg.norm(found.w)
    combination = (y * found.multipliers) @ X
    terms = found.multipliers @ np.linalg.norm(X, axis=1)  # near copies may cancel in it
    assert np.linalg.norm(combination - found.w) <= 1e-11 * size + 1e-15 * terms

    Z = y[:, None] * X * size  # of which the weights have length 1
    for peer in EXCESS if m <= 150 else (by_nnls,):
        w = peer(Z)
        w = w / (Z @ w).min()  # feasible
        excess = w @ w - 1.0
        assert -1e-10 <= excess <= EXCESS[peer], peer.__name__
        assert ((w - found.w / size) ** 2).sum() <= excess + 1e-9, peer.__name__
