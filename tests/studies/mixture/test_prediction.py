"""Predictions for the Gaussian mixture against simulations of it."""

import numpy as np
import pytest
from scipy.special import ndtr

from kkt_unlearning.datasets import mixture
from kkt_unlearning.datasets.geometry import sign_agreement
from kkt_unlearning.studies.mixture.prediction import (
    bayes_accuracy,
    max_margin_accuracy,
    sign_share,
    squared_mean,
)

CELLS = [(100, -0.2), (100, 0.0), (1000, -0.1), (1000, 0.05)]


def clusters(dimension, separation, samples=20, replicates=40, fresh_samples=0):
    return mixture.generate(
        samples=samples,
        dimension=dimension,
        separation=separation,
        fresh_samples=fresh_samples,
        replicates=replicates,
        seed=5,
    )


@pytest.mark.parametrize("dimension, separation", CELLS)
def test_signs_tell_the_classes_as_often_as_predicted(dimension, separation):
    data = clusters(dimension, separation, replicates=150)
    shares = sign_agreement(data.X, data.y)
    error = shares.std(ddof=1) / np.sqrt(len(shares))
    # Beyond the standard error, the third moment that the normal law leaves out: of order 1/√d.
    assert abs(shares.mean() - sign_share(dimension, separation)) < 4 * error + 0.1 / dimension**0.5


@pytest.mark.parametrize("dimension, separation", [(100, 0.0), (400, 0.1)])
def test_mean_and_variance_of_an_inner_product(dimension, separation):
    data = clusters(dimension, separation, samples=2, replicates=1000)
    z = data.y.prod(axis=1) * np.einsum("sd,sd->s", data.X[:, 0], data.X[:, 1])
    size = float(squared_mean(dimension, separation))
    assert z.mean() == pytest.approx(size, abs=5 * z.std() / np.sqrt(z.size))
    assert z.var() == pytest.approx((1 + 2 * size) / dimension, rel=0.2)


@pytest.mark.parametrize("dimension, separation", CELLS)
def test_accuracy_of_the_rule_that_knows_the_mean(dimension, separation):
    # y⟨μ, x⟩ has mean ‖μ‖² and deviation ‖μ‖/√d.
    rng, size = np.random.default_rng(1), np.sqrt(squared_mean(dimension, separation))
    along = size + rng.standard_normal(20_000) / np.sqrt(dimension)
    assert (along > 0).mean() == pytest.approx(bayes_accuracy(dimension, separation), abs=0.02)


@pytest.mark.parametrize("dimension, separation", CELLS)
def test_accuracy_of_the_max_margin_classifier(dimension, separation):
    # All samples at margin exactly 1: the least-norm solution, which is max-margin where all support it.
    data = clusters(dimension, separation, fresh_samples=200)
    accuracies = []
    for X, y, X_fresh, y_fresh in zip(data.X, data.y, data.X_fresh, data.y_fresh, strict=True):
        w = np.linalg.lstsq(X, y, rcond=None)[0]
        accuracies.append((X_fresh @ w * y_fresh > 0).mean())
    predicted = max_margin_accuracy(20, dimension, separation)
    assert np.mean(accuracies) == pytest.approx(predicted, abs=0.025)


def test_limits():
    assert sign_share(10**8, 0.1) == pytest.approx(1)
    assert sign_share(10**8, -0.2) == pytest.approx(0.5, abs=1e-3)
    assert max_margin_accuracy(20, 20, 0.1) == 0.5
    assert bayes_accuracy(10**8, -0.25) == pytest.approx(ndtr(1.0))
