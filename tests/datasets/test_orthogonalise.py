"""The lift: what it does to the Gram matrix, and what it leaves as it is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkt_unlearning.datasets.dataset import Dataset
from kkt_unlearning.datasets.geometry import near_orthogonality
from kkt_unlearning.datasets.orthogonalise import orthogonalise
from kkt_unlearning.errors import DataError
from kkt_unlearning.kkt.point import kkt_point
from kkt_unlearning.networks import Linear
from kkt_unlearning.problem import Problem


def random_dataset(seed=0, replicates=2, samples=5, dimension=3, fresh=4):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(replicates, samples, dimension))
    y = np.where(np.arange(samples) % 2, -1.0, 1.0)
    X_fresh = rng.normal(size=(replicates, fresh, dimension))
    y_fresh = np.ones((replicates, fresh))
    return Dataset(X, np.tile(y, (replicates, 1)), X_fresh, y_fresh)


def gram(X):
    return X @ np.swapaxes(X, -1, -2)


@given(mixing=st.floats(0, 1), seed=st.integers(0, 1000))
def test_inner_products_are_multiplied_and_norms_stay(mixing, seed):
    dataset = random_dataset(seed)
    lifted = orthogonalise(dataset, mixing)
    G = gram(dataset.X)
    expected = np.where(np.eye(5, dtype=bool), G, mixing * G)
    np.testing.assert_allclose(gram(lifted.X), expected, rtol=0, atol=1e-12)
    between = dataset.X @ np.swapaxes(dataset.X_fresh, -1, -2)
    lifted_between = lifted.X @ np.swapaxes(lifted.X_fresh, -1, -2)
    np.testing.assert_allclose(lifted_between, mixing * between, rtol=0, atol=1e-12)
    norms, lifted_norms = (np.linalg.norm(d.X_fresh, axis=-1) for d in (dataset, lifted))
    np.testing.assert_allclose(lifted_norms, norms, rtol=1e-12)


@pytest.mark.parametrize("mixing", [0.3, 0.01])
def test_phi_falls_in_proportion_and_psi_stays(mixing):
    dataset = random_dataset(samples=8, dimension=2)  # more points than dimensions
    (psi, phi), (lifted_psi, lifted_phi) = (
        near_orthogonality(d.X) for d in (dataset, orthogonalise(dataset, mixing))
    )
    np.testing.assert_allclose(lifted_phi, mixing * phi, rtol=1e-12)
    np.testing.assert_allclose(lifted_psi, psi, rtol=1e-12)


def test_points_become_linearly_independent():
    dataset = random_dataset(samples=8, dimension=2)
    assert np.linalg.matrix_rank(dataset.X).tolist() == [2, 2]
    assert np.linalg.matrix_rank(orthogonalise(dataset, 0.99).X).tolist() == [8, 8]


def test_at_one_nothing_happens_and_at_zero_all_is_orthogonal():
    dataset = random_dataset()
    assert orthogonalise(dataset, 1.0) is dataset
    lifted = orthogonalise(dataset, 0.0)
    assert np.array_equal(near_orthogonality(lifted.X)[1], [0.0, 0.0])
    assert not np.any(lifted.X @ np.swapaxes(lifted.X_fresh, -1, -2))


def test_labels_stay_and_no_fresh_points_are_no_trouble():
    dataset = random_dataset(fresh=0)
    lifted = orthogonalise(dataset, 0.5)
    assert np.array_equal(lifted.y, dataset.y)
    assert lifted.X_fresh.shape == (2, 0, lifted.dimension)
    assert lifted.dimension == 3 + 5 + 1


def test_a_network_in_the_span_predicts_for_lifted_points_what_its_first_coordinates_predict():
    dataset = random_dataset(seed=3, fresh=50)
    t = 0.2
    lifted = orthogonalise(dataset, t)
    coefficients = np.random.default_rng(1).normal(size=(7, 5))
    u = np.array([1, -1, 1, -1, 1, -1, 1.0])
    outputs = [
        u @ np.maximum(coefficients @ points @ fresh.T, 0)
        for points, fresh in (
            (dataset.X[0], dataset.X_fresh[0]),
            (lifted.X[0], lifted.X_fresh[0]),
        )
    ]
    np.testing.assert_allclose(outputs[1], t * outputs[0], rtol=0, atol=1e-12)
    assert len(set(np.sign(outputs[0]).tolist())) == 2


def test_the_most_orthogonal_linear_model_predicts_what_the_sum_of_the_points_predicts():
    dataset = random_dataset(seed=3, fresh=50)
    lifted, X, y = orthogonalise(dataset, 1e-9), dataset.X[0], dataset.y[0]
    problem = Problem(Linear(), lifted.X[0], y)
    (w,) = kkt_point(problem, np.ones((1, 5))).W
    direction = y / (X**2).sum(axis=1) @ X
    found, expected = lifted.X_fresh[0] @ w, dataset.X_fresh[0] @ direction
    np.testing.assert_allclose(found / 1e-9, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("mixing", [-0.1, 1.1, float("nan"), "0.5", True, None])
def test_mixing_outside_its_range(mixing):
    with pytest.raises(DataError, match=r"^mixing is .*, but must be a number between 0 and 1: "):
        orthogonalise(random_dataset(), mixing)
