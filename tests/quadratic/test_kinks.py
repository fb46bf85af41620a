"""Projections on what neurons have on their kinks, against least squares of each neuron by itself."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.quadratic.kinks import Kinks

seeds = st.integers(0, 2**32 - 1)


def instance(seed, samples=12, features=9, neurons=7, apart=None):
    """Random samples, where ``apart`` is given the second next to the first; at most 5 on each kink."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(samples, features))
    if apart is not None:
        X[1] = X[0] + apart * rng.normal(size=features)
    X /= np.linalg.norm(X, axis=1).max()
    on_kink = rng.random((neurons, samples)) < 0.3
    on_kink &= np.cumsum(on_kink, axis=1) <= 5
    on_kink[0] = False
    on_kink[1, :2] = True
    return rng, X, on_kink


@pytest.mark.parametrize("apart", [None, 1e-2, 1e-5, 1e-7])
@settings(max_examples=30)
@given(seed=seeds)
def test_what_is_left_is_orthogonal_to_the_kinks_and_differs_by_them(seed, apart):
    rng, X, on_kink = instance(seed, apart=apart)
    sums = rng.normal(size=(len(on_kink), X.shape[1]))

    kinks = Kinks(X, X @ X.T, on_kink)
    D, coefficients = kinks.take_out(sums)

    assert not kinks.dependent[0].size
    for j, row in enumerate(on_kink):
        Q = np.linalg.qr(X[row].T)[0]
        # the span of nearly equal samples is known to round-off over the distance between them
        assert D[j] == pytest.approx(sums[j] - Q @ (Q.T @ sums[j]), abs=1e-11)
        assert np.abs(X[row] @ D[j]).max(initial=0.0) < 1e-14
        own = coefficients[kinks.entries[0] == j]
        size = 1.0 + np.abs(own).max(initial=0.0)
        assert sums[j] + own @ X[row] == pytest.approx(D[j], abs=1e-14 * size)


@pytest.mark.parametrize("apart", [None, 1e-2, 1e-7])
@settings(max_examples=30)
@given(seed=seeds)
def test_inner_products_are_those_of_the_projections(seed, apart):
    rng, X, on_kink = instance(seed, apart=apart)
    on = rng.normal(size=on_kink.shape)
    free = np.flatnonzero(rng.random(len(X)) < 0.7)

    found = Kinks(X, X @ X.T, on_kink).inner_products(on[:, free], free)

    right = np.zeros((len(X), len(X)))
    for j, row in enumerate(on_kink):
        Q = np.linalg.qr(X[row].T)[0]
        right += on[j, :, None] * (X @ Q @ Q.T @ X.T) * on[j]
    assert found == pytest.approx(right[np.ix_(free, free)], abs=1e-8)  # only a preconditioner


@settings(max_examples=30)
@given(seed=seeds)
def test_a_copy_on_the_kink_of_its_copy_is_told(seed):
    _, X, on_kink = instance(seed, apart=0.0)

    kinks = Kinks(X, X @ X.T, on_kink)

    both = on_kink[:, 0] & on_kink[:, 1]
    assert [*zip(*kinks.dependent, strict=True)] == [(j, 1) for j in np.flatnonzero(both)]


def test_more_kinks_than_features_depend_on_the_first():
    X = np.random.default_rng(0).normal(size=(5, 3))

    kinks = Kinks(X, X @ X.T, np.ones((2, 5), bool))

    assert [*zip(*kinks.dependent, strict=True)] == [(0, 3), (0, 4), (1, 3), (1, 4)]


def test_no_kinks_change_nothing():
    X = np.eye(3)
    kinks = Kinks(X, X @ X.T, np.zeros((2, 3), bool))

    D, coefficients = kinks.take_out(np.ones((2, 3)))

    assert (D == 1.0).all() and not coefficients.size
    assert not kinks.inner_products(np.ones((2, 3)), np.arange(3)).any()
