"""States of samples and coefficients on a working set, their equations, and the pace of changes.

For the programs of multipliers and coefficients with many samples (``docs/theory.md``, section 5.6),

    max  Σ_i b λ_i − ½ Σ_j ‖D_j‖²,   D = C X − T,   with C_ji between 0 and λ_i v_ji, or beyond in a cell.

A sample is *held* (``λ_i`` is free), at its cap, or at 0. A coefficient is *on* (``C_ji = λ_i v_ji``), *off*
(0) or on the *kink* (free). With ``Π_j`` the projection on the span of the samples that neuron j has on the
kink, and v read as 0 where not on, these states have the answer

    D_j = (I − Π_j) (Σ_i λ_i v_ji x_i − T_j)   with   Σ_j v_ji ⟨D_j, x_i⟩ = b   for the samples held.

That is one system for the multipliers, ``H = Σ_j diag(v_j) X (I − Π_j) Xᵀ diag(v_j)``, and a projection for
each neuron (:mod:`kkt_unlearning.quadratic.kinks`). H squares the condition of the data, but only on the way:
the refinement corrects it.
"""

from contextlib import suppress

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from kkt_unlearning.quadratic.kinks import Kinks
from kkt_unlearning.quadratic.solver import SOLVED

OFF, ON, KINK = 0, 1, 2

# Of the largest of its kind: what is below it is 0. A tenth of what counts as 0 in the answer of a program,
# and some thousand round-offs of an inner product.
ZERO = SOLVED / 10
# Added to H, of its diagonal, so that samples may depend on one another; the refinement takes it out again.
# The larger ones are for an H that round-off, up to 1e-10 from the triangles of kinks, has made indefinite.
_PROXIMAL = (1e-12, 1e-10, 1e-8)
_REFINEMENTS = 4
# Samples that come in at once, of those held: with more, the states of a round are guesses.
_GROWTH = 0.25
# Rounds without a new least number of changes, after which only the worse half of them is made at once.
_PATIENCE = 15


