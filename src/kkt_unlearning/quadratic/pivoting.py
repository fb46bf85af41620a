"""Block pivoting on the Gram matrix of few samples: non-negative least squares, and max-margin weights.

``min ½‖Σ_i λ_i z_i‖² − Σ_i λ_i`` over ``λ ≥ 0``: a set of samples A has ``λ_A = G_AA⁻¹ 1``. Samples with
``λ_i ≤ 0`` leave it, those with a margin ``(Gλ)_i < 1`` come in, all at once, until none does either
(Júdice and Pires, Computers & Operations Research 21, 1994). ``docs/theory.md``, section 5.5.
"""

from typing import NamedTuple

import numpy as np

from kkt_unlearning.quadratic.positive import Positive

# Rounds until it counts as lost. Measured: 4.3 at m = d = 100, 8 at m = 2d.
_ROUNDS = 30


class Start(NamedTuple):
    """What the first rounds hold.

    Attributes:
        share: of the samples, those nearest to the plane between the class means, that the first round holds.
        ridges: of the Gram matrix in the first rounds, of the mean squared length.
        least: the share of the mean multiplier that a sample must have to stay after these rounds.
    """

    share: float
    ridges: tuple[float, ...]
    least: float


# For samples that are nearly orthogonal: all have multipliers.
EVERY = Start(1.0, (), 0.0)
# For at most one sample to two features. Measured on 40 to 300 Gaussian samples: 2 to 3.5 rounds, 3.8 to 5
# from SEVERAL.
FEW = Start(1.0, (0.08,), 0.12)
# For up to two samples to a feature. Measured on Gaussian samples, m from 40 to 200 at d = 100: it saves one
# round in four, and the ridge most of the cycles that occur without it where m > d.
SEVERAL = Start(0.8, (0.1, 0.02), 0.3)

# Round-off of a margin.
_OFF = 1e-12

# Least pivot of a Gram matrix of unit vectors: its condition is some inverse of it, and costs as many digits.
_PIVOT = 1e-4


class Settled(NamedTuple):
    """The samples held, their Gram matrix ``(k, k)``, and their multipliers ``(k,)``, all positive."""

    held: np.ndarray
    gram: Positive
    multipliers: np.ndarray


def settled(gram: np.ndarray, start: Start = SEVERAL) -> Settled | None:
    """The samples ``z_i = y_i x_i`` of length at most 1 that the weights rest on, from ``⟨z_i, z_j⟩ (m, m)``.

    None where the rounds do not end, or come upon a matrix that is singular to round-off. The answer is as
    good as a Gram matrix allows: who needs it to round-off refines it.

    Args:
        start: which of `EVERY`, `FEW` and `SEVERAL` suits so many samples.
    """
    m = len(gram)
    mean = gram.trace() / m
    held = np.full(m, start.share == 1.0)
    if start.share < 1.0:
        most = max(int(start.share * m), 1)
        held[gram.sum(axis=0).argpartition(most - 1)[:most]] = True
    for turn in range(_ROUNDS):
        chosen = held.nonzero()[0]
        block = gram.take(chosen, 0).take(chosen, 1)
        ridge = start.ridges[turn] * mean if turn < len(start.ridges) else 0.0
        if ridge:
            block.ravel()[:: len(chosen) + 1] += ridge
        try:
            matrix = Positive(block)
            multipliers = matrix.solve(np.ones(len(chosen)))
        except np.linalg.LinAlgError:
            return None
        all_ = np.zeros(m)
        all_[chosen] = multipliers
        least = start.least * multipliers.mean() if ridge else 0.0
        pivoted = (all_ > least) | ((gram @ all_ < 1.0 - _OFF) & ~held)
        if not ridge and (pivoted == held).all():
            return Settled(chosen, matrix, multipliers)
        held = pivoted
    return None


def nonnegative(gram: np.ndarray, reward: np.ndarray) -> np.ndarray | None:
    """``argmin ½ λᵀHλ − rᵀλ`` over ``λ ≥ 0``, ``(m,)``; unique where there is an answer.

    None where H is nearly singular, or the rounds do not end.

    Args:
        gram: ``H (m, m)``, inner products.
        reward: ``r (m,)``.
    """
    lengths = np.sqrt(gram.diagonal())
    if not lengths.all():
        return None
    gram, reward = gram / lengths / lengths[:, None], reward / lengths
    held, off = reward > 0.0, _OFF * np.abs(reward).max(initial=0.0)
    for _ in range(_ROUNDS):
        chosen = held.nonzero()[0]
        block = gram[np.ix_(chosen, chosen)]
        shares = np.zeros(len(gram))
        try:
            matrix = Positive(block)
            if len(chosen) and matrix.least_height() ** 2 < _PIVOT:
                return None
            shares[chosen] = matrix.solve(reward[chosen])
        except np.linalg.LinAlgError:
            return None
        pivoted = (shares > 0.0) | ((gram @ shares < reward - off) & ~held)
        if (pivoted == held).all():
            return shares / lengths
        held = pivoted
    return None
