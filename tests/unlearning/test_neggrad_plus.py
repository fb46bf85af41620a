"""NegGrad+, with fine-tuning and plain ascent as its ends: its gradient, and where its flow goes."""

import numpy as np
import pytest
from builders import ROUND_OFF, gaussian, labels, one_sentence, solved
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.certificates.stationarity import least_epsilon
from kkt_unlearning.errors import DataError
from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.networks import Linear
from kkt_unlearning.problem import Problem
from kkt_unlearning.training import Descent
from kkt_unlearning.unlearning import ascend
from kkt_unlearning.unlearning.fine_tuning import fine_tuning
from kkt_unlearning.unlearning.gradient_ascent import gradient_ascent
from kkt_unlearning.unlearning.neggrad_plus import neggrad_plus, sample_weights

VALUES = {"exponential": lambda q: np.exp(-q), "logistic": lambda q: np.log1p(np.exp(-q))}


def objective(problem, W, forget, beta, loss):
    q = problem.margins(W)
    keep = np.setdiff1d(np.arange(problem.samples), forget)
    values = VALUES[loss](q)
    return beta * values[keep].mean() - (1.0 - beta) * values[list(forget)].mean()


@pytest.mark.parametrize("loss", VALUES)
@pytest.mark.parametrize("width", [None, 6])
@pytest.mark.parametrize("beta", [0.0, 0.3, 0.95, 1.0])
def test_a_constant_step_is_the_gradient_of_the_loss(width, beta, loss):
    problem, W = gaussian(2, 5, 9, width, scale=1.0)
    assert width is None or np.abs(problem.preactivations(W)).min() > 1e-4  # no kink in reach
    forget = (1, 3)
    h, gradient = np.finfo(float).eps ** (1 / 3), np.zeros_like(W)
    for entry in np.ndindex(W.shape):
        shift = np.zeros_like(W)
        shift[entry] = h
        up, down = (objective(problem, V, forget, beta, loss) for V in (W + shift, W - shift))
        gradient[entry] = (up - down) / (2 * h)
    descent = Descent(loss, "constant", step_size=0.5)
    found = neggrad_plus(problem, W, [forget], beta, descent, [1])[0, 0]
    np.testing.assert_allclose(found, W - 0.5 * gradient, atol=1e-9)


@settings(max_examples=30)
@given(st.sets(st.integers(0, 6), min_size=1, max_size=6), st.floats(0.0, 1.0))
def test_the_weights_of_the_samples_are_two_means(forget, beta):
    h = sample_weights(7, [sorted(forget)], beta)[0]
    inside = np.isin(np.arange(7), sorted(forget))
    assert h[~inside].sum() == pytest.approx(beta, abs=1e-15)
    assert h[inside].sum() == pytest.approx(beta - 1.0, abs=1e-15)
    assert np.unique(h[inside]).size == np.unique(h[~inside]).size == 1


def test_its_ends_are_fine_tuning_and_ascent():
    problem, training, _ = solved(1, 6, 15, 8)
    arguments = problem, training.W, [(0,), (2, 5)]
    for end, beta in ((gradient_ascent, 0.0), (fine_tuning, 1.0)):
        expected = neggrad_plus(*arguments, beta, Descent(), [1, 30])
        np.testing.assert_array_equal(end(*arguments, Descent(), [1, 30]), expected)
        assert not np.allclose(expected[:, 0], expected[:, 1])


def test_normalised_ascent_on_one_sample_walks_along_the_prescribed_step():
    problem, training, point = solved(1, 6, 15, None)
    W = gradient_ascent(problem, training.W, [(2,)], Descent(step_size=0.25), [1, 12])[0]
    for count, found in zip((1, 12), W, strict=True):
        share = 0.25 * count / point.multipliers[2]
        expected = ascend(problem, training.W, point.multipliers, [2], fraction=share)
        np.testing.assert_allclose(found, expected, atol=1e-10)


