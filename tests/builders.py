"""Problems and planted solutions that several tests share, and slow, plain reference methods."""

from functools import cache
from itertools import product

import numpy as np
from scipy.optimize import nnls

from kkt_unlearning.kkt.point import KKTPoint, kkt_point
from kkt_unlearning.networks import Linear, TwoLayer
from kkt_unlearning.problem import Problem
from kkt_unlearning.training import Descent, Training, train

EPS = np.finfo(float).eps
ROUND_OFF = 1e-12  # of quantities of size 1 after some 1e3 operations of relative error 1e-16


def labels(samples: int) -> np.ndarray:
    return np.where(np.arange(samples) % 2 == 0, 1.0, -1.0)


def network(width: int | None):
    return Linear() if width is None else TwoLayer(width)


def gaussian(seed: int, samples: int, dimension: int, width: int | None, scale: float = 0.1):
    """A problem on N(0, I_d/d) data (a linear model where width is None), and initial weights.

    In a network, neurons 0 and 1 start with ``P_0i = −P_1i = scale · y_i``, so every sample has
    an active neuron that speaks for its label; a sample without one would never be learnt.
    """
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(samples, dimension)) / np.sqrt(dimension)
    W0 = rng.normal(size=(width or 1, dimension)) * scale / np.sqrt(dimension)
    if width:
        W0[0] = scale * np.linalg.pinv(X) @ labels(samples)
        W0[1] = -W0[0]
    return Problem(network(width), X, labels(samples)), W0


def wrong_pattern(problem: Problem, pattern: np.ndarray, seed: int) -> np.ndarray:
    """The pattern with 30 % of its entries flipped; in its cell every margin can be reached."""
    flips = np.random.default_rng(seed).random(pattern.shape) < 0.3
    pattern = np.where(flips, 1.0 - pattern, pattern)
    pattern[0], pattern[1] = problem.y > 0, problem.y < 0
    return pattern


@cache
def solved(
    seed: int, samples: int, dimension: int, width: int | None, steps: int = 1500
) -> tuple[Problem, Training, KKTPoint]:
    """A trained network and the exact KKT point of its activations."""
    problem, W0 = gaussian(seed, samples, dimension, width)
    training = train(problem, W0, Descent(steps=steps, minimum_margin=1e-3))
    return problem, training, kkt_point(problem, problem.pattern(training.W))


def planted_orthogonal(lengths, y, width: int | None):
    """Orthogonal rows of the given lengths: ``λ_i = 1 / (‖x_i‖² Σ_{j: u_j y_i > 0} u_j²)``.

    Every neuron that speaks for y_i is active on sample i (a = 1), every other one has a = 0 and
    lies on the kink with no force. Returns problem, W, λ, a.
    """
    lengths, y = np.asarray(lengths, float), np.asarray(y, float)
    problem = Problem(network(width), np.diag(lengths), y)
    u = problem.network.output_weights
    clarke = (u[:, None] * y > 0).astype(float) if width else np.ones((1, len(y)))
    multipliers = 1.0 / (lengths**2 * (u[:, None] ** 2 * clarke).sum(axis=0))
    W = (multipliers * y * u[:, None] * clarke) @ problem.X
    return problem, W, multipliers, clarke


