"""Random quadratic programs of every kind, and their KKT conditions in plain NumPy, each by itself."""

import numpy as np
from builders import network
from scipy.optimize import linprog

from kkt_unlearning.kkt.cell import coefficient_bounds
from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.program import Program

KINDS = ("gaussian", "correlated", "rank_deficient", "duplicated", "tiny", "wide")
SINGULAR = ("rank_deficient", "duplicated")


def random_data(rng: np.random.Generator, kind: str) -> tuple[np.ndarray, np.ndarray, int]:
    """``X (m, d)``, labels and a width. Correlations go from 0.5 to 0.999; ranks down to a third of m."""
    m, n = int(rng.integers(2, 11)), int(rng.integers(2, 21))
    if kind == "tiny":
        m, n = int(rng.integers(1, 3)), int(rng.integers(1, 3))
    if kind == "wide":
        n = 150
    d = max(2, m // 3, m - 4) if kind == "rank_deficient" else 3 * m + 5
    X = rng.normal(size=(m, d)) / np.sqrt(d)
    if kind == "correlated":
        rho = rng.choice([0.5, 0.8, 0.95, 0.999])
        X = np.sqrt(1 - rho) * X + np.sqrt(rho) * rng.normal(size=d) / np.sqrt(d)
    y = rng.choice([-1.0, 1.0], size=m)
    if kind == "duplicated":
        copies = int(rng.integers(1, m))
        X[:copies], y[:copies] = X[-1], y[-1]
    return X, y, n


def random_cell(seed: int, kind: str) -> tuple[Problem, np.ndarray]:
    """A two-layer network on random data and a pattern; three quarters of the cells can reach every margin.

    Two neurons are then on for one class each and off for the other, which is enough where the samples of a
    class lie in a half-space that the other class does not, as independent samples do.
    """
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    X, y, n = random_data(rng, kind)
    problem = Problem(network(n), X, y)
    pattern = (rng.random((n, len(y))) < rng.choice([0.2, 0.5, 0.9])).astype(float)
    if rng.random() < 0.75:
        pattern[0] = y > 0
        if n > 1:
            pattern[1] = y < 0
    return problem, pattern


def cell_program(problem: Problem, pattern: np.ndarray) -> Program:
    """One neuron a row, without classes."""
    lower, upper = coefficient_bounds(problem.signs, pattern, problem.network.has_kinks)
    ones, m = np.ones((1, problem.samples)), problem.samples
    target = np.zeros((1, *lower.shape))
    return Program(
        problem.gram[None],
        lower[None],
        upper[None],
        ones,
        target,
        np.full((1, m), np.inf),
        is_cone=True,
    )


def random_fit(seed: int, kind: str) -> tuple[Problem, np.ndarray, np.ndarray, np.ndarray]:
    """Weights, kinks and caps of a certificate: multipliers free, capped, or left out (cap 0)."""
    rng = np.random.default_rng([seed, 100 + KINDS.index(kind)])
    X, y, n = random_data(rng, kind)
    problem = Problem(network(n), X, y)
    W = rng.normal(size=(n, X.shape[1]))
    # Towards the data, so that some multipliers are not 0.
    W += rng.normal(2.0, 2.0, size=len(y)) * problem.signs @ X
    kinks = rng.random((n, len(y))) < rng.choice([0.1, 0.5])
    caps = rng.choice([0.0, np.inf, 1.0], size=len(y), p=[0.2, 0.4, 0.4]) * rng.random(len(y))
    return problem, W, kinks, np.where(np.isnan(caps), 0.0, caps)


def fit_program(problem: Problem, W: np.ndarray, kinks: np.ndarray, caps: np.ndarray) -> Program:
    """Least squares in ``C``: ``C_ji = λ_i y_i u_j a_ji`` with a in [0, 1] on kinks, else the activation."""
    used = caps > 0
    fixed = problem.signs * (problem.preactivations(W) > 0)
    lower = np.where(kinks, np.minimum(problem.signs, 0.0), fixed) * used
    upper = np.where(kinks, np.maximum(problem.signs, 0.0), fixed) * used
    target = problem.preactivations(W) * used
    return Program(
        problem.gram[None],
        lower[None],
        upper[None],
        np.zeros((1, len(caps))),
        target[None],
        caps[None],
    )


def random_program(seed: int) -> Program:
    """No problem's: bounds of any sign, finite or not, rewards of any sign, a positive definite G."""
    rng = np.random.default_rng([seed, 7])
    m, n = int(rng.integers(1, 9)), int(rng.integers(1, 13))
    X = rng.normal(size=(m, m + 3))
    ends = np.sort(rng.normal(size=(2, n, m)), axis=0)
    lower = np.where(rng.random((n, m)) < 0.2, -np.inf, ends[0])
    upper = np.where(rng.random((n, m)) < 0.2, np.inf, ends[1])
    tied = rng.random((n, m)) < 0.3
    lower, upper = np.where(tied, ends[0], lower), np.where(tied, ends[0], upper)
    reward, target = rng.normal(size=(1, m)), 3.0 * rng.normal(size=(1, n, m))
    return Program(
        (X @ X.T)[None], lower[None], upper[None], reward, target, rng.random((1, m)) * 2.0
    )


def stacked(programs: list[Program]) -> Program:
    """A batch of programs, padded with samples and neurons that count for nothing."""
    m = max(program.reward.shape[-1] for program in programs)
    n = max(program.target.shape[-2] for program in programs)
    columns = {"reward": (m,), "cap": (m,), "gram": (m, m)}
    parts = {}
    for name in ("gram", "lower", "upper", "reward", "target", "cap"):
        parts[name] = np.zeros((len(programs), *columns.get(name, (n, m))))
        for b, program in enumerate(programs):
            value = getattr(program, name)[0]
            parts[name][(b, *(slice(size) for size in value.shape))] = value
    return Program(**parts, is_cone=all(program.is_cone for program in programs))


def optimality(
    program: Program, multipliers: np.ndarray, coefficients: np.ndarray, near: float = 1e-12
) -> dict[str, float]:
    """How far the conditions for an optimum are broken, relative to the terms that they are sums of.

    Feasibility (of C and λ), stationarity (no force on a coefficient between its bounds), direction (none
    away from a bound), and for ``φ_i``, the force on λ_i with its bounds moving along: 0 between 0 and Λ,
    ≤ 0 at 0, ≥ 0 at Λ.
    """
    C, lam, worst = coefficients[0], multipliers[0], lambda values: max([0.0, *values.ravel()])
    lower, upper, cap = program.lower[0], program.upper[0], program.cap[0]
    zero = np.zeros_like(C)
    low = np.where(np.isfinite(lower), lam * np.where(np.isfinite(lower), lower, 0.0), -np.inf)
    high = np.where(np.isfinite(upper), lam * np.where(np.isfinite(upper), upper, 0.0), np.inf)
    pulled = C @ program.gram[0]
    force, size = program.target[0] - pulled, np.abs(program.target[0]) + np.abs(pulled)
    slack = near * np.abs(C).max()
    at_low, at_high = low + slack >= C, high - slack <= C
    rising, falling = np.maximum(force, 0.0), np.minimum(force, 0.0)
    carried = np.multiply(upper, rising, out=zero.copy(), where=np.isfinite(upper))
    carried += np.multiply(lower, falling, out=zero.copy(), where=np.isfinite(lower))
    bounds = np.maximum(
        np.where(np.isfinite(lower), abs(lower), 0), np.where(np.isfinite(upper), abs(upper), 0)
    )
    phi, scale = program.reward[0] + carried.sum(axis=0), (bounds * size).sum(axis=0)
    scale = np.max(scale + np.abs(program.reward[0])) + 1e-300
    at_zero, at_cap = lam <= near * lam.max(), lam >= cap * (1 - near)
    size = size.max() + 1e-300
    return {
        "coefficients": worst(np.maximum(low - C, C - high)) / (np.abs(C).max() + 1e-300),
        "multipliers": worst(np.maximum(-lam, lam - cap)),
        "stationarity": worst(np.abs(force[~at_low & ~at_high])) / size,
        "direction": max(worst(force[at_low & ~at_high]), worst(-force[at_high & ~at_low])) / size,
        "phi_between": worst(np.abs(phi[~at_zero & ~at_cap])) / scale,
        "phi_at_zero": worst(phi[at_zero & ~at_cap]) / scale,
        "phi_at_cap": worst(-phi[at_cap & ~at_zero]) / scale,
    }


def has_weights(problem: Problem, pattern: np.ndarray) -> bool:
    """Whether weights of the cell reach all margins: a linear program in W and ``ξ ≥ max(0, P)``."""
    (n, m), signs = pattern.shape, problem.signs
    support, d = signs > 0, problem.X.shape[1]
    side = np.where(pattern > 0, 1.0, -1.0)
    rows, bounds = [], []
    weights = [(None, None)] * (n * d) + [(0, None)] * (n * m)  # W, then ξ
    for i in range(m):
        row = np.zeros(n * (d + m))
        for j in range(n):
            if support[j, i] and pattern[j, i]:
                row[j * d : (j + 1) * d] = -signs[j, i] * problem.X[i]
            elif not support[j, i]:
                row[n * d + j * m + i] = -signs[j, i]
        rows.append(row)
        bounds.append(-1.0)
    for j, i in np.ndindex(n, m):
        row = np.zeros(n * (d + m))
        row[j * d : (j + 1) * d] = (-side[j, i] if support[j, i] else 1.0) * problem.X[i]
        if not support[j, i]:
            row[n * d + j * m + i] = -1.0
        rows.append(row)
        bounds.append(0.0)
    found = linprog(np.zeros(n * (d + m)), np.array(rows), bounds, bounds=weights)
    assert found.status in (0, 2)
    return found.status == 0


def distance(program: Program, one: np.ndarray, other: np.ndarray) -> float:
    """``‖(C − C') X‖ / ‖C X‖`` for any X with ``X Xᵀ = G``: the weights, not their coefficients."""
    G = program.gram[0]
    squared = [np.sum((C @ G) * C) for C in (one[0] - other[0], one[0])]
    return float(np.sqrt(max(squared[0], 0.0) / max(squared[1], 1e-300)))