def test_fine_tuning_leaves_what_retained_samples_do_not_span():
    # Proposition 1 of the page: the part outside stays, so neither τ* nor ε can be below what it dictates.
    problem, training, point = solved(1, 6, 15, 8)
    forget, rest = (1, 4), problem.retain((1, 4))
    basis = np.linalg.qr(rest.X.T)[0]
    outside = np.linalg.norm(training.W - training.W @ basis @ basis.T)
    (nearest,) = retained_kkt_points(point, [forget])
    for W in fine_tuning(problem, training.W, [forget], Descent(), [1, 50, 2000])[0]:
        left = W - W @ basis @ basis.T
        assert np.linalg.norm(left) == pytest.approx(outside, rel=1e-9)
        rho = outside / np.linalg.norm(W)
        assert cosine_distance(W, nearest.W) >= 1.0 - np.sqrt(1.0 - rho**2)
        assert least_epsilon(rest, W).relative_epsilon >= rho * (1 - 1e-9)


@pytest.mark.parametrize("width", [None, 8])
def test_a_recovery_phase_goes_to_a_kkt_point_of_the_retained_problem(width):
    problem, training, point = solved(1, 6, 15, width)
    start = ascend(problem, point.W, point.multipliers, [2], clarke=point.clarke)
    start = start * training.margins.min()
    W = fine_tuning(problem, start, [(2,)], Descent(), [10, 1000, 20000])[0]
    (nearest,) = retained_kkt_points(point, [(2,)])
    before, *after = (float(cosine_distance(V, nearest.W)) for V in (start, *W))
    assert before > after[0] > after[1] > after[2]
    # Falling with the square of the length, which grows by less than 1 a step.
    assert after[2] < 0.1 * after[1]


@pytest.mark.parametrize(("k", "beta"), [(1, 0.5), (1, 0.99), (3, 0.9)])
def test_the_retain_term_raises_margins_by_a_bounded_amount(k, beta):
    # Proposition 2 of the page: orthonormal data, all margins γ; n retained, k forgotten samples.
    m, gamma, eta = 8, 20.0, 4e-3
    n, y = m - k, labels(m)
    problem = Problem(Linear(), np.eye(m), y)
    steps = [round(duration / eta) for duration in (40.0, 60.0)]
    W = neggrad_plus(
        problem, gamma * y[None], [tuple(range(k))], beta, Descent(step_size=eta), steps
    )
    q = problem.margins(W[0])
    rise = np.log1p(k * beta / (n * (1.0 - beta)))
    np.testing.assert_allclose(q[:, k:], gamma + rise, rtol=0, atol=2 * eta)
    late = np.array([40.0, 60.0])[:, None] - n * rise  # plain ascent, so much later
    np.testing.assert_allclose(q[:, :k], gamma - late / k + np.zeros(k), rtol=0, atol=2 * eta * n)


def test_there_is_no_balance_for_beta_below_one():
    problem, training, _ = solved(0, 6, 15, None)
    for beta in (0.5, 0.9, 0.99):
        W = neggrad_plus(problem, training.W, [(2,)], beta, Descent(), [500, 1000])[0]
        first, second = problem.margins(W)[:, 2]
        assert second < first < 0


def test_nothing_is_changed_in_place_and_the_start_may_differ_for_each_set():
    problem, training, _ = solved(1, 6, 15, 8)
    before = training.W.copy()
    starts = np.stack([training.W, 1.5 * training.W])
    W = neggrad_plus(problem, starts, [(0,), (3,)], 0.9, Descent(), [7])
    np.testing.assert_array_equal(training.W, before)
    alone = neggrad_plus(problem, 1.5 * training.W, [(3,)], 0.9, Descent(), [7])
    np.testing.assert_allclose(W[1], alone[0], atol=100 * ROUND_OFF)


@pytest.mark.parametrize("beta", [-0.1, 1.1, float("nan")])
def test_bad_betas(beta):
    problem, training, _ = solved(1, 6, 15, 8)
    with pytest.raises(DataError) as error:
        neggrad_plus(problem, training.W, [(0,)], beta, Descent(), [1])
    assert f"beta = {beta}" in one_sentence(error) and "from 0" in one_sentence(error)


def test_an_empty_set_can_only_be_fine_tuned():
    problem, training, _ = solved(1, 6, 15, 8)
    with pytest.raises(DataError) as error:
        neggrad_plus(problem, training.W, [(0,), ()], 0.5, Descent(), [1])
    assert "empty" in one_sentence(error)
    assert fine_tuning(problem, training.W, [()], Descent(), [1]).shape == (1, 1, 8, 15)
