"""Near-orthogonality and rank against cases worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkt_unlearning.datasets import gaussian, geometry
from kkt_unlearning.datasets.dataset import Dataset
from kkt_unlearning.datasets.geometry import (
    describe,
    explained_parts,
    gram_spectrum,
    near_orthogonality,
    sign_agreement,
)


def rotation(seed, dimension):
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((dimension, dimension)))[0]


def single(X, y):
    X = np.asarray(X, float)
    fresh = np.empty((1, 0, X.shape[1]))
    return {
        key: value.item()
        for key, value in describe(
            Dataset(X[None], np.asarray(y, float)[None], fresh, np.empty((1, 0)))
        ).items()
    }


@given(st.integers(0, 10**6), st.integers(2, 8), st.integers(1, 9))
def test_rows_centred_by_their_own_mean_are_never_diagonally_dominant(seed, m, dimension):
    """Proposition 3 of docs/questions/natural.md, for lengths that differ a lot as well."""
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(m, dimension)) * rng.lognormal(size=(m, 1))
    Z -= Z.mean(axis=0)
    X = Z / np.linalg.norm(Z, axis=1, keepdims=True)
    assert (m - 1) * near_orthogonality(X)[1] >= 1 - 1e-9
    off = np.abs(X @ X.T).sum(axis=1) - 1
    assert off[np.argmax(np.linalg.norm(Z, axis=1))] >= 1 - 1e-9


def test_only_a_regular_simplex_reaches_that():
    Z = np.eye(5) - 0.2
    X = Z / np.linalg.norm(Z, axis=1, keepdims=True)
    assert 4 * near_orthogonality(X)[1] == pytest.approx(1.0)


def test_orthonormal_rows():
    found = single(rotation(0, 7)[:4], [1, -1, 1, -1])
    assert found["psi"] < 1e-14 and found["phi"] < 1e-14
    assert found["gram_condition"] == pytest.approx(1, abs=1e-12)
    assert found["rank"] == 4


def test_orthogonal_rows_of_different_length():
    found = single([[2, 0, 0], [0, 0.5, 0]], [1, -1])
    expected = {"psi": 3, "phi": 0, "gram_condition": 16, "rank": 2, "explained": 0}
    assert found == expected | {"sign_agreement": 0}


def test_a_point_that_occurs_twice():
    found = single([[1, 0, 0], [0, 1, 0], [1, 0, 0]], [1, -1, 1])
    assert (found["psi"], found["phi"], found["rank"]) == (0, 1, 2)
    assert found["gram_condition"] == np.inf


def test_rank_survives_a_condition_that_the_gram_matrix_hides():
    # cond(XXᵀ) = 1e20 is beyond float64, cond(X) = 1e10 is not.
    condition, rank = gram_spectrum(np.diag([1.0, 1e-10]))
    assert rank == 2 and condition == pytest.approx(1e20)


def test_condition_is_that_of_the_gram_matrix():
    X = np.random.default_rng(5).standard_normal((3, 4, 9))
    condition, rank = gram_spectrum(X)
    assert condition == pytest.approx(np.linalg.cond(X @ X.transpose(0, 2, 1)), rel=1e-10)
    assert rank.tolist() == [4, 4, 4]


def test_each_replicate_is_described_by_itself():
    y = np.array([1.0, -1.0, 1.0, -1.0])
    X = np.stack([np.eye(4), 3 * np.eye(4)])
    found = describe(Dataset(X, np.stack([y, y]), np.empty((2, 0, 4)), np.empty((2, 0))))
    assert list(found) == [*("psi", "phi", "gram_condition", "rank", "explained", "sign_agreement")]
    assert found["psi"].tolist() == [0, 8] and found["phi"].tolist() == [0, 0]
    assert found["rank"].dtype.kind == "i"


def test_the_part_of_a_point_that_the_others_explain():
    # Of (1, 1, 0)/√2 the span of e_2 and e_3 holds one half; e_2 is explained by nothing but that point.
    X = np.array([[1.0, 1.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 0.1]])
    np.testing.assert_allclose(explained_parts(X), [0.5, 0.5, 0.0], atol=1e-14)


def test_points_that_occur_twice_are_explained():
    np.testing.assert_allclose(
        explained_parts(np.array([[1.0, 2.0], [1.0, 2.0], [2.0, -1.0]])), [1, 1, 0], atol=1e-14
    )


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.9])
def test_equicorrelated_points_explain_each_other_as_in_the_closed_form(rho):
    m = 6
    X = np.linalg.cholesky((1 - rho) * np.eye(m) + rho)
    expected = (m - 1) * rho**2 / (1 + (m - 2) * rho)
    np.testing.assert_allclose(explained_parts(X), expected, atol=1e-13)


def test_the_explained_part_is_that_of_the_inverse_gram_matrix():
    X = np.random.default_rng(3).standard_normal((5, 40))
    gram = X @ X.T
    expected = 1 - 1 / (np.diag(gram) * np.diag(np.linalg.inv(gram)))
    np.testing.assert_allclose(explained_parts(X), expected, rtol=1e-10)


@pytest.mark.parametrize(("samples", "dimension"), [(12, 30), (12, 12), (12, 11), (30, 12)])
def test_the_explained_part_is_that_of_least_squares(samples, dimension):
    X = np.random.default_rng(samples + dimension).standard_normal((samples, dimension))
    X[3] = X[4] + 1e-3 * X[5] - X[6]  # in the span of others, whatever the dimension
    expected = np.ones(samples)
    for i, x in enumerate(X):
        others = np.delete(X, i, axis=0)
        residual = x - others.T @ np.linalg.lstsq(others.T, x, rcond=None)[0]
        expected[i] -= (residual @ residual) / (x @ x)
    np.testing.assert_allclose(explained_parts(X), expected, rtol=0, atol=1e-10)


def test_signs_that_tell_the_classes():
    X = np.array([[1.0, 0.1], [1.0, -0.1], [-1.0, 0.0]])
    assert sign_agreement(X, np.array([1.0, 1.0, -1.0])) == 1
    assert sign_agreement(X, np.array([1.0, -1.0, -1.0])) == pytest.approx(1 / 3)


@pytest.mark.parametrize("entries", [1, 60, 10**6])
@given(seed=st.integers(0, 1000))
def test_pairs_are_looked_at_in_blocks(entries, seed):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(2, 9, 4)), rng.choice([-1.0, 1.0], size=(2, 9))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(geometry, "WORK_ARRAY", entries)
        psi, phi = near_orthogonality(X)
        agreement = sign_agreement(X, y)
    first, second = np.triu_indices(9, 1)
    for s in range(2):
        products = (X[s] @ X[s].T)[first, second]
        assert phi[s] == pytest.approx(np.abs(products).max(), rel=1e-12)
        assert psi[s] == pytest.approx(np.abs((X[s] ** 2).sum(axis=1) - 1).max(), rel=1e-12)
        agreeing = products * y[s][first] * y[s][second] > 0
        assert agreement[s] == pytest.approx(agreeing.mean(), rel=1e-12)


def test_high_dimension_has_full_rank_and_is_near_orthogonal():
    sizes = {"samples": 6, "dimension": 10_000, "fresh_samples": 0, "replicates": 2, "seed": 6}
    found = describe(gaussian.generate(**sizes))
    # ψ and φ are maxima of a few normals with deviations √(2/d) and √(1/d).
    assert np.all(found["psi"] < 5 * np.sqrt(2 / 10_000))
    assert np.all(found["phi"] < 5 * np.sqrt(1 / 10_000))
    assert found["rank"].tolist() == [6, 6]


seeds = st.integers(0, 10_000)


@given(seeds, st.integers(2, 8), st.integers(1, 8))
def test_near_orthogonality_bounds_every_entry_of_the_gram_matrix(seed, samples, dimension):
    X = np.random.default_rng(seed).standard_normal((samples, dimension))
    psi, phi = near_orthogonality(X)
    bounds = [[psi if i == j else phi for j in range(samples)] for i in range(samples)]
    deviations = np.abs(X @ X.T - np.eye(samples))
    assert np.all(deviations <= np.array(bounds) + 1e-12)
    assert np.isclose(deviations.max(), max(psi, phi))


@given(seeds, st.integers(2, 5), st.integers(2, 6))
def test_a_rotation_changes_nothing(seed, samples, dimension):
    X = np.random.default_rng(seed).standard_normal((samples, dimension))
    rotated = X @ rotation(seed + 1, dimension)
    assert np.allclose(near_orthogonality(X), near_orthogonality(rotated), rtol=0, atol=1e-12)
    assert gram_spectrum(X)[1] == gram_spectrum(rotated)[1]


def test_of_many_points_only_those_outside_the_span_of_the_others_are_not_explained():
    rng = np.random.default_rng(0)
    X = np.zeros((40, 6))
    X[:, :4] = rng.standard_normal((40, 4))
    X[7, 5] = 2.0  # the only one with a part there
    expected = np.ones(40)
    expected[7] = np.sum(X[7, :4] ** 2) / np.sum(X[7] ** 2)
    np.testing.assert_allclose(explained_parts(X), expected, rtol=1e-12)


@pytest.mark.parametrize("operations", [0, 1500, np.inf])
@given(seed=st.integers(0, 1000))
def test_of_many_samples_the_longest_are_looked_at(operations, seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(20, 3)) * rng.uniform(0.5, 3.0, size=(20, 1))
    told = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(geometry, "WORK_ARRAY", 60)
        psi, phi, all_pairs = geometry.near_orthogonality_of_many(X, operations, told.append)
    products = np.abs(X @ X.T)
    lengths = np.diagonal(products).copy()
    expected_psi, expected = near_orthogonality(X)
    assert psi == pytest.approx(expected_psi, rel=1e-12)
    np.fill_diagonal(products, 0.0)
    longest = np.argsort(-lengths)[:1]
    assert products[longest].max() * (1 - 1e-12) <= phi <= expected * (1 + 1e-12)
    if operations == 0 and not all_pairs:
        assert phi == pytest.approx(products[longest].max(), rel=1e-12)
    if all_pairs:
        assert phi == pytest.approx(expected, rel=1e-12)
    assert all_pairs or operations < np.inf
    assert told == sorted(told)
    assert 0 < told[-1] <= 1


def test_all_pairs_within_the_operations_are_looked_at(monkeypatch):
    """Samples of one length, the largest product between the two that come last: nothing ends it before."""
    monkeypatch.setattr(geometry, "WORK_ARRAY", 50)
    X = np.eye(30)
    X[-1, -2:] = 0.6, 0.8
    taken = 30 * 31 * (30 + geometry._A_PAIR)  # at most, twice the pairs
    assert geometry.near_orthogonality_of_many(X, taken) == (
        pytest.approx(0.0, abs=1e-15),
        0.6,
        True,
    )
    assert geometry.near_orthogonality_of_many(X, taken / 4)[1:] == (0.0, False)


def test_a_product_that_no_shorter_samples_reach_is_of_all_pairs():
    X = np.vstack([[[3.0, 0.0], [2.0, 1.0]], np.eye(2), np.eye(2)])
    assert geometry.near_orthogonality_of_many(X, 0) == (8.0, 6.0, True)
    alone = np.vstack([[[0.0, 3.0, 0.0]], np.array([[1.0, 0.0, 0.0]] * 4)])
    assert geometry.near_orthogonality_of_many(alone, 0) == (8.0, 0.0, False)
