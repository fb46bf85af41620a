"""Digits: which images are drawn, how they are scaled, and what is refused."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from kkt_unlearning.datasets.digits import generate
from kkt_unlearning.errors import DataError


def digits(**changes):
    settings = {"classes": [3, 8], "samples": 21, "fresh_samples": 50, "replicates": 3, "seed": 4}
    return generate(**(settings | changes))


def count(digit):
    return int(np.sum(load_digits().target == digit))


def test_rows_have_unit_norm():
    dataset = digits()
    assert np.allclose(np.linalg.norm(dataset.X, axis=2), 1, rtol=0, atol=1e-14)
    assert np.allclose(np.linalg.norm(dataset.X_fresh, axis=2), 1, rtol=0, atol=1e-14)


def test_labels_alternate_and_are_balanced_as_far_as_possible():
    assert np.array_equal(digits().y, np.tile([1.0, -1.0], 11)[None, :21].repeat(3, axis=0))


def test_rows_are_the_centred_images_of_the_two_digits():
    # All images are drawn, so the mean is known here and each row can be looked up.
    pixels, target = load_digits(return_X_y=True)
    chosen = np.isin(target, (3, 8))
    centred = pixels[chosen] - pixels[chosen].mean(axis=0)
    unit = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    dataset = digits(samples=int(chosen.sum()), replicates=1)
    nearest = np.argmin(np.linalg.norm(dataset.X[0][:, None] - unit[None], axis=2), axis=1)
    assert np.allclose(dataset.X[0], unit[nearest], rtol=0, atol=1e-12)
    assert sorted(nearest) == list(range(len(unit)))
    assert np.array_equal(dataset.y[0] == 1, target[chosen][nearest] == 3)


def test_fresh_samples_are_centred_by_the_training_mean():
    # With one image left over, the mean of all others is known for each candidate.
    pixels, target = load_digits(return_X_y=True)
    pixels, target = pixels[np.isin(target, (3, 8))], target[np.isin(target, (3, 8))]
    others = (pixels.sum(axis=0) - pixels) / (len(pixels) - 1)
    unit = (pixels - others) / np.linalg.norm(pixels - others, axis=1, keepdims=True)
    dataset = digits(samples=len(pixels) - 1, fresh_samples=1)
    gaps = np.linalg.norm(dataset.X_fresh - unit, axis=2)
    assert np.max(gaps.min(axis=1)) < 1e-12
    assert np.array_equal(dataset.y_fresh[:, 0] == 1, target[gaps.argmin(axis=1)] == 3)


def test_the_training_mean_is_taken_off_all_rows():
    # Σ_i n_i x_i = 0 with norms n_i > 0, so one dimension is lost.
    assert np.linalg.matrix_rank(digits(samples=10).X).tolist() == [9, 9, 9]


def test_fresh_samples_are_those_left_over_and_no_more():
    available = count(3) + count(8)
    dataset = digits(samples=available - 7, fresh_samples=50)
    assert dataset.X_fresh.shape == (3, 7, 64)
    everything = np.concatenate([dataset.X, dataset.X_fresh], axis=1)
    assert all(len(np.unique(rows.round(9), axis=0)) == available for rows in everything)


@pytest.mark.parametrize("classes", [[0, 8], [8, 0]])
def test_the_smaller_class_is_used_up_where_it_has_less_than_half(classes):
    y = digits(classes=classes, samples=2 * count(8) + 3, replicates=1).y[0]
    expected = {0: count(8) + 3, 8: count(8)}
    assert [np.sum(y == 1), np.sum(y == -1)] == [expected[digit] for digit in classes]


def test_fresh_samples_have_both_classes_of_the_images_left_over():
    y_fresh = digits(fresh_samples=10_000).y_fresh
    assert np.all(np.sum(y_fresh == 1, axis=1) == count(3) - 11)
    assert np.all(np.sum(y_fresh == -1, axis=1) == count(8) - 10)


def test_the_first_class_is_the_positive_one():
    there, back = digits(classes=[3, 8], samples=20), digits(classes=[8, 3], samples=20)
    similarity = np.mean(there.X[:, there.y[0] == 1], axis=1) * np.mean(
        back.X[:, back.y[0] == -1], axis=1
    )
    assert np.all(similarity.sum(axis=1) > 0.05)


def test_more_samples_than_images():
    available = count(3) + count(8)
    sentence = f"samples is {available + 1}, but the digits 3 and 8 have {available} images: lower"
    with pytest.raises(DataError, match=sentence):
        digits(samples=available + 1)


def test_a_group_of_one_digit_is_that_digit():
    alone, group = digits(classes=[3, 8]), digits(classes=[[3], [8]])
    for name in ("X", "y", "X_fresh", "y_fresh"):
        assert np.array_equal(getattr(alone, name), getattr(group, name))


def test_a_group_has_the_images_of_all_its_digits():
    # All 1797 images are drawn, so each row can be looked up.
    pixels, target = load_digits(return_X_y=True)
    unit = pixels - pixels.mean(axis=0)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    groups = [[0, 2, 4, 6, 8], [1, 3, 5, 7, 9]]
    dataset = digits(classes=groups, samples=len(unit), fresh_samples=0, replicates=1)
    nearest = np.argmax(dataset.X[0] @ unit.T, axis=1)
    assert np.allclose(dataset.X[0], unit[nearest], rtol=0, atol=1e-12)
    assert sorted(nearest) == list(range(len(unit)))
    assert np.array_equal(dataset.y[0] == 1, target[nearest] % 2 == 0)


def test_more_samples_than_a_group_has_images():
    available = count(3) + count(8) + count(9)
    sentence = (
        f"samples is {available + 1}, but the digits 3 and 8, 9 have {available} images: lower"
    )
    with pytest.raises(DataError, match=sentence):
        digits(classes=[3, [8, 9]], samples=available + 1)


@pytest.mark.parametrize(
    "classes",
    [
        *([3, 3], [3, 10], [-1, 3], [3], [1, 2, 3], [3, 8.5], [3, "8"]),
        *([[3], [3]], [[1, 3], [3, 8]], [[1, 1], [2]], [[], [1]], [[1, 10], [2]], [[[1]], [2]]),
    ],
)
def test_classes_that_are_not_two_different_digits_or_groups(classes):
    with pytest.raises(
        DataError, match=r"^classes is .*, but must be two different digits, each from 0 to 9, or"
    ):
        digits(classes=classes)
