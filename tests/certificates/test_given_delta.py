"""ε for a given δ against independent solvers, and doing nothing beside it."""

import numpy as np
import pytest
from builders import least_residual_by_cvxpy, solved
from scipy.optimize import lsq_linear

from kkt_unlearning.certificates.certificate import certify_all
from kkt_unlearning.certificates.given_delta import given_delta
from kkt_unlearning.certificates.restore import restore
from kkt_unlearning.errors import DataError
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.unlearning import unlearn_all

DELTAS = (0.0, 0.03, 0.3, np.inf)
SETS = [(0,), (1, 3)]


def by_least_squares(X, y, w, delta):
    """Relative ε*(δ) of a linear model on samples that all stay, from SciPy's bounded least squares."""
    w = w / (y * (X @ w)).min()
    excess = y * (X @ w) - 1.0
    room = delta * (w @ w) / len(y)
    on_margin = excess < 1e-9
    caps = np.where(on_margin, np.inf, room / np.where(on_margin, 1.0, excess))
    used = caps > 1e-12
    fit = lsq_linear((y[:, None] * X)[used].T, w, (0.0, caps[used]), tol=1e-14)
    return np.sqrt(2 * fit.cost) / np.linalg.norm(w)


@pytest.mark.parametrize("start", ["exact", "trained"])
def test_a_linear_model_against_bounded_least_squares(start):
    problem, training, point = solved(2, 6, 15, None)
    trained = training.W if start == "trained" else None
    steps = unlearn_all(point, SETS, [0.5, 1.0], trained=trained)
    found = given_delta(steps, DELTAS)
    for f, forget in enumerate(SETS):
        rest = problem.retain(forget)
        for d, delta in enumerate(DELTAS):
            for a in range(2):
                expected = by_least_squares(rest.X, rest.y, steps.W[f, a, 0], delta)
                assert found.epsilon[f, a, d] == pytest.approx(expected, abs=1e-6)
            expected = by_least_squares(rest.X, rest.y, steps.start[0], delta)
            assert found.nothing_epsilon[f, d] == pytest.approx(expected, abs=1e-6)
    assert not found.tau.any() and not found.nothing_tau.any()


def test_a_network_against_cvxpy():
    problem, _, point = solved(1, 5, 12, 6)
    steps = unlearn_all(point, [(2,)], [1.0])
    keep = np.arange(5) != 2
    restored = restore(problem, steps.W[0, 0], point.pattern, point.kinks, keep)
    W = restored.W / problem.margins(restored.W)[keep].min()
    rest = problem.retain((2,))
    found = given_delta(steps, [0.1])
    excess = rest.margins(W) - 1.0
    tight = excess < 1e-9
    room = 0.1 * (W**2).sum() / keep.sum()
    caps = np.where(tight, np.inf, room / np.where(tight, 1.0, excess))
    expected = least_residual_by_cvxpy(rest, W, restored.kinks[:, keep], caps)
    assert found.epsilon[0, 0, 0] == pytest.approx(expected / np.linalg.norm(W), abs=1e-6)
    assert found.tau[0, 0] == pytest.approx(cosine_distance(steps.W[0, 0], restored.W), abs=1e-14)


@pytest.mark.parametrize("start", ["exact", "trained"])
def test_the_certificate_is_the_value_at_its_own_delta(start):
    _, training, point = solved(4, 6, 15, 8)
    steps = unlearn_all(point, [(1,)], [1.0], trained=training.W if start == "trained" else None)
    certified = certify_all(steps)
    unit = certified.delta[0, 0] / certified.relative_delta[0, 0]
    found = given_delta(steps, [certified.delta_budget[0, 0] / unit])
    assert found.epsilon[0, 0, 0] == pytest.approx(certified.epsilon[0, 0], rel=1e-6)
    assert found.tau[0, 0] == pytest.approx(certified.tau[0, 0], rel=1e-9)


def test_a_larger_delta_allows_no_larger_epsilon_and_no_step_is_doing_nothing():
    _, training, point = solved(3, 6, 15, 8)
    steps = unlearn_all(point, SETS, [0.0, 1.0], trained=training.W)
    found = given_delta(steps, DELTAS)
    assert (np.diff(found.epsilon, axis=-1) <= 1e-9).all()
    np.testing.assert_allclose(found.epsilon[:, 0], found.nothing_epsilon, rtol=1e-9)
    np.testing.assert_allclose(
        found.tau[:, 0], found.nothing_tau, rtol=1e-9
    )  # sums in another order


def test_at_an_exact_point_doing_nothing_leaves_the_forgotten_gradient():
    # every margin is 1 there: no δ caps a multiplier, and at most the forgotten term is left
    _, _, point = solved(5, 6, 200, None)
    found = given_delta(unlearn_all(point, [(0,)], [1.0]), DELTAS)
    left = point.multipliers[0] * np.linalg.norm(point.problem.X[0]) / np.linalg.norm(point.W)
    assert np.ptp(found.nothing_epsilon) <= 1e-9
    assert 0.8 * left < found.nothing_epsilon[0, 0] <= left
    assert found.nothing_tau[0] < 1e-12


def test_a_negative_delta_is_refused():
    _, _, point = solved(5, 4, 20, None)
    with pytest.raises(DataError, match="delta"):
        given_delta(unlearn_all(point, [(0,)], [1.0]), [-0.1])
