"""Span coordinates keep every inner product, and lift() is the way back."""

import numpy as np
import pytest
from builders import ROUND_OFF
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from kkt_unlearning.datasets.sampling import gaussian_points
from kkt_unlearning.networks.initial import gaussian_weights, span_weights
from kkt_unlearning.training.span import span_coordinates

SIZES = st.tuples(st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 9), st.integers(1, 4))


def drawn(seed, m, d, n):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(m, d)), rng.normal(size=(n, d))


@given(SIZES)
def test_inner_products_are_kept(sizes):
    X, W0 = drawn(*sizes)
    span = span_coordinates(X, W0)
    assert span.X.shape == (len(X), min(X.shape) + 1)
    np.testing.assert_allclose(span.X @ span.X.T, X @ X.T, atol=ROUND_OFF)
    np.testing.assert_allclose(span.W0 @ span.X.T, W0 @ X.T, atol=ROUND_OFF)
    np.testing.assert_allclose((span.W0**2).sum(axis=1), (W0**2).sum(axis=1), atol=ROUND_OFF)
    np.testing.assert_array_equal(span.X[:, -1], 0.0)


@given(SIZES)
def test_lift_returns_the_initial_weights_and_the_coefficients_of_the_data(sizes):
    X, W0 = drawn(*sizes)
    C = np.random.default_rng(sizes[0]).normal(size=(len(W0), len(X)))
    span = span_coordinates(X, W0)
    np.testing.assert_allclose(span.lift(span.W0), W0, atol=ROUND_OFF)
    np.testing.assert_allclose(span.lift(span.W0 + C @ span.X), W0 + C @ X, atol=1e-11)
    np.testing.assert_allclose(span.lift(C @ span.X), C @ X, atol=1e-11)


def test_lift_takes_leading_axes():
    X, W0 = drawn(3, 3, 7, 2)
    span = span_coordinates(X, W0)
    batch = np.stack([span.W0, 2.0 * span.W0])
    np.testing.assert_allclose(span.lift(batch), np.stack([W0, 2.0 * W0]), atol=ROUND_OFF)


def test_weights_inside_the_span_have_no_outside_part():
    X, _ = drawn(0, 3, 8, 1)
    span = span_coordinates(X, X[:2] - X[1:])
    np.testing.assert_array_equal(span.W0[:, -1], 0.0)
    np.testing.assert_allclose(span.lift(span.W0), X[:2] - X[1:], atol=ROUND_OFF)


@pytest.mark.parametrize("repeated", [1, 2])
def test_dependent_points_keep_their_inner_products(repeated):
    X, W0 = drawn(1, 3, 6, 2)
    X = np.vstack([X, X[:repeated]])
    span = span_coordinates(X, W0)
    np.testing.assert_allclose(span.X @ span.X.T, X @ X.T, atol=ROUND_OFF)
    np.testing.assert_allclose(span.lift(span.W0), W0, atol=ROUND_OFF)


def test_a_small_part_outside_the_span_is_not_lost():
    X, _ = drawn(0, 3, 8, 1)
    beside = X[:1] + 1e-6 * np.linalg.qr(X.T, mode="complete")[0][:, -1]
    span = span_coordinates(X, beside)
    assert span.W0[0, -1] == pytest.approx(1e-6, rel=1e-9)
    np.testing.assert_allclose(span.lift(span.W0), beside, atol=ROUND_OFF)


def test_weights_in_coordinates_of_the_span_have_the_law_of_gaussian_weights():
    X = gaussian_points(np.random.default_rng(0), 3, 7)
    found = span_weights(np.random.default_rng(1), 500, 3, 7, 0.4)
    drawn = gaussian_weights(np.random.default_rng(2), 500, 7, 0.4)
    expected = span_coordinates(X, drawn).W0
    assert found.shape == expected.shape == (500, 4)
    for k in range(4):
        assert kstest(found[:, k], expected[:, k]).pvalue > 0.01
    assert not span_weights(np.random.default_rng(1), 5, 7, 7, 0.4)[:, -1].any()