def planted_pairs(correlations, lengths, width: int):
    """Orthogonal pairs of opposite labels; the points of pair k have length c and cosine ρ.

    By symmetry both points of a pair have one λ. A neuron with u > 0 (s = 1/√n) has on the pair
    ``C = λ s (1, −a)``, hence ``P = λ s c² (1 − aρ, ρ − a)``. For ρ > 0 it is held on the kink of
    the negative point by a = ρ; for ρ < 0 that point is off (a = 0, P < 0). Margin 1 on the other
    point, with half of the neurons on either side (width even), gives ``λ = 2 / (c² (1 − aρ))``.
    Returns problem, W, λ, a, kinks.
    """
    m, n = 2 * len(correlations), width
    X, y, multipliers = np.zeros((m, m)), labels(m), np.zeros(m)
    clarke, kinks = np.zeros((n, m)), np.zeros((n, m), bool)
    for k, (rho, c) in enumerate(zip(correlations, lengths, strict=True)):
        pair = slice(2 * k, 2 * k + 2)
        X[pair, pair] = c * np.array([[1.0, 0.0], [rho, np.sqrt(1 - rho**2)]])
        a = max(rho, 0.0)
        multipliers[pair] = 2.0 / (c**2 * (1.0 - a * rho))
        clarke[0::2, pair], clarke[1::2, pair] = (1.0, a), (a, 1.0)
        kinks[0::2, 2 * k + 1] = kinks[1::2, 2 * k] = rho > 0
    problem = Problem(TwoLayer(n), X, y)
    u = problem.network.output_weights
    return problem, (multipliers * y * u[:, None] * clarke) @ X, multipliers, clarke, kinks


