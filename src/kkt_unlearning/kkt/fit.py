"""The multipliers and Clarke derivatives that fit given weights best, for many samples.

The least-squares program of :mod:`kkt_unlearning.kkt.clarke`, by the states of a working set
(:mod:`kkt_unlearning.quadratic.working_set`, with the weights as T and ``b = 0``). ``docs/theory.md``,
section 5.6.
"""

import numpy as np
from scipy.linalg import LinAlgError

from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.working_set import KINK, OFF, ON, ZERO, WorkingSet

_ROUNDS = 300
_HURRY = 5  # rounds without fewer changes, after which a bound will do
_FIRST = 64  # samples that come in at once, at least: least squares bear more than margins do


def fit(
    problem: Problem,
    W: np.ndarray,
    kinks: np.ndarray,
    caps: np.ndarray,
    guess: tuple[np.ndarray, np.ndarray] | None = None,
    *,
    bound: bool = False,
) -> tuple[np.ndarray, np.ndarray, bool] | None:
    """``argmin ‖W − Σ_i λ_i y_i g_i‖`` over ``0 ≤ λ ≤ caps`` and g in the Clarke sub-differential.

    Args:
        W: weights ``(n, k)``; kinks: boolean ``(n, m)``, where derivatives are free in [0, 1].
        caps: ``(m,)``; a cap of 0 leaves a sample out.
        guess: ``λ (m,)`` and ``a (n, m)`` near the answer.
        bound: once states chase one another, give the best derivatives for the multipliers at hand. These
            are one bounded least-squares problem for each neuron. On digits, where the search does not end,
            what they leave was within 1 % of the value that it circles around.

    Returns:
        ``λ (m,)``, ``a (n, m)``, and whether they are the best of all; None if the search does not end and
        no bound is asked for.
    """
    search = _Fit(problem, W, kinks, caps, guess)
    if search.run(patient=not bound):
        return *search.answer(), True
    return (*search.bounded(), False) if bound else None