class WorkingSet:
    """The states of one program; features in units of the longest sample, so that their own do not matter.

    Args:
        X: features ``(m, d)``; v: ``(n, m)``, the bound of a coefficient over its multiplier.
        states: of the coefficients, ``(n, m)``; held: boolean ``(m,)``.
        reward: b; target: ``T (n, d)``, by default 0.

    Attributes:
        D: ``(n, d)``, in units of the longest sample as all else; multipliers: ``λ (m,)``.
        missing: ``b − Σ_j v_ji ⟨D_j, x_i⟩`` of the samples held, what the equations could not meet.
    """

    def __init__(
        self,
        X: np.ndarray,
        v: np.ndarray,
        states: np.ndarray,
        held: np.ndarray,
        reward: float,
        target: np.ndarray | float = 0.0,
    ) -> None:
        self.lengths = np.linalg.norm(X, axis=1)
        self.scale = float(self.lengths.max(initial=0.0)) or 1.0
        self.X, self.lengths = X / self.scale, self.lengths / self.scale
        self.v, self.states, self.held = v, states.astype(np.int8), held
        self.reward, self.target = reward, np.asarray(target) * self.scale
        self.multipliers = np.zeros(len(held))
        self.capped = np.zeros(len(held), bool)
        self.rounds = 0
        self.begin()

    # the equations

    def solve(self) -> None:
        """Multipliers, D and coefficients on the kinks, from the states."""
        self.rounds += 1
        self.rows = np.flatnonzero(self.held | self.capped)
        self.X_held, free = self.X[self.rows], self.held[self.rows]
        gram = self.X_held @ self.X_held.T
        self.projections = self._independent(gram)
        self.entries = (self.projections.entries[0], self.rows[self.projections.entries[1]])
        self.on = np.where(self.states[:, self.rows] == ON, self.v[:, self.rows], 0.0)
        on, places = self.on[:, free], np.flatnonzero(free)
        H = (on.T @ on) * gram[np.ix_(places, places)] - self.projections.inner_products(on, places)
        self.coefficients = np.zeros(len(self.entries[0]))
        factor = _factor(H)
        solution = self.multipliers[self.rows]
        for _ in range(_REFINEMENTS):
            missing = self.reward - self._pull(solution)[free]
            solution[free] += cho_solve(factor, missing, check_finite=False)
            if np.abs(missing).max(initial=0.0) < 1e-3 * ZERO * self.reward:
                break
        self.missing = self.reward - self._pull(solution)[free]
        self.multipliers = np.zeros(len(self.held))
        self.multipliers[self.rows] = solution

    def _independent(self, gram: np.ndarray) -> Kinks:
        """What each neuron has on its kink. A sample that depends on others there goes back: they hold it."""
        while True:
            kinks = Kinks(self.X_held, gram, self.states[:, self.rows] == KINK)
            if not kinks.dependent[0].size:
                return kinks
            self.send_back((kinks.dependent[0], self.rows[kinks.dependent[1]]))

    def send_back(self, entries: tuple[np.ndarray, np.ndarray]) -> None:
        """Take entries off the kink."""
        self.states[entries] = OFF

    def _pull(self, multipliers: np.ndarray) -> np.ndarray:
        """``Σ_j v_ji ⟨D_j, x_i⟩``; keeps D, and the coefficients on the kinks in the order of ``entries``."""
        sums = (self.on * multipliers) @ self.X_held - self.target
        self.D, self.coefficients = self.projections.take_out(sums)
        return np.einsum("ji,ji->i", self.on, self.D @ self.X_held.T)

    def shares(self) -> np.ndarray:
        """``a = C/(λ v)`` on the kinks, in the order of ``entries``, clipped to [0, 1]."""
        full = self.multipliers[self.entries[1]] * self.v[self.entries]
        share = np.divide(self.coefficients, full, out=np.zeros_like(full), where=full != 0.0)
        return np.clip(share, 0.0, 1.0)

    # the pace

    def begin(self) -> None:
        """Make all changes at once."""
        self.share, self.least, self.waited = 1.0, np.inf, 0

    def pace(self, left: int) -> None:
        """Fewer changes at once while their number does not fall: all of them may chase one another."""
        if left < self.least:
            self.least, self.waited, self.share = left, 0, min(1.0, 1.2 * self.share)
            return
        self.waited += 1
        if self.waited >= _PATIENCE:
            self.waited, self.share = 0, 0.5 * self.share

    def worse(self, chosen: np.ndarray, severity: np.ndarray) -> np.ndarray:
        """Of the changes chosen, as many of the worst as are made at once."""
        if self.share >= 1.0:
            return chosen
        return worst(chosen, severity, int(np.ceil(self.share * chosen.sum())))

    def entering(self, chosen: np.ndarray, severity: np.ndarray, first: int) -> np.ndarray:
        """Of the samples chosen, those that come in: at least ``first``, a quarter of those held at most."""
        most = max(first, int(_GROWTH * self.held.sum()))
        return worst(self.worse(chosen, severity), severity, most)

    def with_room(self, wrong: np.ndarray, severity: np.ndarray) -> np.ndarray:
        """Of the entries ``(n, m)`` that are to go on their kink, those for which a neuron has features."""
        room = self.X.shape[1] - (self.states == KINK).sum(axis=1)
        room = (np.maximum(room, 0) + 1) // 2
        for j in np.flatnonzero(wrong.sum(axis=1) > room):
            wrong[j] = worst(wrong[j], severity[j], int(room[j]))
        return wrong


def _factor(H: np.ndarray) -> tuple[np.ndarray, bool]:
    """The Cholesky factor of H with the least proximal term with which it has one.

    Raises:
        LinAlgError: it has none.
    """
    diagonal = np.diagonal(H)
    term = np.maximum(diagonal, 1e-3 * diagonal.max(initial=1.0))
    for proximal in _PROXIMAL:
        with suppress(LinAlgError):
            return cho_factor(H + np.diag(proximal * term), lower=True, check_finite=False)
    raise LinAlgError("H is indefinite")


def worst(chosen: np.ndarray, severity: np.ndarray, most: int) -> np.ndarray:
    """Of the entries chosen, at most so many (ties aside), those with the largest severity."""
    if not most:
        return np.zeros_like(chosen)
    if chosen.sum() <= most:
        return chosen
    values = np.where(chosen, severity, -np.inf)
    return chosen & (values >= np.partition(values, -most, axis=None)[-most])
