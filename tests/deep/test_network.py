import sys
from pathlib import Path

import numpy as np
import pytest
from builders import one_sentence

sys.path.insert(0, str(Path(__file__).parent))
from deep_networks import DEPTHS, random_network
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.deep.network import DeepNetwork, initial_weights
from kkt_unlearning.deep.stationarity import network_scaled
from kkt_unlearning.deep.weights import norm, scaled
from kkt_unlearning.errors import DataError
from kkt_unlearning.networks.two_layer import TwoLayer
from kkt_unlearning.problem import Problem

MACHINE = 1e-12


def by_loops(network, W, x):
    z = x
    for layer in W:
        z = np.array([max(0.0, float(row @ z)) for row in layer])
    return float(network.output_weights @ z)


@pytest.mark.parametrize("depth", DEPTHS)
def test_outputs_are_those_of_the_formula(depth):
    network, W, X, _ = random_network(depth)
    expected = [by_loops(network, W, x) for x in X]
    np.testing.assert_allclose(network.evaluate(W, X).outputs, expected, rtol=MACHINE)


@pytest.mark.parametrize("depth", DEPTHS)
def test_gradients_against_finite_differences(depth):
    network, W, X, _ = random_network(depth, seed=3)
    at, coefficients = network.evaluate(W, X), np.arange(1.0, 6.0)
    gradient = at.combination(coefficients)
    step = (
        1e-6  # within a cell the output is a polynomial: the error is of order step² and 1e-16/step
    )
    for number, layer in enumerate(W):
        for index in [(0, 0), (2, 1), (6, 4), (3, 3)]:
            ends = []
            for sign in (1.0, -1.0):
                moved = [other.copy() for other in W]
                moved[number][index] = layer[index] + sign * step
                ends.append(coefficients @ network.evaluate(tuple(moved), X).outputs)
            slope = (ends[0] - ends[1]) / (2 * step)
            assert gradient[number][index] == pytest.approx(slope, abs=1e-7)


@pytest.mark.parametrize("depth", DEPTHS)
def test_gram_norms_and_inner_products_are_those_of_the_written_out_gradients(depth):
    network, W, X, _ = random_network(depth, seed=1)
    at = network.evaluate(W, X)
    single = [at.combination(row) for row in np.eye(5)]
    flat = np.array([np.concatenate([layer.ravel() for layer in g]) for g in single])
    np.testing.assert_allclose(at.gram(), flat @ flat.T, atol=MACHINE * np.abs(flat).max() ** 2)
    np.testing.assert_allclose(at.squared_norms(), (flat**2).sum(axis=1), rtol=MACHINE)
    other = scaled(W, 0.3)
    theta = np.concatenate([layer.ravel() for layer in other])
    np.testing.assert_allclose(at.inner(other), flat @ theta, rtol=1e-10)


@settings(max_examples=20)
@given(st.integers(0, 50), st.sampled_from(DEPTHS), st.floats(0.1, 10))
def test_homogeneous_of_its_degree(seed, depth, c):
    network, W, X, _ = random_network(depth, seed)
    at, there = network.evaluate(W, X), network.evaluate(scaled(W, c), X)
    np.testing.assert_allclose(
        there.outputs, c**network.degree * at.outputs, rtol=1e-10, atol=1e-12
    )
    np.testing.assert_allclose(  # Euler
        at.inner(W), network.degree * at.outputs, rtol=1e-10, atol=1e-12
    )
    assumed = network_scaled(network, at, np.array(c))
    for name in ("inputs", "backward"):
        for left, right in zip(getattr(assumed, name), getattr(there, name), strict=True):
            np.testing.assert_allclose(left, right, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("depth", DEPTHS)
def test_own_patterns_held_change_nothing_and_others_make_it_multilinear(depth):
    network, W, X, _ = random_network(depth, seed=2)
    at = network.evaluate(W, X)
    again = network.evaluate(W, X, at.patterns)
    np.testing.assert_array_equal(again.outputs, at.outputs)
    # In each layer by itself the polynomial is linear, also far outside its cell.
    rng = np.random.default_rng(0)
    for number in range(network.degree):
        ends = []
        for t in (0.0, 1.0, 2.0):
            moved = list(W)
            moved[number] = W[number] + 10 * t * rng.normal(size=W[number].shape) * (t > 0)
            rng = np.random.default_rng(0)
            ends.append(network.evaluate(tuple(moved), X, at.patterns).outputs)
        np.testing.assert_allclose(ends[2] - ends[0], 2 * (ends[1] - ends[0]), rtol=1e-9)


def test_depth_two_is_the_two_layer_network():
    network, (W,), X, y = random_network(2, seed=5)
    problem = Problem(TwoLayer(7), X, y)
    at = network.evaluate((W,), X)
    np.testing.assert_allclose(y * at.outputs, problem.margins(W), rtol=MACHINE)
    coefficients = np.linspace(0.5, 2.0, 5)
    (mine,) = at.combination(coefficients * y)
    theirs = problem.combination(coefficients, problem.pattern(W))
    np.testing.assert_allclose(mine, theirs, rtol=MACHINE, atol=MACHINE)


def test_a_batch_is_its_members():
    network, W, X, _ = random_network(3)
    both = tuple(np.stack([layer, 2 * layer]) for layer in W)
    found = network.evaluate(both, X)
    np.testing.assert_allclose(found.outputs[1], network.evaluate(scaled(W, 2.0), X).outputs)
    assert norm(both).shape == (2,)


def test_rows_of_initial_weights_have_the_scale_asked_for():
    W = initial_weights(np.random.default_rng(0), DeepNetwork(4, 300), 1000, 0.5)
    assert [layer.shape for layer in W] == [(300, 1000), (300, 300), (300, 300)]
    for layer in W:  # the mean of 300 squared norms; a relative standard error of 0.6 % at most
        assert (layer**2).sum(axis=1).mean() == pytest.approx(0.25, rel=0.03)


@pytest.mark.parametrize(("depth", "width", "named"), [(1, 4, "depth = 1"), (3, 0, "width = 0")])
def test_sizes_that_make_no_network_are_refused(depth, width, named):
    with pytest.raises(DataError) as error:
        DeepNetwork(depth, width)
    assert named in one_sentence(error)
