"""Correlation structure of √ρ z_k + √(1-ρ) g_i."""

import numpy as np
import pytest

from kkt_unlearning.datasets import equicorrelated, gaussian
from kkt_unlearning.datasets.blocks import generate
from kkt_unlearning.errors import DataError

SIZES = {"samples": 6, "dimension": 60, "fresh_samples": 4, "replicates": 400, "seed": 2}


def within_standard_errors(values, expected, errors=5):
    standard_error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    return bool(np.all(np.abs(values.mean(axis=0) - expected) < errors * standard_error))


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("correlation", [0.0, 0.6])
def test_points_are_correlated_within_their_block_only(size, correlation):
    X = generate(**SIZES, block_size=size, correlation=correlation).X
    same = np.kron(np.eye(6 // size), np.ones((size, size)))
    expected = correlation * same + (1 - correlation) * np.eye(6)
    assert within_standard_errors(X @ X.transpose(0, 2, 1), expected)


def test_fresh_samples_belong_to_the_blocks_in_turn():
    dataset = generate(**SIZES, block_size=3, correlation=0.6)
    expected = 0.6 * np.array([[k == i // 3 for i in range(6)] for k in (0, 1, 0, 1)])
    assert within_standard_errors(dataset.X_fresh @ dataset.X.transpose(0, 2, 1), expected)


def test_one_block_gives_the_data_of_equicorrelated():
    ours = generate(**SIZES, block_size=6, correlation=0.7)
    theirs = equicorrelated.generate(**SIZES, correlation=0.7)
    assert np.array_equal(ours.X, theirs.X) and np.array_equal(ours.X_fresh, theirs.X_fresh)


def test_without_correlation_the_data_are_those_of_gaussian():
    ours, theirs = (
        generate(**SIZES, block_size=2, correlation=0.0),
        gaussian.generate(**SIZES),
    )
    assert np.array_equal(ours.X, theirs.X) and np.array_equal(ours.y, theirs.y)


@pytest.mark.parametrize("size", [0, -2, 4, 12])
def test_blocks_that_do_not_divide_the_samples(size):
    with pytest.raises(DataError, match=f"^block_size is {size}, but must divide the 6 samples"):
        generate(**SIZES, block_size=size, correlation=0.5)


@pytest.mark.parametrize("correlation", [-0.1, 1.0, float("nan")])
def test_correlation_outside_its_range(correlation):
    with pytest.raises(DataError, match=f"^correlation is {correlation}, but must be at least 0 a"):
        generate(**SIZES, block_size=2, correlation=correlation)
