"""Training: steps, checkpoints, and when to stop."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from kkt_unlearning.backends import Array, namespace, to_numpy
from kkt_unlearning.errors import DataError, NotConvergedError
from kkt_unlearning.problem import Problem
from kkt_unlearning.training.descent import Descent
from kkt_unlearning.training.progress import Progress, checkpoints, long_settled
from kkt_unlearning.training.size import check_size
from kkt_unlearning.training.step import System, advance, chosen
from kkt_unlearning.training.weights import Itself, Weights, weights_of


@dataclass(frozen=True)
class Training:
    """A batch of trained networks.

    Attributes:
        W: weights ``(…, n, k)``.
        margins: ``(…, m)``.
        loss_weights: ``Λ_i = Σ_t η_t(−ℓ'(q_i(t)))``, the running loss gradients, ``(…, m)``.
        history: one :class:`Progress` a checkpoint.
        snapshots: weights at the steps asked for, in their order.
        steps: number of steps that each network made, ``(…)``.
    """

    W: Array
    margins: Array
    loss_weights: Array
    history: list[Progress]
    snapshots: list[Array]
    steps: np.ndarray


def train(
    problem: Problem,
    W0: Array,
    descent: Descent | None = None,
    *,
    mask: Array | None = None,
    snapshots: Sequence[int] = (),
    report: Callable[[Progress], None] | None = None,
    settled: Callable[[Array, np.ndarray], Array] | None = None,
) -> Training:
    """Gradient descent ``W ← W + η Σ_i (−ℓ'(q_i)) y_i g_i``.

    Steps are made on pre-activations, ``P ← P + η D G``, which takes ``2 n m²`` flops each. Where there are
    more than 2 k samples, and more than 200, they are made on the weights, ``W ← W + η D X``, ``4 n m k``
    flops, and nothing of size m × m is formed. The networks are the same to round-off.

    Args:
        problem: network and data, ``X (…, m, k)``, ``y (…, m)``; leading axes are a batch.
        W0: initial weights ``(…, n, k)``.
        descent: loss and step rule.
        mask: boolean ``(…, m)``; samples that are False have weight 0, so all leave-one-out networks
            are one batch.
        snapshots: steps after which the weights are kept as well.
        report: called with a :class:`Progress` at every checkpoint.
        settled: asked, with the weights ``(…, n, k)`` and which networks ``(…)`` are in question, which of
            these need no further step; they make none, and training ends where all have ended. It may be
            expensive: it is asked at checkpoints only, after the last snapshot, of networks whose margins
            exceed ``minimum_margin`` and whose supporting activations (``u_j y_i > 0``) have not
            changed in the later half of the steps.

    Raises:
        DataError: a snapshot is asked for at a step that is not made; or W0 does not fit the problem, or the
            arrays do not fit this machine's memory.
        NotConvergedError: a margin is still at most ``minimum_margin`` after the last step, or not finite.
            Where samples are dead (no active neuron speaks for their label), the sentence names them.

    ``docs/theory.md``, sections 2 (span coordinates) and 3 (time).
    """
    run = _Run.start(problem, W0, descent or Descent(), mask, resting=settled is not None)
    kept = []
    for line in run.checkpoints(snapshots):
        if line.step in snapshots:
            kept.append(run.current())
        if report is not None:
            report(line)
        if not np.isfinite(line.norm).all():
            break
        if settled is not None and line.step >= max(snapshots, default=0):
            run.ask(settled)
        if not run.going.any():
            break
    return run.result(kept)


@dataclass
class _Run:
    """A training under way: ``P (…, m, n)``, neurons last, and the sum of slopes are its whole state.

    Where steps are made on weights, ``weights`` have these.
    """

    system: System
    weights: Weights | Itself
    supporting: Array
    P: Array
    slopes_sum: Array
    going: np.ndarray
    made: np.ndarray
    history: list[Progress]

    @classmethod
    def start(
        cls, problem: Problem, W0: Array, descent: Descent, mask: Array | None, resting: bool
    ) -> "_Run":
        wanted = (problem.network.width, problem.X.shape[-1])
        if tuple(W0.shape[-2:]) != wanted:
            raise DataError(
                f"W0 has shape {tuple(W0.shape)}: allowed is (…, n, d) with (n, d) = {wanted}; check the "
                "width of the network and the coordinates of the data."
            )
        axes = (W0.shape[:-2], problem.X.shape[:-2], problem.y.shape[:-1])
        batch = np.broadcast_shapes(*axes, () if mask is None else tuple(mask.shape[:-1]))
        check_size(problem, W0, batch, resting)
        weights = weights_of(problem, W0, batch)
        system = System.of(problem, descent, batch, mask)
        P = weights.start(batch)
        return cls(
            system=system,
            weights=weights,
            supporting=system.supporting,
            P=P,
            slopes_sum=namespace(P).zeros_like(P[..., 0]),
            going=np.ones(batch, bool),
            made=np.zeros(batch, int),
            history=[],
        )

    @property
    def loss_weights(self) -> Array:
        return self.system.descent.step_size * self.slopes_sum

    def current(self) -> Array:
        """The weights, ``(…, n, k)``."""
        return self.weights.at(self.P, self.loss_weights)

    @property
    def converged(self) -> np.ndarray:
        return self.history[-1].smallest_margin > self.system.descent.minimum_margin

    def ask(self, settled: Callable[[Array, np.ndarray], Array]) -> None:
        """Let the networks that need no further step rest."""
        if self.history[-1].step == self.system.descent.steps:
            return
        asked = self.going & self.converged & long_settled(self.history)
        if asked.any():
            self.going = self.going & ~(asked & to_numpy(settled(self.current(), asked)))

    def advance(self, steps: int) -> None:
        """Take the networks that do not rest on by so many steps."""
        self.made[self.going] += steps
        if self.going.all():
            advance(self.system, self.P, self.slopes_sum, steps, self.weights.W)
            return
        networks = [tuple(index) for index in np.argwhere(self.going).tolist()]
        whole = [self.P, self.slopes_sum, self.weights.W]
        P, slopes_sum, W = parts = [chosen(values, networks) for values in whole]
        advance(self.system.only(networks), P, slopes_sum, steps, W)
        for values, part in zip(whole, parts, strict=True):
            if values is not None and part is not None:
                for place, index in enumerate(networks):
                    values[(*index, ...)] = part[place, ...]

    def checkpoints(self, snapshots: Sequence[int]) -> Iterator[Progress]:
        """Advance from checkpoint to checkpoint and give each one's line of the history."""
        steps = self.system.descent.steps
        begun, done, sides = time.perf_counter(), 0, self.P > 0
        for mark in checkpoints(steps, snapshots):
            # A step that is too large diverges; that is said at the end, in a sentence.
            with np.errstate(over="ignore", invalid="ignore"):
                self.advance(mark - done)
                done, before, sides = mark, sides, self.P > 0
                left = (time.perf_counter() - begun) * (steps - done) / done
                self.history.append(self._line(done, before != sides, left))
            yield self.history[-1]

    def _line(self, step: int, flipped: Array, seconds_left: float) -> Progress:
        xp, system, q = namespace(self.P), self.system, self.system.margins(self.P)
        counted = q if system.excluded is None else q - system.excluded
        return Progress(
            step=step,
            smallest_margin=to_numpy(xp.min(counted, axis=-1)),
            log_loss=to_numpy(system.descent.log_loss(q, system.excluded)[..., 0]),
            norm=to_numpy(self.weights.norm(self.P, self.loss_weights)),
            flips=to_numpy(xp.count_nonzero(flipped, axis=(-2, -1))),
            supporting_flips=to_numpy(xp.count_nonzero(flipped & self.supporting, axis=(-2, -1))),
            seconds_left=seconds_left,
        )

    def result(self, snapshots: list[Array]) -> Training:
        """The outcome.

        Raises:
            NotConvergedError: a margin is at most ``minimum_margin`` or not finite.
        """
        descent, smallest = self.system.descent, self.history[-1].smallest_margin
        if not self.converged.all():
            raise NotConvergedError(
                f"steps = {descent.steps}, step_size = {descent.step_size}: "
                f"{int((~self.converged).sum())} of {smallest.size} networks did not converge (smallest "
                f"margin {float(smallest.min()):.3g}); every margin must exceed minimum_margin = "
                f"{descent.minimum_margin}, {self._remedy()}."
            )
        margins = self.system.margins(self.P)
        return Training(
            self.current(), margins, self.loss_weights, self.history, snapshots, self.made
        )

    def _remedy(self) -> str:
        """What to do about networks that did not converge, as half a sentence."""
        dead = to_numpy(self.system.dead(self.P)) & np.isfinite(self.history[-1].norm)[..., None]
        if not dead.any():
            return "so raise steps or step_size, or check that the data can be separated"
        network, sample = divmod(int(np.flatnonzero(dead)[0]), dead.shape[-1])
        count = "1 sample is" if dead.sum() == 1 else f"{int(dead.sum())} samples are"
        place = f" of network {network}" if dead.ndim > 1 else ""
        return (
            f"but {count} dead, first sample {sample}{place}: no neuron that speaks for its label is active "
            "on it, so its loss moves none of them and more steps are no remedy; make the network wider, "
            "take another seed or a larger scale for its initial weights, give it a bias, or check that the "
            "data can be separated"
        )
