"""The two classes of the mixture have means ±μ of the stated length and noise of norm about 1."""

import numpy as np
import pytest

from kkt_unlearning.datasets.mixture import generate
from kkt_unlearning.errors import DataError


def points(**changes):
    sizes = {"samples": 400, "dimension": 64, "separation": 0.1, "fresh_samples": 400}
    return generate(**(sizes | {"replicates": 10, "seed": 3} | changes))


def class_means(X, y):
    """Mean of ``y_i x_i``, ``(S, d)``: μ plus noise of variance ``1/(d m)`` in each coordinate."""
    return np.mean(y[:, :, None] * X, axis=1)


@pytest.mark.parametrize("separation", [-0.25, 0.0, 0.2])
def test_means_have_the_stated_length(separation):
    dataset = points(separation=separation)
    squared = np.sum(class_means(dataset.X, dataset.y) ** 2, axis=1)
    # E‖mean‖² = ‖μ‖² + 1/m; its variance is at most 4‖μ‖²/(d m) + 2/(d m²).
    expected = 64 ** (2 * separation - 0.5) + 1 / 400
    error = np.sqrt(4 * expected / (64 * 400) + 2 / (64 * 400**2))
    assert np.max(np.abs(squared - expected)) < 5 * error


def test_fresh_samples_come_from_the_same_mean():
    dataset = points(samples=50, fresh_samples=50, replicates=100)
    gap = class_means(dataset.X, dataset.y) - class_means(dataset.X_fresh, dataset.y_fresh)
    # The gap is the difference of two means of noise: variance (1/m + 1/t)/d in each coordinate.
    variance = (1 / 50 + 1 / 50) / 64
    assert abs(np.mean(gap**2) / variance - 1) < 5 * np.sqrt(2 / gap.size)


def test_each_replicate_has_a_direction_of_its_own():
    means = class_means(points(separation=0.25).X, points(separation=0.25).y)
    directions = means / np.linalg.norm(means, axis=1, keepdims=True)
    cosines = (directions @ directions.T)[~np.eye(10, dtype=bool)]
    assert np.max(np.abs(cosines)) < 5 / np.sqrt(64)


def test_noise_has_norm_about_one():
    dataset = points()
    noise = dataset.X - dataset.y[:, :, None] * class_means(dataset.X, dataset.y)[:, None]
    squared = np.sum(noise**2, axis=2)
    # E‖g‖² = 1 with variance 2/d; estimating the mean takes 1/m of it.
    assert abs(squared.mean() - (1 - 1 / 400)) < 5 * np.sqrt(2 / 64 / squared.size)


def test_labels_are_uniform():
    dataset = points(samples=500, fresh_samples=500)
    assert abs(dataset.y.mean()) < 5 / np.sqrt(dataset.y.size)
    assert abs(dataset.y_fresh.mean()) < 5 / np.sqrt(dataset.y_fresh.size)


def test_labels_of_two_samples_take_both_orders():
    y = points(samples=2, replicates=40).y
    assert np.all(y.sum(axis=1) == 0) and set(y[:, 0]) == {1.0, -1.0}


@pytest.mark.parametrize("separation", [-0.6, 0.51, float("inf"), float("nan")])
def test_separation_outside_its_range(separation):
    with pytest.raises(DataError, match=f"^separation is {separation}, but must lie between -0.5"):
        points(separation=separation)
