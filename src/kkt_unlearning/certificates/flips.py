"""Which activations an unlearning step flips, and what the restored network does about them.

``docs/questions/flips.md``.
"""

from dataclasses import dataclass

import numpy as np

from kkt_unlearning.certificates.restore import restore
from kkt_unlearning.problem import ON_KINK, Problem, kept
from kkt_unlearning.unlearning.ascent import Steps


@dataclass(frozen=True)
class Flips:
    """Counts of retained entries ``(j, i)`` of the pre-activations, each ``(F, A)``, one number a step.

    The states of an entry are: on a kink, inactive (P < 0), active (P > 0). It flips where the step carries
    it from one to another. From off the kink onto it, which has measure zero, is not counted.

    Attributes:
        entries: all, ``n (m − |R|)``.
        kinks: on a kink before the step.
        kink_on, kink_off: left the kink to the right, to the left.
        off_on, on_off: crossed the kink.
        supporting_on: off by the pattern with ``u_j y_i > 0``, and active after the step: in high dimension
            what leads to a pivot of the retained problem (``docs/theory.md``, theorem 6.16).
        opposed_off_on: those of ``off_on`` whose neuron speaks against the sample, ``u_j y_i < 0``.
        predicted_off_on: ``opposed_off_on`` to leading order in d (:func:`predicted_crossings`).
        put_back: flipped entries that θ̃ holds on the kink.
        added: entries that θ̃ holds on the kink although the step had flipped none of them.
        left: entries that θ̃ leaves on another side than they were on before the step.
    """

    entries: np.ndarray
    kinks: np.ndarray
    kink_on: np.ndarray
    kink_off: np.ndarray
    off_on: np.ndarray
    on_off: np.ndarray
    supporting_on: np.ndarray
    opposed_off_on: np.ndarray
    predicted_off_on: np.ndarray
    put_back: np.ndarray
    added: np.ndarray
    left: np.ndarray

    @property
    def flipped(self) -> np.ndarray:
        """All entries that flipped."""
        return self.kink_on + self.kink_off + self.off_on + self.on_off


def count_flips(steps: Steps) -> Flips:
    """Flips of every step of a batch, counted against the exact KKT point that it started near."""
    point, problem = steps.point, steps.point.problem
    keep = np.broadcast_to(
        kept(problem.samples, steps.forget_sets)[:, None, :], (*steps.W.shape[:2], problem.samples)
    )
    counted, kinks = keep[..., None, :], point.kinks
    before, after = np.where(kinks, 0.0, _sides(problem, point.W)), _sides(problem, steps.W)
    restored = restore(problem, steps.W, point.pattern, kinks, keep)
    off_on, on_off = (before < 0) & (after > 0), (before > 0) & (after < 0)
    flipped = off_on | on_off | (kinks & (after != 0))
    wrong = _sides(problem, restored.W) * (2.0 * point.pattern - 1.0) < 0
    wrong |= kinks & ~restored.kinks & (after != 0)

    def count(chosen: np.ndarray) -> np.ndarray:
        return (chosen & counted).sum(axis=(-2, -1))

    return Flips(
        entries=count(np.ones_like(flipped)),
        kinks=count(np.broadcast_to(kinks, flipped.shape)),
        kink_on=count(kinks & (after > 0)),
        kink_off=count(kinks & (after < 0)),
        off_on=count(off_on),
        on_off=count(on_off),
        supporting_on=count((problem.signs > 0) & (point.pattern == 0) & (after > 0)),
        opposed_off_on=count(off_on & (problem.signs < 0)),
        predicted_off_on=np.broadcast_to(predicted_crossings(steps)[:, None], steps.W.shape[:2]),
        put_back=count(flipped & restored.kinks),
        added=count(~flipped & restored.kinks & ~kinks),
        left=count(wrong),
    )


def predicted_crossings(steps: Steps) -> np.ndarray:
    """``Σ_j Σ_i arcsin(c_j)/(2π)``, ``c_j² = Σ_{R∩S_j} λ_r² / Σ_{S_j} λ_k²``, over opposed entries, (F,).

    ``S_j`` are the samples that neuron j speaks for and is on at. For isotropic Gaussian data and ``d → ∞``
    the prescribed step turns on that many retained opposed entries on average: ``docs/theory.md``, 6.4.
    """
    point, problem = steps.point, steps.point.problem
    keep = kept(problem.samples, steps.forget_sets)
    if not problem.network.has_kinks:
        return np.zeros(len(keep))
    on = (problem.signs > 0) & ~point.kinks & (point.pattern > 0)
    squares = np.where(on, point.multipliers**2, 0.0)
    whole, gone = squares.sum(axis=-1), squares @ (~keep).T.astype(float)  # (n,), (n, F)
    share = np.divide(gone.T, whole, out=np.zeros_like(gone.T), where=whole > 0)
    chance = np.arcsin(np.sqrt(share.clip(0.0, 1.0))) / (2 * np.pi)
    opposed = (problem.signs < 0).astype(float) @ keep.T  # (n, F)
    return (chance * opposed.T).sum(axis=-1)


def _sides(problem: Problem, W: np.ndarray) -> np.ndarray:
    """Sign of every pre-activation, 0 within round-off; a model without kinks has one side only."""
    P = problem.preactivations(W)
    if not problem.network.has_kinks:
        return np.ones_like(P)
    size = np.abs(P).max(axis=(-2, -1), keepdims=True)
    return np.where(np.abs(P) <= ON_KINK * size, 0.0, np.sign(P))
