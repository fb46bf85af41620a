"""The closed forms for orthogonal data, against everything that is computed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.deep.ascent import layerwise_step
from kkt_unlearning.deep.network import DeepNetwork
from kkt_unlearning.deep.orthogonal import Limit, planted
from kkt_unlearning.deep.stationarity import certify_deep, fit_deep
from kkt_unlearning.deep.weights import cosine_distance, norm, subtract

ROUND_OFF = 1e-12


def case(depth, own, other, width=8):
    """Sample 0 is of the class with ``own`` points."""
    y = np.array([1.0] * own + [-1.0] * other)
    network = DeepNetwork(depth, width)
    W, multipliers = planted(network, y)
    return network, W, multipliers, y, network.evaluate(W, np.eye(len(y)))


@pytest.mark.parametrize("depth", [2, 3, 4, 6])
@pytest.mark.parametrize(("own", "other"), [(1, 1), (3, 2), (2, 5)])
def test_the_planted_point_is_a_kkt_point(depth, own, other):
    _, W, multipliers, y, at = case(depth, own, other)
    np.testing.assert_allclose(y * at.outputs, 1.0, rtol=ROUND_OFF)
    assert norm(subtract(W, at.combination(multipliers * y))) < ROUND_OFF * norm(W)
    found = fit_deep(at, W, y, np.full(y.shape, np.inf))
    np.testing.assert_allclose(found.multipliers, multipliers, rtol=1e-8)
    assert found.residual < 1e-8


def test_with_two_layers_it_is_the_known_one():
    *_, multipliers, _, _ = case(2, 3, 2)
    np.testing.assert_allclose(multipliers, 2.0)  # 1/(‖x‖² Σ u_j²) over half of the neurons


def test_hidden_inputs_of_a_class_are_parallel_although_the_data_are_orthogonal():
    *_, y, at = case(3, 3, 2)
    Z = at.inputs[1] / np.linalg.norm(at.inputs[1], axis=1, keepdims=True)
    np.testing.assert_allclose(Z @ Z.T, (y[:, None] == y).astype(float), atol=ROUND_OFF)


@settings(max_examples=40)
@given(
    st.integers(2, 5),
    st.integers(2, 6),
    st.integers(1, 5),
    st.floats(0.0, 2.0),
    st.floats(0.0, 1.9),
)
def test_what_the_step_does_is_the_closed_form(depth, own, other, first, deeper):
    network, W, multipliers, y, at = case(depth, own, other)
    keep = np.arange(len(y)) > 0
    steps = np.array([first] + [deeper] * (depth - 2))
    after = layerwise_step(W, at, y, np.where(keep, 0.0, multipliers), steps)
    there = network.evaluate(after, np.eye(len(y)))
    limit, q = Limit(own, other, depth - 1), y * there.outputs
    assert q[0] == pytest.approx(limit.forgotten_margin(first, deeper), abs=1e-12)
    np.testing.assert_allclose(q[1:own], limit.own_margin(deeper), rtol=1e-11)
    np.testing.assert_allclose(q[own:], 1.0, rtol=1e-11)
    found = certify_deep(network, there, after, y, keep, multipliers)
    # The residual of a least-squares problem is known to the root of round-off where it is 0.
    assert found.epsilon == pytest.approx(limit.epsilon(first, deeper), abs=1e-7)
    goal, _ = planted(network, y[1:])
    goal = (np.insert(goal[0], 0, 0.0, axis=1), *goal[1:])
    assert cosine_distance(after, goal) == pytest.approx(limit.tau_star(first, deeper), abs=1e-12)


@pytest.mark.parametrize("degree", [2, 3, 5])
def test_the_balancing_step_leaves_nothing_and_the_prescribed_one_does(degree):
    limit = Limit(5, 5, degree)
    assert limit.epsilon(1.0, limit.balancing()) < 1e-12
    assert limit.epsilon(1.0, 1.0) > 0.05  # whatever the dimension
    assert limit.epsilon(1.0, 0.5) < 0.1 * limit.epsilon(1.0, 1.0)
    assert limit.balancing() == pytest.approx(0.5 + 0.2 / 8, abs=0.2**2 / 8)


@pytest.mark.parametrize("degree", [2, 3, 5])
@pytest.mark.parametrize("own", [3, 5, 50])
def test_the_best_common_step_is_shorter_than_the_prescribed_one(degree, own):
    limit = Limit(own, own, degree)
    fractions = np.linspace(0.0, 2.0, 2001)
    best = fractions[np.argmin([limit.epsilon(a, a) for a in fractions])]
    assert 0.5 < best < 1.0 - 1 / (4 * own)


def test_in_two_layers_it_is_the_prescribed_one():
    limit = Limit(5, 5, 1)
    assert limit.epsilon(1.0, 1.0) == 0.0
    assert limit.tau_star(1.0, 1.0) == pytest.approx(0.0, abs=1e-15)
    assert min(limit.epsilon(a, a) for a in (0.9, 1.1)) > 0.0
