"""Distances, flips and accuracy by hand."""

import numpy as np
import pytest
from builders import EPS
from hypothesis import given
from hypothesis import strategies as st

from kkt_unlearning.metrics import accuracy, activation_flips, cosine_distance
from kkt_unlearning.networks import Linear, TwoLayer
from kkt_unlearning.problem import Problem


@pytest.mark.parametrize("angle", [0.0, 1e-9, 1e-6, 1e-3, 0.5, 1.0, 2.0, 3.0, np.pi])
def test_cosine_distance_keeps_the_digits_of_small_angles(angle):
    W, V = np.array([[1.0, 0.0]]), 3.0 * np.array([[np.cos(angle), np.sin(angle)]])
    # 1 − cos φ = 2 sin²(φ/2); an angle is only known to eps, so its square to 2 eps / φ.
    expected = 2 * np.sin(angle / 2) ** 2
    assert cosine_distance(W, V) == pytest.approx(expected, rel=1e-6, abs=4 * EPS**2)


@given(st.floats(1e-3, 1e3), st.integers(0, 10**6))
def test_cosine_distance_knows_no_scale(scale, seed):
    W, V = np.random.default_rng(seed).normal(size=(2, 3, 4))
    expected = 1 - (W * V).sum() / np.linalg.norm(W) / np.linalg.norm(V)
    assert cosine_distance(W, scale * V) == pytest.approx(expected, abs=1e-14)


def test_cosine_distance_of_a_batch():
    W = np.random.default_rng(0).normal(size=(5, 3, 4))
    found = cosine_distance(W, W[::-1])
    assert found.shape == (5,)
    assert found[2] == 0.0
    assert found[1] == pytest.approx(float(cosine_distance(W[1], W[3])), rel=1e-14)


def test_flips_count_entries():
    problem = Problem(TwoLayer(2), np.eye(3), np.ones(3))
    W = np.array([[1.0, -1.0, 0.0], [1.0, 1.0, 1.0]])
    V = np.array([[1.0, 1.0, 0.5], [1.0, 1.0, 0.0]])
    assert activation_flips(problem, W, V) == 3
    assert activation_flips(problem, W, W) == 0
    assert activation_flips(Problem(Linear(), np.eye(3), np.ones(3)), W[:1], -W[:1]) == 0


def test_flips_of_a_batch_count_the_samples_kept():
    problem = Problem(TwoLayer(2), np.eye(3), np.ones(3))
    W = np.array([[1.0, -1.0, 0.0], [1.0, 1.0, 1.0]])
    V = np.array([[[1.0, 1.0, 0.5], [1.0, 1.0, 0.0]], [[1.0, -1.0, 0.0], [0.0, 1.0, 1.0]]])
    np.testing.assert_array_equal(activation_flips(problem, W, V), [3, 1])
    keep = np.array([[True, True, False], [False, True, True]])
    np.testing.assert_array_equal(activation_flips(problem, W, V, keep), [1, 0])
    np.testing.assert_array_equal(activation_flips(problem, W, V, keep[:1]), [1, 1])


def test_accuracy_of_a_batch_is_one_number_a_network():
    outputs = np.array([[[1.0, -2.0], [-1.0, -2.0]], [[1.0, 2.0], [-1.0, 2.0]]])
    np.testing.assert_array_equal(
        accuracy(outputs, np.array([1.0, -1.0])), [[1.0, 0.5], [0.5, 0.0]]
    )
    empty = accuracy(np.empty((2, 3, 0)), np.empty(0))
    assert empty.shape == (2, 3) and np.isnan(empty).all()


def test_accuracy_counts_outputs_of_the_right_sign():
    assert accuracy(np.array([1.0, -2.0, 3.0, 0.0]), np.array([1.0, -1.0, -1.0, 1.0])) == 0.5
    assert np.isnan(accuracy(np.zeros(0), np.zeros(0)))


@pytest.mark.parametrize("unit", [1e-8, 1.0, 1e8])
def test_the_sign_of_round_off_is_no_prediction(unit):
    outputs, y = unit * np.array([1.0, 1e-17, -1e-17, -1e-9]), np.array([1.0, 1.0, 1.0, -1.0])
    assert accuracy(outputs, y) == accuracy(-outputs, -y) == 0.5
    assert accuracy(outputs, -y) == 0.0
