"""Several networks on the same data in coordinates that a large dimension does not make more of."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkt_unlearning.precision import ROUND_OFF
from kkt_unlearning.training.span import shared_span, span_coordinates


def drawn(seed, samples, neurons, dimension, networks):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(samples, dimension))
    return X, [rng.normal(size=(neurons, dimension)) for _ in range(networks)]


@given(
    seed=st.integers(0, 10**6),
    samples=st.integers(1, 6),
    neurons=st.integers(1, 4),
    dimension=st.integers(1, 30),
    networks=st.integers(1, 3),
)
def test_inner_products_are_kept_and_weights_come_back(seed, samples, neurons, dimension, networks):
    X, weights = drawn(seed, samples, neurons, dimension, networks)
    span = shared_span(X, weights)
    data, inside = span.data(X), [span.weights(W) for W in weights]
    assert data.shape[1] <= max(samples + networks, dimension)
    assert np.allclose(data @ data.T, X @ X.T, rtol=0, atol=ROUND_OFF * dimension)
    for W, small in zip(weights, inside, strict=True):
        assert np.allclose(small @ data.T, W @ X.T, rtol=0, atol=ROUND_OFF * dimension)
        assert np.allclose(span.lift(small), W, rtol=0, atol=ROUND_OFF * dimension)
        for V, other in zip(weights, inside, strict=True):
            kept = (small * other).sum(axis=1)
            assert np.allclose(kept, (W * V).sum(axis=1), rtol=0, atol=ROUND_OFF * dimension)


def test_a_large_dimension_costs_no_more():
    X, weights = drawn(0, 5, 3, 10_000, 2)
    span = shared_span(X, weights)
    assert span.data(X).shape == (5, 7)
    assert span.weights(weights[0]).shape == (3, 7)


@pytest.mark.parametrize("scale", [1.0, -3.0, 0.0])
def test_a_network_that_the_others_determine_adds_no_direction(scale):
    X, (W,) = drawn(1, 3, 4, 40, 1)
    other = scale * W + np.random.default_rng(2).normal(size=(4, 3)) @ X
    span = shared_span(X, [W, other])
    assert (span.outside[1] == 0).all()
    assert np.allclose(span.lift(span.weights(other)), other, rtol=0, atol=1e-11)


@pytest.mark.parametrize("seed", range(3))
def test_samples_that_are_equal_stay_equal(seed):
    """A product may round the same row differently at different places."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(37, 301))
    X[[5, 17, 36]] = X[2]
    W = rng.normal(size=(4, 301))
    for inside in (shared_span(X, [W]).data(X), span_coordinates(X, W).X):
        np.testing.assert_array_equal(inside[[5, 17, 36]], inside[[2, 2, 2]])
        np.testing.assert_allclose(inside @ inside.T, X @ X.T, atol=1e-11)
