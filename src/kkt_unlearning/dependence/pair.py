"""Descent-ascent on a correlated pair of samples: two unknowns reduced to one scalar equation.

The retained samples of the block are ``v = (1, ε)``, the forgotten ones ``u = (ε, 1)``, with labels +1. With
``c = 1 + ε²`` a stationary point of ``a e^(−⟨w,v⟩) + b e^(−⟨w,u⟩) + (λ/2)‖w‖²`` is ``w = p v + q u``, where

    p = W_0(c (a/λ) e^(−2εq)) / c,        F(q) := q e^(cq + 2εp(q)) = b/λ,

and it is a minimum if and only if ``F'(q) > 0``. For q < 0, F' has one zero, so there is at most one minimum.
Derivation: ``docs/questions/correlation.md``.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq
from scipy.special import wrightomega

from kkt_unlearning.dependence.closed_forms import Block
from kkt_unlearning.errors import DataError

_ROOM = 1e-9  # relative, beyond bounds that hold exactly: far above their rounding, some ε
_FIRST = 1e-6  # of the last α, where the search for a harmful one starts
_SCAN = 100  # points in which a first sign change is looked for


@dataclass(frozen=True)
class Pair:
    """A block whose forgotten samples are ``(ε, 1)`` and whose retained ones are ``(1, ε)``, ``0 ≤ ε < 1``.

    Raises:
        DataError: ε is outside [0, 1).
    """

    block: Block
    overlap: float

    def __post_init__(self) -> None:
        if not 0 <= self.overlap < 1:
            raise DataError(
                f"overlap is {self.overlap}, but must be at least 0 and below 1: choose such a value."
            )

    @property
    def correlation(self) -> float:
        """``ρ = 2ε/(1 + ε²)``, the cosine between the two samples."""
        return 2 * self.overlap / self.squared_norm

    @property
    def squared_norm(self) -> float:
        """``c = 1 + ε²``."""
        return 1 + self.overlap**2

    @property
    def samples(self) -> np.ndarray:
        """The retained and the forgotten sample, ``(2, 2)``."""
        return np.array([[1.0, self.overlap], [self.overlap, 1.0]])

    def with_alpha(self, alpha: float) -> "Pair":
        """The same with another number of forgotten samples."""
        return Pair(replace(self.block, alpha=alpha), self.overlap)


def minimiser(pair: Pair, loss: str) -> np.ndarray:
    """``argmin_w`` of the loss (see :func:`closed_forms.minimiser`), ``(2,)``; nan where there is none.

    Descent-ascent has at most one, the one that the minimum at α = 0 moves to as α grows.
    """
    a, b = (weight / pair.block.ridge for weight in pair.block.weights[loss])
    q = _forgotten_multiplier(pair, a, b)
    return np.array([_retained_multiplier(pair, a, q), q]) @ pair.samples


def harm(pair: Pair) -> float:
    """``‖w_DA − w_R‖ / ‖w_D − w_R‖``: above 1 descent-ascent does harm; nan without a local minimum."""
    full, retrained, ascended = (
        minimiser(pair, loss) for loss in ("full", "retrained", "descent_ascent")
    )
    return float(np.linalg.norm(ascended - retrained) / np.linalg.norm(full - retrained))


def last_alpha(pair: Pair) -> float:
    """``(λ|F|/|R_j|) max |F(q)|``: from this α on there is no minimum.

    ``1 − ρ ≤ d log α / d log λ ≤ 1``, so it goes to 0 with the ridge unless ``ρ = 1``.
    """
    block = pair.block
    a = block.weights["descent_ascent"][0] / block.ridge
    return float(
        np.exp(_log_size(pair, a, _turning_point(pair, a)))
        * (block.ridge * block.forgotten / block.here)
    )


def first_harmful_alpha(pair: Pair) -> float:
    """Least α at which descent-ascent ends as far from retraining as it started; `last_alpha` if none is."""
    last = last_alpha(pair)
    grid = last * np.geomspace(_FIRST, 1 - _ROOM, _SCAN)
    excess = [harm(pair.with_alpha(alpha)) - 1 for alpha in grid]
    above = np.flatnonzero(np.asarray(excess) >= 0)
    if not above.size or above[0] == 0:
        return last if not above.size else float(grid[0])
    low, high = grid[above[0] - 1], grid[above[0]]
    return float(brentq(lambda alpha: harm(pair.with_alpha(alpha)) - 1, low, high, rtol=1e-12))


def _retained_multiplier(pair: Pair, a: float, q: float) -> float:
    """``p(q)``; Wright's ω is ``W_0 ∘ exp`` and does not overflow."""
    c = pair.squared_norm
    return float(wrightomega(np.log(c * a) - 2 * pair.overlap * q)) / c


def _log_size(pair: Pair, a: float, q: float) -> float:
    """``log |F(q)|``."""
    return float(np.log(abs(q))) + _exponent(pair, a, q)


def _exponent(pair: Pair, a: float, q: float) -> float:
    """``cq + 2εp(q)``."""
    return pair.squared_norm * q + 2 * pair.overlap * _retained_multiplier(pair, a, q)


def _forgotten_multiplier(pair: Pair, a: float, b: float) -> float:
    """Root of ``F(q) = b``; nan where the branch through q = 0 has none."""
    if b == 0:
        return 0.0
    far = _largest_multiplier(pair, b) if b > 0 else _turning_point(pair, a)
    if b < 0 and np.log(-b) >= _log_size(pair, a, far):
        return float("nan")
    sign, target = np.sign(b), np.log(abs(b))
    # log|F| rises with log|q| from below this size on, in which no term can overflow or cancel.
    near = target - abs(_exponent(pair, a, 0.0)) - abs(_exponent(pair, a, far)) - 1
    root = brentq(
        lambda s: s + _exponent(pair, a, sign * np.exp(s)) - target,
        near,
        np.log(abs(far)),
        xtol=1e-15,
    )
    return float(sign * np.exp(root))


def _largest_multiplier(pair: Pair, b: float) -> float:
    """Bound on a positive root: the root for p = 0, and a little more against rounding."""
    return float(wrightomega(np.log(pair.squared_norm) + np.log(b))) * (1 + _ROOM)


def _turning_point(pair: Pair, a: float) -> float:
    """The ``q < 0`` with ``F'(q) = 0``: ``−q (s + (4ε²/c)/(1 + ω)) = 1``; ``s = (1 − ε²)²/c``, ``ω = cp``."""
    c, overlap = pair.squared_norm, pair.overlap
    slowest = (1 - overlap**2) ** 2 / c

    def excess(t: float) -> float:
        omega = c * _retained_multiplier(pair, a, -t)
        return t * (slowest + 4 * overlap**2 / c / (1 + omega)) - 1

    # The parenthesis lies between s and c.
    low, high = (1 - _ROOM) / c, (1 + _ROOM) / slowest
    return -float(brentq(excess, low, high, xtol=1e-15))
