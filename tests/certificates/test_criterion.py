"""The criterion at weights of any origin: its ends by their definitions, and what it does not depend on."""

from dataclasses import fields

import numpy as np
import pytest
from builders import solved
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.certificates import criterion as module
from kkt_unlearning.certificates.certificate import certify
from kkt_unlearning.certificates.criterion import Criterion, criterion_all, prescribed_delta
from kkt_unlearning.certificates.restore import restore
from kkt_unlearning.certificates.stationarity import least_epsilon
from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.problem import kept
from kkt_unlearning.unlearning import unlearn

FORGET = [(0,), (1, 4)]


def wandered(width, size, seed=0):
    """Weights of the trained network with noise of a relative size, two for each forget set."""
    _, training, point = solved(1, 6, 15, width)
    noise = np.random.default_rng(seed).normal(size=(2, 2, *training.W.shape))
    spread = size * np.linalg.norm(training.W) / np.sqrt(training.W.size)
    return point, training.W + spread * noise


def assert_same(found, expected, rel=1e-9):
    for field in fields(Criterion):
        one, other = getattr(found, field.name), getattr(expected, field.name)
        if field.name == "outcome":
            np.testing.assert_array_equal(one, other)
        else:
            np.testing.assert_allclose(one, other, rtol=rel, atol=1e-11, err_msg=field.name)


@pytest.mark.parametrize("width", [None, 8])
def test_every_end_is_what_its_definition_says(width):
    point, W = wandered(width, 0.1)
    nearest = retained_kkt_points(point, FORGET)
    found = criterion_all(point, W, FORGET, nearest)
    for f, forget in enumerate(FORGET):
        rest, keep = point.problem.retain(forget), kept(6, [forget])
        (delta,) = prescribed_delta(point, keep)
        A, kinks = point.pattern[:, keep[0]], point.kinks[:, keep[0]]
        for a in range(2):
            at = least_epsilon(rest, W[f, a], delta)
            assert found.epsilon_autograd[f, a] == pytest.approx(at.relative_epsilon, rel=1e-9)
            assert found.epsilon_clarke[f, a] == pytest.approx(at.relative_epsilon, rel=1e-9)
            restored = restore(rest, W[f, a], A, kinks)
            again = least_epsilon(rest, restored.W, delta, restored.kinks)
            assert found.epsilon[f, a] == pytest.approx(again.relative_epsilon, rel=1e-8, abs=1e-12)
            assert found.delta[f, a] <= delta * (1 + 1e-9)
            assert found.tau[f, a] == pytest.approx(
                float(cosine_distance(W[f, a], restored.W)), rel=1e-9, abs=1e-14
            )
            assert found.tau_star[f, a] == float(cosine_distance(W[f, a], nearest[f].W))
            assert found.outcome[f, a] == "separating"


def test_the_delta_allowed_is_the_bound_of_the_prescribed_step():
    _, _, point = solved(1, 6, 15, 8)
    found = prescribed_delta(point, kept(6, FORGET))
    expected = [certify(unlearn(point, forget)).delta_bound for forget in FORGET]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_at_a_prescribed_step_of_the_linear_model_it_is_the_certificate():
    _, _, point = solved(1, 6, 15, None)
    steps = [unlearn(point, forget) for forget in FORGET]
    W = np.stack([step.W for step in steps])[:, None]
    found = criterion_all(point, W, FORGET, retained_kkt_points(point, FORGET))
    for f, step in enumerate(steps):
        expected = certify(step)
        assert found.epsilon_autograd[f, 0] == pytest.approx(expected.epsilon_autograd, abs=1e-9)
        assert found.tau_star[f, 0] == pytest.approx(expected.tau_star, rel=1e-9)


def test_an_exact_kkt_point_meets_it_exactly_on_its_own_kinks():
    # Found in another cell than that of the original point, so θ̃ does not hold its kinks; θ' does.
    _, _, point = solved(1, 6, 15, 8)
    nearest = retained_kkt_points(point, FORGET)
    W = np.stack([exact.W for exact in nearest])[:, None]
    found = criterion_all(point, W, FORGET, nearest)
    assert (found.epsilon_clarke < 1e-9).all() and (found.relative_delta_clarke < 1e-9).all()
    assert (found.tau_star < 1e-14).all()
    assert any(exact.kinks.any() for exact in nearest)
    assert (found.epsilon_autograd > 1e-3).any()


@settings(max_examples=15)
@given(st.integers(0, 1000), st.floats(1e-3, 1e3))
def test_the_length_of_the_weights_does_not_matter(seed, factor):
    point, W = wandered(8, 0.2, seed)
    nearest = retained_kkt_points(point, FORGET)
    expected = criterion_all(point, W, FORGET, nearest)
    # δ belongs to multipliers, of which round-off of ε leaves half the digits.
    found = criterion_all(point, factor * W, FORGET, nearest)
    np.testing.assert_allclose(found.delta, expected.delta, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(found.epsilon, expected.epsilon, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(found.tau, expected.tau, rtol=1e-9, atol=1e-14)
    np.testing.assert_array_equal(found.outcome, expected.outcome)


def test_worked_through_in_parts_it_is_the_same(monkeypatch):
    point, W = wandered(8, 0.1)
    nearest = retained_kkt_points(point, FORGET)
    whole = criterion_all(point, W, FORGET, nearest)
    monkeypatch.setattr(module, "IN_CACHE", 1)
    parts = criterion_all(point, W, FORGET, nearest)
    assert parts.epsilon.shape == (2, 2)
    assert_same(parts, whole)


def test_weights_that_lose_a_retained_margin_have_no_certificate():
    _, _, point = solved(1, 6, 15, None)
    W = np.stack([np.stack([point.W, -point.W])] * 2)
    found = criterion_all(point, W, FORGET, retained_kkt_points(point, FORGET))
    assert found.outcome.tolist() == [["separating", "not separating"]] * 2
    assert (found.epsilon_autograd[:, 1] == np.inf).all() and np.isfinite(found.tau_star).all()
    assert np.isfinite(found.epsilon_autograd[:, 0]).all()
