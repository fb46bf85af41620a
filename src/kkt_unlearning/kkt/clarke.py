"""The multipliers and Clarke derivatives that fit given weights best: a convex quadratic program.

With ``C_ji = λ_i y_i u_j a_ji`` the stationarity residual is affine in ``C``, and ``a_ji ∈ [0, 1]`` on the
kinks is a bound on C linear in λ. ``docs/theory.md``, section 6.
"""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.program import Iterate, Program
from kkt_unlearning.quadratic.solver import SOLVED, Solver

MANY = 64
"""Samples beyond which fits and exact points are found one by one on a working set.

Few samples stay one batch. Measured with 20 to 90 samples, one fit at a time: with kinks it takes 2 to 60
times less, without them about as long. Exact points of 150 to 300 texts: 3 to 10 times less.
"""


@dataclass(frozen=True)
class ClarkeFit:
    """``min ‖θ − Σ_i λ_i y_i g_i‖`` over ``0 ≤ λ ≤ caps`` and ``g_i`` in the Clarke sub-differential.

    Attributes:
        multipliers: ``λ (…, m)``.
        clarke: ``a (…, n, m)``; the pattern off the kinks.
        residual: the minimum, or a bound on it, (…,).
        least: whether it is the minimum, (…,).
    """

    multipliers: np.ndarray
    clarke: np.ndarray
    residual: np.ndarray
    least: np.ndarray


def fit_multipliers(
    problem: Problem,
    W: np.ndarray,
    kinks: np.ndarray,
    caps: np.ndarray,
    solver: Solver,
    guess: tuple[np.ndarray, np.ndarray] | None = None,
    *,
    bound: bool = False,
) -> ClarkeFit:
    """The best fits at weights ``W (…, n, k)`` with free derivatives on ``kinks (…, n, m)``;
    ``caps (…, m)`` on λ.

    Args:
        problem: one problem for all; a cap of 0 leaves a sample out.
        guess: ``λ (…, m)`` and ``a (n, m)`` near the answer, where some are known.
        bound: of many samples give an upper bound where the least value would take long.

    Raises:
        SolverError: a program could not be solved to the solver's tolerance.
    """
    problem, W = problem.double, np.asarray(W, dtype=float)
    batch = W.shape[:-2]
    flat = W.reshape(-1, *W.shape[-2:])
    kinks = np.broadcast_to(kinks, (*batch, *kinks.shape[-2:])).reshape(
        len(flat), *kinks.shape[-2:]
    )
    caps = np.broadcast_to(caps, (*batch, caps.shape[-1])).reshape(len(flat), -1)
    caps = np.where(caps > SOLVED * _size(problem, flat)[:, None], caps, 0.0)
    multipliers, clarke = np.zeros(caps.shape), problem.pattern(flat)
    starts = None if guess is None else (_flat(guess[0], caps), guess[1])
    left, least = np.ones(len(flat), bool), np.ones(len(flat), bool)
    if solver.name == "active_set" and problem.samples > MANY:
        answers = multipliers, clarke, least
        left = _fit_one_by_one(problem, (flat, kinks, caps), starts, answers, bound)
    bent = (kinks & (caps > 0)[:, None, :]).any(axis=(1, 2))
    for chosen, fit in ((~bent & left, _smooth_fit), (bent & left, _kinked_fit)):
        if chosen.any():
            start = None if starts is None else (starts[0][chosen], starts[1])
            multipliers[chosen], clarke[chosen] = fit(
                problem, flat[chosen], kinks[chosen], caps[chosen], clarke[chosen], solver, start
            )
    residual = np.linalg.norm(flat - problem.combination(multipliers, clarke), axis=(1, 2))
    return ClarkeFit(
        multipliers.reshape(*batch, -1),
        clarke.reshape(*batch, *clarke.shape[-2:]),
        residual.reshape(batch),
        least.reshape(batch),
    )


def _fit_one_by_one(
    problem: Problem,
    asked: tuple[np.ndarray, np.ndarray, np.ndarray],
    starts: tuple[np.ndarray, np.ndarray] | None,
    answers: tuple[np.ndarray, np.ndarray, np.ndarray],
    bound: bool,
) -> np.ndarray:
    """Put the fits that a working set finds into the answers; True where it finds none, (B,)."""
    # here: SciPy's linear algebra takes longer to load than all else, and few fits need it
    from kkt_unlearning.kkt.fit import fit

    left = np.zeros(len(asked[0]), bool)
    for b, (W, kinks, caps) in enumerate(zip(*asked, strict=True)):
        start = None if starts is None else (starts[0][b], starts[1])
        found = fit(problem, W, kinks, caps, start, bound=bound)
        left[b] = found is None
        if found is not None:
            for answer, part in zip(answers, found, strict=True):
                answer[b] = part
    return left


def _size(problem: Problem, W: np.ndarray) -> np.ndarray:
    """``‖W‖ / (‖u‖ max_i ‖x_i‖)``: less multiplier than that cannot fit W, in any unit of the features."""
    reach = np.linalg.norm(problem.output_weights) * np.linalg.norm(problem.X, axis=-1).max()
    return np.linalg.norm(W, axis=(-2, -1)) / (reach or 1.0)


def _flat(values: np.ndarray, like: np.ndarray) -> np.ndarray:
    return np.broadcast_to(values.reshape(-1, values.shape[-1]), like.shape)


def _smooth_fit(
    problem: Problem,
    W: np.ndarray,
    kinks: np.ndarray,
    caps: np.ndarray,
    pattern: np.ndarray,
    solver: Solver,
    guess: tuple[np.ndarray, np.ndarray] | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Nothing free but λ: ``max qᵀλ − ½ λᵀHλ`` with ``H = (VᵀV)∘G``, ``V = y u ∘ A``, margins ``q``."""
    V = problem.signs * pattern
    used = (caps > 0).astype(float)
    ones = used[:, None, :]
    program = Program(
        gram=(V.swapaxes(-1, -2) @ V) * problem.gram,
        lower=ones,
        upper=ones,
        reward=used * problem.margins(W),
        target=np.zeros_like(ones),
        cap=caps,
    )
    start = None
    if guess is not None:
        inside = np.minimum(guess[0] * used, caps)
        start = Iterate(inside, inside[:, None, :])
    return solver.optimum(program, start).multipliers, pattern


def _kinked_fit(
    problem: Problem,
    W: np.ndarray,
    kinks: np.ndarray,
    caps: np.ndarray,
    pattern: np.ndarray,
    solver: Solver,
    guess: tuple[np.ndarray, np.ndarray] | None,
) -> tuple[np.ndarray, np.ndarray]:
    signs, used = problem.signs, (caps > 0)[:, None, :]
    fixed = np.where(used, signs * pattern, 0.0)
    free = kinks & used
    program = Program(
        gram=problem.gram[None],
        lower=np.where(free, np.minimum(signs, 0.0), fixed),
        upper=np.where(free, np.maximum(signs, 0.0), fixed),
        reward=np.zeros_like(caps),
        target=np.where(used, problem.preactivations(W), 0.0),
        cap=caps,
        kind=np.unique(problem.output_weights, return_inverse=True)[1][None],
    )
    start = None
    if guess is not None:
        multipliers = np.minimum(guess[0], caps)
        start = Iterate(multipliers, multipliers[:, None, :] * signs * guess[1])
    found = solver.optimum(program, start)
    scale = found.multipliers[:, None, :] * signs
    share = np.divide(found.coefficients, scale, out=np.zeros_like(scale), where=scale != 0)
    return found.multipliers, np.where(free, np.clip(share, 0.0, 1.0), pattern)
