"""Full-batch gradient descent in span coordinates, for many networks at once.

The state is the pre-activations ``P = W Xᵀ`` and the coefficients ``C`` of ``W = W(0) + C X``; one step
costs ``O(n m²)`` and does not know d. ``docs/theory.md``, sections 2 and 3.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from kkt_unlearning.backends import Array, namespace, to_numpy
from kkt_unlearning.errors import DataError, NotConvergedError
from kkt_unlearning.losses import LOSSES, logsumexp
from kkt_unlearning.problem import Problem

STEPS = ("normalised", "constant")
_CHECKPOINTS = 60  # rows of the history, evenly spaced in log(step)


@dataclass(frozen=True)
class Descent:
    """How to descend: ``W ← W − η_t ∇ Σ_i ℓ(q_i)``.

    Attributes:
        loss: ``exponential`` or ``logistic``.
        step: ``constant`` (``η_t = η``, plain gradient descent) or ``normalised`` (``η_t = η / Σ_i ℓ(q_i)``,
            which for small η follows the same path, exponentially faster).
        step_size: η > 0.
        steps: number of steps ≥ 1.
        minimum_margin: training counts as converged once every margin exceeds this (> 0; −∞ accepts
            whatever comes, for studies of training itself).
    """

    loss: str = "exponential"
    step: str = "normalised"
    step_size: float = 1.0
    steps: int = 4000
    minimum_margin: float = 1.0

    def __post_init__(self) -> None:
        _check_choice("loss", self.loss, tuple(LOSSES))
        _check_choice("step", self.step, STEPS)
        if not (self.step_size > 0 and self.steps >= 1):
            raise DataError(
                f"step_size = {self.step_size}, steps = {self.steps}: allowed are step_size > 0 and "
                "steps >= 1; raise the offending one."
            )
        if not (self.minimum_margin > 0 or self.minimum_margin == -np.inf):
            raise DataError(
                f"minimum_margin = {self.minimum_margin}: allowed are numbers > 0, or -inf for no condition; "
                "raise it."
            )

    def slopes(self, q: Array, excluded: Array | None = None) -> Array:
        """``−ℓ'(q_i)``, divided by ``Σ_i ℓ(q_i)`` for a normalised step; shape of ``q (…, m)``.

        ``excluded`` is 0 for samples that take part and −∞ for the others.
        """
        xp, loss = namespace(q), LOSSES[self.loss]
        log_slopes = loss.log_slope(q)
        if excluded is not None:
            log_slopes = log_slopes + excluded
        if self.step == "normalised":
            log_slopes = log_slopes - self.log_loss(q, excluded)
        return xp.exp(log_slopes)

    def log_loss(self, q: Array, excluded: Array | None = None) -> Array:
        """``log Σ_i ℓ(q_i)``, shape (…, 1)."""
        values = LOSSES[self.loss].log_value(q)
        return logsumexp(values if excluded is None else values + excluded)


def _check_choice(key: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise DataError(f"{key} = {value!r}: allowed are {', '.join(allowed)}; choose one of them.")


@dataclass(frozen=True)
class Progress:
    """One line of the history, over all networks of the batch."""

    step: int
    smallest_margin: Array
    log_loss: Array
    norm: Array
    flips: Array
    seconds_left: float

    def __str__(self) -> str:
        return (
            f"step {self.step}: smallest margin {float(self.smallest_margin.min()):.4g}, "
            f"log loss {float(self.log_loss.max()):.4g}, activation flips {int(self.flips.max())}, "
            f"{self.seconds_left:.0f} s left"
        )


@dataclass(frozen=True)
class Training:
    """A batch of trained networks.

    Attributes:
        W: weights ``(…, n, k)``.
        margins: ``(…, m)``.
        loss_weights: ``Σ_t η_t(−ℓ'(q_i(t)))``, the running loss gradients, ``(…, m)``.
        history: one :class:`Progress` a checkpoint.
        snapshots: weights at the steps asked for, in their order.
    """

    W: Array
    margins: Array
    loss_weights: Array
    history: list[Progress]
    snapshots: list[Array]


@dataclass
class _State:
    P: Array
    C: Array
    loss_weights: Array
    history: list[Progress] = field(default_factory=list)
    snapshots: list[Array] = field(default_factory=list)


def train(
    problem: Problem,
    W0: Array,
    descent: Descent | None = None,
    *,
    mask: Array | None = None,
    snapshots: Sequence[int] = (),
    report: Callable[[Progress], None] | None = None,
) -> Training:
    """Gradient descent ``C ← C + η D``, ``P ← P + η D G`` with ``D = (u gᵀ)∘A``, ``g_i = −ℓ'(q_i) y_i``.

    Args:
        problem: network and data, ``X (…, m, k)``, ``y (…, m)``; leading axes are a batch.
        W0: initial weights ``(…, n, k)``.
        descent: loss and step rule.
        mask: boolean ``(…, m)``; samples that are False have weight 0, so all leave-one-out networks
            are one batch.
        snapshots: steps after which the weights are kept as well.
        report: called with a :class:`Progress` at every checkpoint.

    Raises:
        DataError: a snapshot is asked for at a step that is not made.
        NotConvergedError: a margin is still at most ``minimum_margin`` after the last step, or not finite.

    ``docs/theory.md``, sections 2 (span coordinates) and 3 (time).
    """
    descent = descent or Descent()
    state, step = _start(problem, W0, descent, mask)
    excluded = _excluded(mask, problem.y)
    begun = time.perf_counter()
    signs, done = state.P > 0, 0
    for mark in _checkpoints(descent.steps, snapshots):
        # A step that is too large diverges; that is said at the end, in a sentence.
        with np.errstate(over="ignore", invalid="ignore"):
            for _ in range(mark - done):
                step(state)
            done, flipped, signs = mark, signs != (state.P > 0), state.P > 0
            left = (time.perf_counter() - begun) * (descent.steps - done) / done
            _record(state, problem, W0, descent, excluded, done, flipped, left)
        if done in snapshots:
            state.snapshots.append(W0 + state.C @ problem.X)
        if report is not None:
            report(state.history[-1])
        if not np.isfinite(state.history[-1].norm).all():
            break
    return _finish(state, problem, W0, descent, excluded)


def _start(
    problem: Problem, W0: Array, descent: Descent, mask: Array | None
) -> tuple[_State, Callable[[_State], None]]:
    """The initial state, and the function that advances it by one step in place."""
    xp = namespace(W0)
    wanted = (problem.network.width, problem.X.shape[-1])
    if tuple(W0.shape[-2:]) != wanted:
        raise DataError(
            f"W0 has shape {tuple(W0.shape)}: allowed is (…, n, d) with (n, d) = {wanted}; check the width "
            "of the network and the coordinates of the data."
        )
    excluded, gram, y = _excluded(mask, problem.y), problem.gram * descent.step_size, problem.y
    u_row, u_column = problem.output_weights[None, :], problem.output_weights[:, None]
    P = problem.preactivations(W0) + xp.zeros_like(gram[..., :1, :])  # the batch of W0, X and mask
    if mask is not None:
        P = P + xp.zeros_like(xp.astype(mask, P.dtype))[..., None, :]
    has_kinks = problem.network.has_kinks

    def step(state: _State) -> None:
        active = xp.astype(state.P > 0, P.dtype) if has_kinks else None
        lit = state.P if active is None else state.P * active
        q = y * (u_row @ lit)[..., 0, :]
        slopes = descent.slopes(q, excluded)
        D = u_column * (slopes * y)[..., None, :]
        if active is not None:
            D *= active
        state.P += D @ gram
        D *= descent.step_size
        state.C += D
        state.loss_weights += descent.step_size * slopes

    state = _State(P=P, C=xp.zeros_like(P), loss_weights=xp.zeros_like(P[..., 0, :]))
    return state, step


def _excluded(mask: Array | None, like: Array) -> Array | None:
    if mask is None:
        return None
    xp = namespace(like)
    return xp.where(mask, xp.zeros_like(like), xp.full_like(like, -np.inf))


def _checkpoints(steps: int, snapshots: Sequence[int]) -> list[int]:
    beyond = [s for s in snapshots if not 1 <= s <= steps]
    if beyond:
        raise DataError(
            f"snapshots: step {beyond[0]} is not made; allowed are 1 to steps = {steps}."
        )
    spaced = np.geomspace(1, steps, min(steps, _CHECKPOINTS)).round().astype(int)
    return sorted({*spaced.tolist(), steps, *snapshots})


def _record(
    state: _State,
    problem: Problem,
    W0: Array,
    descent: Descent,
    excluded: Array | None,
    step: int,
    flipped: Array,
    seconds_left: float,
) -> None:
    xp = namespace(state.P)
    q = problem.margins_at(state.P)
    P0 = problem.preactivations(W0)
    # ‖W(0) + CX‖² = ‖W(0)‖² + ⟨C, P(0)⟩ + ⟨C, P⟩, which round-off can make negative at θ = 0
    squared = xp.sum(W0 * W0, axis=(-2, -1)) + xp.sum(state.C * (P0 + state.P), axis=(-2, -1))
    squared = xp.maximum(squared, xp.zeros_like(squared))
    counted = q if excluded is None else q - excluded
    state.history.append(
        Progress(
            step=step,
            smallest_margin=to_numpy(xp.min(counted, axis=-1)),
            log_loss=to_numpy(descent.log_loss(q, excluded)[..., 0]),
            norm=to_numpy(xp.sqrt(squared)),
            flips=to_numpy(xp.sum(xp.astype(flipped, xp.int64), axis=(-2, -1))),
            seconds_left=seconds_left,
        )
    )


def _finish(
    state: _State, problem: Problem, W0: Array, descent: Descent, excluded: Array | None
) -> Training:
    smallest = state.history[-1].smallest_margin
    behind = ~(smallest > descent.minimum_margin)
    if behind.any():
        raise NotConvergedError(
            f"steps = {descent.steps}, step_size = {descent.step_size}: {int(behind.sum())} of "
            f"{behind.size} networks did not converge (smallest margin {float(smallest.min()):.3g}); "
            f"every margin must exceed minimum_margin = {descent.minimum_margin}, so raise steps or "
            "step_size, or check that the data can be separated."
        )
    return Training(
        W=W0 + state.C @ problem.X,
        margins=problem.margins_at(state.P),
        loss_weights=state.loss_weights,
        history=state.history,
        snapshots=state.snapshots,
    )


def step_reach(problem: Problem, W: Array, descent: Descent) -> Array:
    """How far one step can move each pre-activation: ``η |u_j| Σ_k (−ℓ'(q_k)) |G_ki|``, shape (…, n, m).

    An entry of ``P`` nearer to 0 than this may sit on the kink: descent that is held there by opposing
    samples jumps across it for ever and never comes nearer. ``docs/theory.md``, section 4.
    """
    xp = namespace(W)
    pull = descent.slopes(problem.margins(W))[..., None, :] @ xp.abs(problem.gram)
    return descent.step_size * xp.abs(problem.output_weights)[:, None] * pull