def planted_crossing(g: float, width: int = 2):
    """Proposition 6.17 of docs/theory.md: forgetting sample 2 carries a supporting entry across 0.

    Half of the neurons are on at samples 0 and 2, half at 0 and 1; labels and output weights are positive.
    Returns problem, W, λ, a.
    """
    G = np.array([[1.0, g, 0.0], [g, 1.0, -g], [0.0, -g, 1.0]])
    u = np.full(width, 1.0 / np.sqrt(width))
    problem = Problem(TwoLayer(width, tuple(u.tolist())), np.linalg.cholesky(G), np.ones(3))
    first = (1.0 - g) / (1.0 - g**2 / 2.0)
    multipliers = np.array([first, 2.0 - g * first, 2.0])
    clarke = np.tile([[1.0, 0.0, 1.0], [1.0, 1.0, 0.0]], (width // 2, 1))
    return problem, problem.combination(multipliers, clarke), multipliers, clarke


def least_distance(problem: Problem, pattern: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """The least weights with margin 1 and *all* activations as in the pattern, by NNLS.

    ``min ½‖w‖² s.t. A w ≥ b`` is solved by ``z = argmin_{z ≥ 0} ‖[Aᵀ; bᵀ] z − e‖``, ``e`` the last
    unit vector; ``w = Aᵀ z / (1 − bᵀ z)`` (Lawson and Hanson). An active-set method: exact up to round-off.
    Returns W (n, d) and the multipliers of all constraints, margins first; None if no weights are feasible.
    """
    (n, m), d = pattern.shape, problem.X.shape[1]
    margins = np.einsum("ji,id->ijd", problem.signs * pattern, problem.X).reshape(m, n * d)
    rows = [margins]
    if problem.network.has_kinks:
        sides = np.einsum("ji,jk,id->jikd", 2 * pattern - 1, np.eye(n), problem.X)
        rows.append(sides.reshape(n * m, n * d))
    A = np.vstack(rows)
    b = np.concatenate([np.ones(m), np.zeros(len(A) - m)])
    E = np.vstack([A.T, b])
    z, distance = nnls(E, np.eye(len(E))[-1], maxiter=100 * len(b))
    if distance < 1e-7:
        return None
    scale = 1.0 - b @ z
    return (A.T @ z / scale).reshape(n, d), z / scale


def cell_by_enumeration(problem: Problem, pattern: np.ndarray) -> np.ndarray | None:
    """The least weights of the cell: the best over all activations of the pairs that the cell leaves free.

    ``2^k`` least-distance programs for k pairs with ``u_j y_i < 0``; exact, without duality or convexity.
    """
    j, i = np.nonzero(problem.signs < 0)
    best = None
    for sides in product((0.0, 1.0), repeat=len(j)):
        filled = np.array(pattern, dtype=float)
        filled[j, i] = sides
        found = least_distance(problem, filled)
        if found is not None and (best is None or (found[0] ** 2).sum() < (best**2).sum()):
            best = found[0]
    return best


def cell_by_cvxpy(problem: Problem, pattern: np.ndarray, tolerance: float) -> np.ndarray | None:
    """The least weights of the cell from the primal problem as it is written; None where there are none."""
    import cvxpy as cp

    W = cp.Variable((pattern.shape[0], problem.X.shape[1]))
    P, signs, constraints = W @ problem.X.T, problem.signs, []
    margins = cp.sum(cp.multiply(signs * pattern, P), axis=0)
    if problem.network.has_kinks:
        support = signs > 0
        speaking = cp.sum(cp.multiply(signs * pattern * support, P), axis=0)
        margins = speaking - cp.sum(cp.multiply(np.maximum(-signs, 0.0), cp.pos(P)), axis=0)
        constraints = [cp.multiply(2.0 * pattern - 1.0, P)[support] >= 0]
    constraints.append(margins >= 1)
    program = cp.Problem(cp.Minimize(0.5 * cp.sum_squares(W)), constraints)
    options = dict.fromkeys(("tol_gap_abs", "tol_gap_rel", "tol_feas"), tolerance)
    program.solve(solver="CLARABEL", **options)
    if program.status == "infeasible":
        return None
    assert program.status == "optimal"
    return W.value


def least_residual_by_cvxpy(
    problem: Problem, W: np.ndarray, kinks: np.ndarray, caps: np.ndarray
) -> float:
    """``min ‖W − Σ_i λ_i y_i g_i‖`` as it is written; on the kinks ``b = λ a`` in [0, λ]."""
    import cvxpy as cp

    multipliers, b = (
        cp.Variable(problem.samples, nonneg=True),
        cp.Variable(kinks.shape, nonneg=True),
    )
    each = np.ones((len(W), 1)) @ cp.reshape(multipliers, (1, problem.samples), order="C")
    P = problem.preactivations(W)
    active = (1e-10 * np.abs(P).max() < P) & ~kinks if problem.network.has_kinks else ~kinks
    C = cp.multiply(problem.signs * active, each) + cp.multiply(problem.signs * kinks, b)
    constraints = [b <= each]
    constraints += [multipliers[i] <= caps[i] for i in np.flatnonzero(np.isfinite(caps))]
    program = cp.Problem(cp.Minimize(cp.sum_squares(W - C @ problem.X)), constraints)
    program.solve(solver="CLARABEL", tol_gap_abs=1e-11, tol_gap_rel=1e-11, tol_feas=1e-11)
    assert program.status == "optimal"
    return float(np.sqrt(program.value))


def one_sentence(error) -> str:
    """The message of a caught error; asserts that it is one line that ends in a full stop."""
    text = str(error.value)
    assert "\n" not in text
    assert text.endswith((".", ". "))
    return text


def separable(seed, m, d, gap=0.05):
    """Samples on both sides of a random hyperplane, no nearer to it than ``gap``."""
    rng = np.random.default_rng(seed)
    normal = rng.normal(size=d)
    normal /= np.linalg.norm(normal)
    X = rng.normal(size=(m, d))
    y = np.where(X @ normal >= 0, 1.0, -1.0)
    return X + gap * y[:, None] * normal, y


def copies_on_either_side(seed, distance=5e-7):
    """A point of 6 samples, and a near copy of sample 1, in a cell in which some neurons part the two."""
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(6, 40)) / 40**0.5, np.tile([1.0, -1.0], 3)
    way = rng.normal(size=40)
    X = np.vstack([X, X[1] + distance * np.linalg.norm(X[1]) * way / np.linalg.norm(way)])
    problem = Problem(TwoLayer(8), X, np.append(y, y[1]))
    lean = np.sign(problem.output_weights)[:, None] * (y[:, None] * X[:6]).sum(axis=0)
    point = kkt_point(problem, problem.pattern(rng.normal(size=(8, 40)) + lean))
    return point, bool((point.pattern[:, 1] != point.pattern[:, 6]).any())