class _Fit(WorkingSet):
    """A coefficient is between off and on at the kinks; elsewhere it is one of them for good."""

    def __init__(
        self,
        problem: Problem,
        W: np.ndarray,
        kinks: np.ndarray,
        caps: np.ndarray,
        guess: tuple[np.ndarray, np.ndarray] | None,
    ) -> None:
        m, d = problem.X.shape
        self.pattern = problem.pattern(W)
        X, target = problem.X, W
        if d > m:
            Q, R = np.linalg.qr(X.T)
            X, target = R.T, W @ Q
        multipliers, clarke = (np.zeros(m), self.pattern) if guess is None else guess
        states = np.where(self.pattern > 0, ON, OFF)
        between = kinks & (clarke > 0.0) & (clarke < 1.0) & (multipliers > 0)
        states = np.where(kinks, np.where(between, KINK, np.where(clarke > 0.5, ON, OFF)), states)
        used = caps > 0
        super().__init__(X, problem.signs, states, (multipliers > 0) & used, 0.0, target)
        self.kinks, self.used_samples, self.caps = kinks, used, caps * self.scale**2
        self.multipliers = np.minimum(multipliers, caps) * self.scale**2
        self.size = np.abs(self.v * (self.target @ self.X.T)).sum(axis=0).max(initial=0.0)

    def run(self, *, patient: bool) -> bool:
        """Rounds until nothing changes; False if that takes too many, or if states chase one another."""
        left = 1
        while left and self.rounds < _ROUNDS and (patient or self.waited < _HURRY):
            try:
                self.solve()
            except LinAlgError:
                return False
            left = self._change()
        return not left

    def answer(self) -> tuple[np.ndarray, np.ndarray]:
        """λ and a of the states."""
        clarke = np.where(self.kinks, self.states == ON, self.pattern).astype(float)
        clarke[self.entries] = self.shares()
        return np.clip(self.multipliers / self.scale**2, 0.0, None), clarke

    def bounded(self) -> tuple[np.ndarray, np.ndarray]:
        """λ of the last round, and the derivatives that fit best with it."""
        # here: scipy.optimize takes half a second to load, and few networks need it
        from scipy.optimize import lsq_linear

        self.multipliers = np.clip(self.multipliers, 0.0, self.caps)
        clarke = np.where(self.kinks, 0.5, self.pattern)
        bounds = self.multipliers * self.v
        free = self.kinks & (bounds != 0.0)
        rest = self.target - np.where(free, 0.0, clarke * bounds) @ self.X
        for j in np.flatnonzero(free.any(axis=1)):
            entries = np.flatnonzero(free[j])
            full = bounds[j, entries]
            ends = np.minimum(full, 0.0), np.maximum(full, 0.0)
            best = lsq_linear(self.X[entries].T, rest[j], ends, method="bvls").x
            clarke[j, entries] = np.clip(best / full, 0.0, 1.0)
        return self.multipliers / self.scale**2, clarke

    def _change(self) -> int:
        """Change the states that disagree with the answer; how many do."""
        P = self.D @ self.X.T
        gain = -self.v * P  # of the objective, by a larger share of the multiplier
        pull = np.where(self.kinks, np.maximum(gain, 0.0), gain * (self.states == ON)).sum(axis=0)
        rest = self.used_samples & ~self.held & ~self.capped
        zero = ZERO * self.size
        leaving = self.held & (self.multipliers <= 0.0)
        capping = self.held & (self.multipliers >= self.caps)
        freed = self.capped & (self._pull_held(gain) < -zero)
        entering = rest & (pull > zero)
        entries, to_on, pressure = self._from_kinks()
        fixed = self.kinks & (self.held | self.capped) & (self.states != KINK)
        small = ZERO * np.abs(gain).max(initial=0.0)
        wrong = fixed & (np.where(self.states == ON, -gain, gain) > small)
        changes = (leaving, capping, freed, entering, wrong)
        left = len(to_on) + sum(int(change.sum()) for change in changes)
        self.pace(left)
        leaving = self.worse(leaving, np.abs(self.multipliers))
        capping = self.worse(capping, self.multipliers - np.where(capping, self.caps, 0.0))
        freed = self.worse(freed, np.abs(pull))
        going = self.worse(np.ones(len(to_on), bool), pressure)
        self.states[entries[0][going], entries[1][going]] = np.where(to_on[going], ON, OFF)
        self.states[self.worse(self.with_room(wrong, np.abs(gain)), np.abs(gain))] = KINK
        self.multipliers[leaving] = 0.0
        self.multipliers[capping] = self.caps[capping]
        self.capped = (self.capped | capping) & ~freed
        self.held = (self.held & ~leaving & ~capping) | freed
        self.held |= self.entering(entering, pull, _FIRST)
        sides = np.where(gain > 0, ON, OFF)
        self.states = np.where(self.kinks & (rest | leaving), sides, self.states).astype(np.int8)
        return left

    def _pull_held(self, gain: np.ndarray) -> np.ndarray:
        """``−Σ_j v_ji ⟨D_j, x_i⟩`` over the coefficients that are on, ``(m,)``."""
        return np.where(self.states == ON, gain, 0.0).sum(axis=0)

    def _from_kinks(self) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray, np.ndarray]:
        """The entries whose coefficient leaves its interval, whether to λv, and how far it is beyond."""
        full = self.multipliers[self.entries[1]] * self.v[self.entries]
        sign = np.sign(self.v[self.entries])
        found, full = sign * self.coefficients, sign * full
        slack = ZERO * np.abs(found).max(initial=0.0)
        to_on = found > full + slack
        leaves = to_on | (found < -slack)
        pressure = np.where(to_on, found - full, -found)
        return (self.entries[0][leaves], self.entries[1][leaves]), to_on[leaves], pressure[leaves]
