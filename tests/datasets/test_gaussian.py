"""Moments of N(0, I_d/d), within five standard errors at a fixed seed."""

import numpy as np
from scipy.stats import kstest

from kkt_unlearning.datasets.gaussian import generate, span_points
from kkt_unlearning.datasets.sampling import gaussian_points


def points(**changes):
    sizes = {"samples": 40, "dimension": 50, "fresh_samples": 0, "replicates": 50, "seed": 1}
    return generate(**(sizes | changes))


def test_coordinates_have_mean_zero_and_variance_one_over_d():
    X = points().X
    # n = 100,000 standard normals: the mean has standard error 1/√n, the mean square √(2/n).
    assert abs(np.sqrt(50) * X.mean()) < 5 / np.sqrt(X.size)
    assert abs(50 * np.mean(X**2) - 1) < 5 * np.sqrt(2 / X.size)


def test_points_are_uncorrelated():
    X = points().X
    gram = X @ X.transpose(0, 2, 1)
    pairs = gram[:, ~np.eye(40, dtype=bool)]
    # ⟨x_i, x_j⟩ has variance 1/d, and pairs are uncorrelated; each pair occurs twice.
    assert abs(pairs.mean()) < 5 * np.sqrt(1 / 50 / (pairs.size / 2))
    assert abs(50 * np.mean(pairs**2) - 1) < 0.1


def test_training_labels_alternate():
    assert np.array_equal(points(samples=5, replicates=2).y, [[1, -1, 1, -1, 1]] * 2)


def test_fresh_labels_are_coin_flips_that_features_do_not_tell():
    dataset = points(samples=2, fresh_samples=500, replicates=20)
    flips = dataset.y_fresh
    projections = flips[:, :, None] * dataset.X_fresh
    assert abs(flips.mean()) < 5 / np.sqrt(flips.size)
    assert np.max(np.abs(projections.mean(axis=(0, 1)))) < 5 / np.sqrt(50 * flips.size)


def test_more_samples_keep_the_first_ones():
    assert np.array_equal(points(samples=6).X[:, :4], points(samples=4).X)


def test_points_in_coordinates_of_their_span_have_the_law_of_gaussian_points():
    draws = range(400)
    found = [span_points(np.random.default_rng(s), 3, 7) for s in draws]
    expected = [gaussian_points(np.random.default_rng(1000 + s), 3, 7) for s in draws]
    for entry in ((0, 0), (2, 2), (0, 1), (1, 2)):
        first, second = ([(X @ X.T)[entry] for X in several] for several in (found, expected))
        assert kstest(first, second).pvalue > 0.01
    determinants = [[np.linalg.det(X @ X.T) for X in several] for several in (found, expected)]
    assert kstest(*determinants).pvalue > 0.01
