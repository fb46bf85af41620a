"""The fit of many samples: where its states chase one another, a bound that says that it is one."""

import numpy as np
import pytest
from scipy.optimize import lsq_linear

from kkt_unlearning.kkt import fit as fits
from kkt_unlearning.kkt.clarke import fit_multipliers
from kkt_unlearning.networks import TwoLayer
from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.solver import Solver

SAMPLES, FEATURES, WIDTH = 90, 12, 8


def hard(seed):
    """Weights far from a KKT point; every neuron has more kinks than there are features."""
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(SAMPLES, FEATURES)), rng.choice([-1.0, 1.0], SAMPLES)
    W = rng.normal(size=(WIDTH, FEATURES))
    return Problem(TwoLayer(WIDTH), X, y), W, rng.random((WIDTH, SAMPLES)) < 0.4


def by_hand(problem, W, multipliers, clarke):
    V = problem.signs * multipliers * clarke
    return np.linalg.norm(W - V @ problem.X)


@pytest.mark.parametrize("seed", range(2))
def test_a_bound_is_feasible_and_best_for_its_multipliers(seed, monkeypatch):
    problem, W, kinks = hard(seed)
    caps = np.full(SAMPLES, np.inf)
    least = fit_multipliers(problem, W, kinks, caps, Solver(), bound=False)
    assert least.least
    monkeypatch.setattr(fits, "_HURRY", 0)  # the states that come first are the last
    monkeypatch.setattr(fits, "_ROUNDS", 1)
    bound = fit_multipliers(problem, W, kinks, caps, Solver(), bound=True)
    assert not bound.least
    a, found = bound.clarke, bound.multipliers
    assert (found >= 0).all() and (a >= 0).all() and (a <= 1).all()
    np.testing.assert_array_equal(a[~kinks], problem.pattern(W)[~kinks])
    assert bound.residual == pytest.approx(by_hand(problem, W, found, a))
    assert bound.residual >= least.residual * (1 - 1e-9)
    V = problem.signs * found
    for j, free in enumerate(kinks & (V != 0)):
        ends = np.minimum(V[j, free], 0), np.maximum(V[j, free], 0)
        rest = W[j] - np.where(free, 0.0, V[j] * a[j]) @ problem.X
        best = lsq_linear(problem.X[free].T, rest, ends, tol=1e-13)
        left = np.linalg.norm(rest - (V[j, free] * a[j, free]) @ problem.X[free])
        assert left <= np.linalg.norm(best.fun) * (1 + 1e-6) + 1e-9


def test_a_search_that_ends_gives_the_least_value_in_either_case():
    problem, W, kinks = hard(7)
    caps = np.full(SAMPLES, np.inf)
    either = [
        fit_multipliers(problem, W, kinks, caps, Solver(), bound=bound) for bound in (False, True)
    ]
    assert either[0].least and either[1].residual >= either[0].residual * (1 - 1e-9)
    if either[1].least:
        assert either[1].residual == pytest.approx(either[0].residual, rel=1e-9)
