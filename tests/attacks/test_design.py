"""Random halves of a pool, and initial weights drawn in span coordinates."""

import numpy as np
import pytest
from builders import ROUND_OFF, one_sentence
from hypothesis import given
from hypothesis import strategies as st

from kkt_unlearning.attacks.design import inclusion, shadow_weights, span_of_pool
from kkt_unlearning.errors import DataError


@given(st.integers(8, 15), st.integers(1, 4), st.integers(2, 4), st.integers(0, 1000))
def test_half_of_each_fold_holds_each_sample(samples, halves, folds, seed):
    models = 2 * folds * halves
    member = inclusion(samples, models, folds, np.random.default_rng(seed))
    assert member.sum(axis=1).min() >= 2
    fold = np.arange(models) // (models // folds)
    for f in range(folds):
        np.testing.assert_array_equal(member[fold == f].sum(axis=0), halves)


def test_samples_are_drawn_independently_of_each_other():
    member = inclusion(40, 4000, 2, np.random.default_rng(0)).astype(float)
    correlation = np.corrcoef(member.T) - np.eye(40)
    assert np.abs(correlation).max() < 5 / np.sqrt(4000)


def test_uneven_folds_are_refused():
    with pytest.raises(DataError) as error:
        inclusion(10, 12, 4, np.random.default_rng(0))
    assert "multiples of 2 × folds = 8" in one_sentence(error)


def test_pools_that_are_too_small_are_refused():
    with pytest.raises(DataError) as error:
        inclusion(2, 64, 2, np.random.default_rng(0))
    assert "raise it" in one_sentence(error)


def test_the_pool_keeps_its_inner_products():
    X = np.random.default_rng(0).normal(size=(5, 20))
    spanned = span_of_pool(X)
    assert spanned.shape == (5, 6)
    np.testing.assert_allclose(spanned @ spanned.T, X @ X.T, atol=20 * ROUND_OFF)


@pytest.mark.parametrize("dimension", [6, 50, 10**6])
def test_rows_have_the_law_of_gaussian_vectors(dimension):
    """``‖w‖²/scale²`` is χ²_d/d, and so is each coordinate inside; two equal neurons do not occur."""
    W0 = shadow_weights(200, 50, dimension, 7, 0.3, np.random.default_rng(1))
    squared = (W0**2).sum(axis=2) / 0.09
    error = 5 * np.sqrt(2 / dimension / squared.size)
    assert abs(squared.mean() - 1) < error + 1e-12
    assert abs(squared.var() * dimension / 2 - 1) < 0.2
    inside = W0[..., :6] * np.sqrt(dimension) / 0.3
    assert abs((inside**2).mean() - 1) < 5 * np.sqrt(2 / inside.size)
    assert abs(inside.mean()) < 5 / np.sqrt(inside.size)
    assert (W0[..., 6] == 0).all() if dimension == 6 else (W0[..., 6] > 0).all()


def test_weights_do_not_depend_on_how_many_models_there_are():
    few, many = (shadow_weights(K, 4, 30, 7, 0.1, np.random.default_rng(2)) for K in (2, 5))
    np.testing.assert_array_equal(few, many[:2])
