"""Correlation structure of √ρ z + √(1-ρ) g_i."""

import numpy as np
import pytest

from kkt_unlearning.datasets import gaussian
from kkt_unlearning.datasets.equicorrelated import generate
from kkt_unlearning.errors import DataError

SIZES = {"samples": 5, "dimension": 60, "fresh_samples": 3, "replicates": 400, "seed": 2}


def within_standard_errors(values, expected, errors=5):
    """Whether the mean over replicates, axis 0, is ``expected`` to so many standard errors."""
    standard_error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    return bool(np.all(np.abs(values.mean(axis=0) - expected) < errors * standard_error))


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.9])
def test_gram_matrix_is_one_on_the_diagonal_and_rho_off_it(correlation):
    X = generate(**SIZES, correlation=correlation).X
    expected = (1 - correlation) * np.eye(5) + correlation
    assert within_standard_errors(X @ X.transpose(0, 2, 1), expected)


def test_fresh_samples_have_the_same_correlation_with_training_samples():
    dataset = generate(**SIZES, correlation=0.6)
    assert within_standard_errors(dataset.X_fresh @ dataset.X.transpose(0, 2, 1), 0.6)


def test_replicates_are_uncorrelated():
    X = generate(**SIZES, correlation=0.6).X
    assert within_standard_errors(np.sum(X[:-1, 0] * X[1:, 0], axis=1), 0.0)


def test_without_correlation_the_data_are_those_of_gaussian():
    ours, theirs = generate(**SIZES, correlation=0.0), gaussian.generate(**SIZES)
    assert np.array_equal(ours.X, theirs.X) and np.array_equal(ours.y, theirs.y)


def test_a_sweep_keeps_the_same_noise():
    # x_i - x_j = √(1-ρ) (g_i - g_j) has no trace of z.
    low, high = (generate(**SIZES, correlation=rho).X for rho in (0.19, 0.91))
    difference = (low[:, 0] - low[:, 1]) / 0.9 - (high[:, 0] - high[:, 1]) / 0.3
    assert np.max(np.abs(difference)) < 1e-13


@pytest.mark.parametrize("correlation", [-0.1, 1.0, float("nan")])
def test_correlation_outside_its_range(correlation):
    with pytest.raises(DataError, match=f"^correlation is {correlation}, but must be at least 0 a"):
        generate(**SIZES, correlation=correlation)
