"""The whole (ε, δ, τ) surface of a step, from (ε*, δ*, 0) to (0, 0, τ*).

The criterion asks for some ϑ with ``cos(θ', θ̃) ≥ 1 − τ`` that is an (ε, δ)-approximate KKT point. For a
given (δ, τ) the least ε over all such ϑ is a non-convex problem. Here it is bounded from above by a path of
candidates. ``docs/questions/flips.md``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from kkt_unlearning.backends import WORK_ARRAY
from kkt_unlearning.certificates.certificate import certify_all
from kkt_unlearning.certificates.condense import condensed_steps
from kkt_unlearning.certificates.restore import project, restore
from kkt_unlearning.certificates.stationarity import least_epsilon, mean_multiplier
from kkt_unlearning.datasets.memory import check_memory
from kkt_unlearning.errors import DataError
from kkt_unlearning.kkt.point import KKTPoint
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.problem import ON_KINK, Problem, kept
from kkt_unlearning.quadratic.solver import SOLVED, Solver
from kkt_unlearning.unlearning.ascent import Steps

# Relative, how much larger than allowed a candidate's τ may be. ``τ = ½‖d‖²``, d the difference of two unit
# vectors that are off by ε each, is off by ``4 ε/√(2τ)``: 1e-9 at τ = 4e-13.
_TAU_ROUND_OFF = 1e-9


@dataclass(frozen=True)
class Path:
    """Candidates ϑ for each of F steps.

    Attributes:
        W: weights ``(F, T, n, k)``; the first is θ', the last θ*.
        kinks: boolean ``(F, T, n, m)``, pre-activations that are 0.
        tau: ``1 − cos(θ', ϑ)``, ``(F, T)``.
    """

    W: np.ndarray
    kinks: np.ndarray
    tau: np.ndarray


@dataclass(frozen=True)
class Surface:
    """``min {ε*(δ) at ϑ : ϑ on the path, 1 − cos(θ', ϑ) ≤ τ}``, an upper bound on the least ε for (δ, τ).

    Attributes:
        epsilon: relative ε, ``(F, D, G)``; does not increase along the last two axes.
        delta: δ allowed, ``(F, D)``; tau: τ allowed, ``(F, G)``.
        relative_delta: ``delta`` over the mean multiplier of the restored network, ``(F, D)``: one unit for
            all candidates.
        delta_star, tau_star: δ*, the δ of the certificate at θ̃ of :mod:`restore`, and τ*, ``(F,)``.
        tau_restored: τ of the restored network, ``(F,)``.
        nothing_epsilon: relative ε of the untouched network for ``relative_delta``, which needs no τ from an
            exact KKT point, ``(F, D)``.
    """

    epsilon: np.ndarray
    delta: np.ndarray
    relative_delta: np.ndarray
    tau: np.ndarray
    delta_star: np.ndarray
    tau_star: np.ndarray
    tau_restored: np.ndarray
    nothing_epsilon: np.ndarray


def surface(
    steps: Steps,
    retained: Sequence[KKTPoint],
    deltas: Sequence[float],
    taus: Sequence[float],
    path_points: int,
    solver: Solver | None = None,
) -> Surface:
    """The surface of steps of one size (A = 1) on a grid of shares of δ* and of τ*.

    Memory is that of the path, ``O(F T n (k + m))`` for T candidates, of the fits of one forget set,
    ``O(D T n (k + m))``, and of the products of all gradients for the face point, ``O(m²)``.

    Args:
        steps: from :func:`kkt_unlearning.unlearning.unlearn_all`, with one fraction.
        retained: exact KKT points θ* of the retained problems, one a forget set.
        deltas, taus: ascending shares ≥ 0, ``(D,)`` and ``(G,)``; τ = 0 is θ' itself, 1 is θ*.
        path_points: number of candidates on each part of the path (:func:`candidates`).

    Raises:
        DataError: shares that do not ascend from 0 or above, or steps of several sizes; or this machine's
            memory would not do.
        SolverError: a quadratic program could not be solved to the solver's tolerance.
    """
    _check_shares(deltas=deltas, taus=taus)
    if steps.W.shape[1] != 1:
        raise DataError(f"fractions = {steps.fractions}: a surface is of one step; name one.")
    solver = solver or Solver()
    small, targets = condensed_steps(steps, np.stack([point.W for point in retained]))
    _check_size(small, len(deltas), path_points)
    certificate = certify_all(steps, retained, solver)
    path = candidates(small, targets, path_points)
    star, end = certificate.delta_budget[:, 0], certificate.tau_star[:, 0]
    shares = np.asarray(deltas, float)
    delta = np.zeros((len(star), len(shares)))
    np.multiply(shares, star[:, None], out=delta, where=shares > 0)  # δ* may be infinite
    tau = np.asarray(taus, float) * end[:, None]
    found = np.stack(
        [_epsilons(small, path, f, delta[f], solver) for f in range(len(delta))]
    )  # (F, D, T)
    within = path.tau[:, None, :] <= tau[:, :, None] * (1 + _TAU_ROUND_OFF)  # (F, G, T)
    epsilon = np.where(within[:, None], found[:, :, None, :], np.inf).min(axis=-1)
    epsilon = np.minimum.accumulate(epsilon, axis=1)  # equal up to the solver's accuracy
    relative = _relative(small, delta)
    idle = _untouched(small, relative, solver)
    return Surface(epsilon, delta, relative, tau, star, end, certificate.tau[:, 0], idle)


def _check_size(steps: Steps, deltas: int, path_points: int) -> None:
    problem = steps.point.problem
    (neurons, dimension), samples = steps.point.W.shape, problem.samples
    networks = 3 * path_points + 2
    numbers = len(steps.forget_sets) * networks * neurons * (2 * dimension + samples)
    numbers += deltas * networks * neurons * (2 * dimension + 4 * samples)
    numbers += 3 * samples**2 + 4 * WORK_ARRAY
    check_memory(
        8 * numbers,
        f"the surface of {samples} samples and {neurons} neurons (classes of equal ones)",
        "use fewer samples, neurons, forget sets, deltas or path points",
    )


def candidates(steps: Steps, targets: np.ndarray, path_points: int) -> Path:
    """θ', the flips put back one after another, the margins made equal, the way to θ*.

    First part: θ' projected onto ``{P_ji = 0 on K_l}``, where ``K_0 ⊂ … ⊂ K_L = K`` grow by those entries
    first whose return costs the least for what it takes off the residual; K are the entries that the
    restored network θ̃ holds. Second: straight from there to the :func:`face_point`. Third: straight on to
    θ*. All ends but θ' have smallest retained margin 1.

    Args:
        targets: weights ``(F, n, k)`` of the exact KKT points θ*.
    """
    problem = steps.point.problem
    keep = kept(problem.samples, steps.forget_sets)
    after = steps.W[:, 0]
    held = restore(problem, after, steps.point.pattern, steps.point.kinks, keep).kinks
    face, corners = face_point(problem, steps.point.pattern, held, keep)
    goal = _zeros(problem.preactivations(targets), SOLVED) & keep[:, None, :]
    if not problem.network.has_kinks:
        goal, held = np.zeros_like(goal), np.zeros_like(held)
    nested = _nested(steps, held, path_points)
    nested = np.concatenate([nested, corners[:, None]], axis=1)
    first = project(problem, after[:, None], nested)
    first[:, 0] = after  # what is within round-off of a kink stays where it is: τ = 0
    lead = _unit_margin(problem, first[:, -1], keep)
    second = _segment(lead, face, corners, corners, path_points)
    third = _segment(face, targets, corners, goal, path_points)
    parts = [(first, nested), second, third]
    W, kinks = (np.concatenate(arrays, axis=1) for arrays in zip(*parts, strict=True))
    tau = cosine_distance(after[:, None], W)
    tau[:, 0] = 0.0
    return Path(W, kinks, tau)


def face_point(
    problem: Problem, pattern: np.ndarray, held: np.ndarray, keep: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The least weights with all retained margins 1, ``P_ji = 0`` on ``held``, activations ``A`` elsewhere.

    ``W = Σ_i λ_i y_i Π_K g_i`` with all margins 1, where ``Π_K`` projects each row onto the complement of the
    samples that its neuron holds on the kink. Entries that end on the wrong side of A are held as well, and
    the weights found again.

    Args:
        pattern: ``A (n, m)``; held: boolean ``(F, n, m)``; keep: boolean ``(F, m)``.

    Returns:
        Weights ``(F, n, k)`` and the entries held in the end.
    """
    side, held = 2.0 * pattern - 1.0, held & keep[:, None, :]
    W = np.empty((*held.shape[:2], problem.X.shape[-1]))
    for f, retain in enumerate(keep):
        while True:  # K grows each time; through λ a neuron may gain entries long after another
            W[f] = _least_weights(problem, pattern, held[f], retain)
            P = problem.preactivations(W[f])
            wrong = (side * P < -ON_KINK * np.abs(P).max()) & ~held[f] & retain
            if not (wrong.any() and problem.network.has_kinks):
                break
            held[f] |= wrong
    return W, held


def _least_weights(
    problem: Problem, pattern: np.ndarray, held: np.ndarray, retain: np.ndarray
) -> np.ndarray:
    samples, (n, k) = np.flatnonzero(retain), (problem.network.width, problem.X.shape[-1])
    size = max(1, WORK_ARRAY // (len(samples) * k))  # neurons at a time
    products, W = np.zeros((len(samples), len(samples))), np.empty((n, k))

    def gradients() -> Iterator[tuple[slice, np.ndarray]]:
        """Neurons, and ``y_i Π_K g_i`` of these, ``(m', neurons, k)``."""
        for first in range(0, n, size):
            rows = slice(first, first + size)
            active = problem.signs[rows] * np.where(held[rows], 0.0, pattern[rows])
            each = active.T[samples, :, None] * problem.X[samples, None, :]
            yield rows, project(problem, each, held[rows])

    parts = list(gradients()) if n <= size else None
    for _, each in parts or gradients():
        flat = each.reshape(len(samples), -1)
        products += flat @ flat.T
    multipliers = np.linalg.lstsq(products, np.ones(len(samples)), rcond=None)[0]
    for rows, each in parts or gradients():
        W[rows] = np.tensordot(multipliers, each, axes=1)
    return W


def _segment(
    start: np.ndarray, end: np.ndarray, before: np.ndarray, after: np.ndarray, points: int
) -> tuple[np.ndarray, np.ndarray]:
    """Points ``(F, points, n, k)`` from ``start``, left out, to ``end``, with the kinks of both ends."""
    share = np.linspace(0.0, 1.0, points + 1)[1:, None, None]
    W = (1 - share) * start[:, None] + share * end[:, None]
    kinks = np.where(share == 1.0, after[:, None], (before & after)[:, None])
    return W, kinks


def _nested(steps: Steps, held: np.ndarray, path_points: int) -> np.ndarray:
    """Sets ``K_0 ⊂ … ⊂ K_L = held``, boolean ``(F, L + 1, n, m)``.

    Entry (j, i) of the step costs ``P_ji²/‖x_i‖²`` and frees ``(λ_i u_j (a'_ji − a_ji))² ‖x_i‖²``: what is
    cheapest for its gain comes first. Kinks that the step kept cost nothing. Neurons of a class that was
    condensed to one count as one.
    """
    point, problem = steps.point, steps.point.problem
    P = problem.preactivations(steps.W[:, 0])
    jump = point.multipliers * problem.output_weights[:, None]
    jump = jump * (problem.network.derivative(P) - point.clarke)
    lengths = (problem.X**2).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        price = np.where(jump != 0, (P / (lengths * jump)) ** 2, np.inf)
    free = held & _zeros(P, ON_KINK)
    price = np.where(free, -1.0, np.where(held, price, np.inf))
    flat = price.reshape(len(price), -1)
    order = np.lexsort((np.broadcast_to(np.arange(flat.shape[1]), flat.shape), ~_rows(held), flat))
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(flat.shape[1])[None], axis=1)
    kept_free, total = _rows(free).sum(axis=1), _rows(held).sum(axis=1)
    steps_ = np.linspace(0.0, 1.0, path_points + 1)
    sizes = np.ceil(kept_free[:, None] + steps_ * (total - kept_free)[:, None])
    nested = rank[:, None, :] < sizes[:, :, None]
    return nested.reshape(len(price), -1, *price.shape[1:])


def _epsilons(steps: Steps, path: Path, f: int, delta: np.ndarray, solver: Solver) -> np.ndarray:
    """Relative ε*(δ) of every candidate for forget set f, ``(D, T)``."""
    point = steps.point
    keep = kept(point.problem.samples, steps.forget_sets[f : f + 1])[0]
    shape = (len(delta), *path.W.shape[1:])
    fit = least_epsilon(
        point.problem,
        np.broadcast_to(path.W[f], shape),
        np.broadcast_to(delta[:, None], shape[:2]),
        np.broadcast_to(path.kinks[f], (*shape[:-1], point.problem.samples)),
        solver,
        keep=np.broadcast_to(keep, (*shape[:2], len(keep))),
        guess=(point.multipliers, point.clarke),
    )
    return fit.relative_epsilon


def _relative(steps: Steps, delta: np.ndarray) -> np.ndarray:
    """``δ (F, D)`` over the mean multiplier of the restored networks; where there is none, δ is 0 or ∞."""
    point, problem = steps.point, steps.point.problem
    keep = kept(problem.samples, steps.forget_sets)
    there = restore(problem, steps.W[:, 0], point.pattern, point.kinks, keep).W
    unit = mean_multiplier(problem, there, keep)[:, None]
    return delta / np.where(np.isfinite(unit), unit, 1.0)


def _untouched(steps: Steps, relative: np.ndarray, solver: Solver) -> np.ndarray:
    """ε*(δ) of the weights before the step, put back into the cell, for each relative δ ``(F, D)``."""
    point, problem = steps.point, steps.point.problem
    keep = kept(problem.samples, steps.forget_sets)[:, None]
    W = np.broadcast_to(steps.start, (*relative.shape, *steps.start.shape))
    keep = np.broadcast_to(keep, (*relative.shape, problem.samples))
    there = restore(problem, W, point.pattern, point.kinks, keep)
    fit = least_epsilon(
        problem,
        there.W,
        relative * mean_multiplier(problem, there.W, keep),
        there.kinks,
        solver,
        keep=keep,
        guess=(point.multipliers, point.clarke),
    )
    return fit.relative_epsilon


def _zeros(P: np.ndarray, tolerance: float) -> np.ndarray:
    return np.abs(P) <= tolerance * np.abs(P).max(axis=(-2, -1), keepdims=True)


def _rows(entries: np.ndarray) -> np.ndarray:
    return entries.reshape(len(entries), -1)


def _unit_margin(problem: Problem, W: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """Weights ``(F, n, k)`` scaled to smallest retained margin 1, as they are where that is not positive."""
    q = np.where(keep, problem.margins(W), np.inf).min(axis=-1)[..., None, None]
    return W / np.where(q > 0, q, 1.0)


def _check_shares(**shares: Sequence[float]) -> None:
    for name, values in shares.items():
        if not len(values) or values[0] < 0 or (np.diff(values) <= 0).any():
            raise DataError(
                f"{name} = {list(values)}: allowed are ascending numbers >= 0; sort them."
            )
