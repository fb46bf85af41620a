"""The restored network lies in the closed cell it came from, as near as a projection can put it."""

import numpy as np
import pytest
from builders import ROUND_OFF, gaussian, network, planted_pairs, solved
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.certificates import restore as restore_module
from kkt_unlearning.certificates.restore import into_cell, restore
from kkt_unlearning.networks import TwoLayer
from kkt_unlearning.problem import Problem
from kkt_unlearning.unlearning.ascent import unlearn


@settings(max_examples=30)
@given(
    st.integers(0, 6),
    st.sampled_from([4, 8]),
    st.floats(0.0, 2.0),
    st.sets(st.integers(0, 5), min_size=1, max_size=3),
)
def test_restored_networks_lie_in_the_closed_cell_with_every_kink_at_zero(
    seed, width, fraction, forget
):
    problem, _, point = solved(seed, 6, 15, width)
    forget = sorted(forget)
    keep = np.setdiff1d(np.arange(6), forget)
    rest = problem.retain(forget)
    W = unlearn(point, forget, fraction=fraction, allow_idle=True).W
    pattern, kinks = point.pattern[:, keep], point.kinks[:, keep]
    found = restore(rest, W, pattern, kinks)
    P = rest.preactivations(found.W)
    # Round-off of P (size up to 10) times the condition of G, about 30.
    np.testing.assert_allclose(P[found.kinks], 0.0, atol=1e-12)
    assert np.all(((2 * pattern - 1) * P)[~found.kinks] >= 0)
    assert np.all(found.kinks >= kinks)
    # W moved by the normals of its kinks only: the projection onto {P_K = 0}, neuron by neuron.
    for j in range(width):
        normals = rest.X[found.kinks[j]].T
        coefficients = (
            np.linalg.lstsq(normals, W[j], rcond=None)[0] if normals.size else np.zeros(0)
        )
        np.testing.assert_allclose(found.W[j], W[j] - normals @ coefficients, atol=1e-11)


def test_weights_go_into_a_cell_whatever_the_labels_and_output_weights():
    problem, _, point = solved(2, 6, 15, 8)
    W = unlearn(point, [0, 3], fraction=1.5).W
    expected = restore(problem, W, point.pattern, point.kinks, np.arange(6) > 1)
    found = into_cell(problem.X, W, point.pattern, point.kinks, np.arange(6) > 1)
    np.testing.assert_array_equal(found.W, expected.W)
    np.testing.assert_array_equal(found.kinks, expected.kinks)
    other = Problem(TwoLayer(8, (1.0,) * 8), problem.X, -problem.y)
    np.testing.assert_array_equal(
        restore(other, W, point.pattern, point.kinks, np.arange(6) > 1).W, found.W
    )
    assert np.abs(found.W - W).max() > 1e-3  # entries had crossed


def test_projection_is_the_nearest_point_where_nothing_crosses():
    problem, _, point = solved(1, 6, 15, 8)
    W = unlearn(point, [0], fraction=1e-3).W
    rest, pattern, kinks = problem.retain([0]), point.pattern[:, 1:], point.kinks[:, 1:]
    found = restore(rest, W, pattern, kinks)
    np.testing.assert_array_equal(found.kinks, kinks)
    rng = np.random.default_rng(0)
    distance = np.linalg.norm(found.W - W)
    assert distance > 0
    for _ in range(20):  # other points of the same subspace are farther
        other = rng.normal(size=W.shape) * distance
        for j in range(8):
            normals = rest.X[kinks[j]].T
            if normals.size:
                other[j] -= normals @ np.linalg.lstsq(normals, other[j], rcond=None)[0]
        assert np.linalg.norm(found.W + other - W) > distance


def test_a_crossing_by_hand():
    # Unit vectors at right angles. Neuron 0 came with pattern (1, 0) and now has P = (2, 0.5): the
    # second entry crossed and is set to 0, the first stays.
    problem = Problem(network(2), np.eye(2), np.array([1.0, -1.0]))
    W = np.array([[2.0, 0.5], [-1.0, 3.0]])
    pattern = np.array([[1.0, 0.0], [0.0, 1.0]])
    found = restore(problem, W, pattern, np.zeros((2, 2), bool))
    np.testing.assert_allclose(found.W, [[2.0, 0.0], [-1.0, 3.0]], atol=1e-15)
    np.testing.assert_array_equal(found.kinks, [[False, True], [False, False]])


def test_a_crossing_that_is_caused_by_another_ones_projection():
    # cos 45° between the samples: putting P₂ = 0.5 back to 0 lowers P₁ = 0.3 by 0.5/√2 > 0.3.
    X = np.array([[1.0, 0.0], [np.sqrt(0.5), np.sqrt(0.5)]])
    problem = Problem(network(1), X, np.array([1.0, 1.0]))
    W = np.linalg.solve(X, [0.3, 0.5])[None, :]
    found = restore(problem, W, np.array([[1.0, 0.0]]), np.zeros((1, 2), bool))
    assert found.kinks.all()
    np.testing.assert_allclose(found.W, 0.0, atol=1e-15)


@pytest.mark.parametrize("width", [None, 8])
def test_what_is_in_its_cell_already_stays(width):
    problem, _, point = solved(2, 6, 15, width)
    found = restore(problem, point.W, point.pattern, point.kinks)
    np.testing.assert_allclose(found.W, point.W, atol=ROUND_OFF)
    np.testing.assert_array_equal(found.kinks, point.kinks)


def test_the_linear_model_has_nothing_to_restore():
    problem, W = gaussian(0, 4, 6, None)
    found = restore(problem, W, np.ones((1, 4)), np.zeros((1, 4), bool))
    assert found.W is W


def test_restoring_twice_is_restoring_once():
    problem, _, point = solved(3, 6, 15, 8)
    rest, W = problem.retain([1]), unlearn(point, [1]).W
    pattern = np.delete(point.pattern, 1, axis=1)
    once = restore(rest, W, pattern, np.delete(point.kinks, 1, axis=1))
    twice = restore(rest, once.W, pattern, once.kinks)
    np.testing.assert_allclose(twice.W, once.W, atol=ROUND_OFF)


def test_duplicated_points_on_a_kink():
    problem, W, *_, kinks = planted_pairs([0.5], [1.0], 2)
    X, y = problem.X[[0, 1, 1]], problem.y[[0, 1, 1]]
    twice = Problem(problem.network, X, y)
    both, pattern = kinks[:, [0, 1, 1]], problem.pattern(W)[:, [0, 1, 1]]
    pattern = np.where(both, 0.0, pattern)
    moved = W + 0.01 * X[1]
    found = restore(twice, moved, pattern, both)
    once = restore(problem, moved, pattern[:, :2], kinks)
    np.testing.assert_allclose(found.W, once.W, atol=1e-10)
    np.testing.assert_allclose(twice.preactivations(found.W)[both], 0.0, atol=1e-10)


@pytest.mark.parametrize("seed", range(4))
def test_more_kinks_than_dimensions(seed):
    # Every entry of neuron 0 is a kink and the five samples span R³: w must vanish.
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(5, 3))
    problem = Problem(network(2), X, np.array([1.0, -1.0, 1.0, -1.0, 1.0]))
    W = rng.normal(size=(2, 3))
    kinks = np.array([[True] * 5, [False] * 5])
    pattern = problem.pattern(W)
    found = restore(problem, W, pattern, kinks)
    np.testing.assert_allclose(found.W[0], 0.0, atol=1e-10)
    np.testing.assert_array_equal(found.W[1], W[1])


def test_neurons_in_many_small_parts_move_as_in_one(monkeypatch):
    rng = np.random.default_rng(0)
    problem, W = gaussian(3, 8, 15, 12)[0], rng.normal(size=(12, 15))
    pattern, kinks = rng.integers(0, 2, (12, 8)).astype(float), rng.random((12, 8)) < 0.3
    at_once = restore(problem, W, pattern, kinks)
    sizes = []

    def basis(points, original=restore_module.independent):
        sizes.append(points.shape)
        return original(points)

    monkeypatch.setattr(restore_module, "WORK_ARRAY", 60)
    monkeypatch.setattr(restore_module, "independent", basis)
    in_parts = restore(problem, W, pattern, kinks)
    assert len(sizes) > 4
    assert all(count == 1 or count * f * k <= 60 for count, f, k in sizes)
    np.testing.assert_array_equal(in_parts.kinks, at_once.kinks)
    np.testing.assert_allclose(in_parts.W, at_once.W, rtol=0, atol=ROUND_OFF)


@pytest.mark.parametrize("scale", [1.0, 1e-6])
def test_samples_that_nearly_depend_on_each_other_cost_no_digits(scale):
    # Two nearly equal samples, the second of another length: the condition of their Gram matrix is 1e14.
    # The projection by hand: off e_1 and e_2, whose span is theirs; e_3 stays.
    X = np.array([[1.0, 0.0, 0.0], [scale, 1e-7 * scale, 0.0], [0.0, 0.0, 1.0]])
    problem = Problem(network(1), X, np.array([1.0, 1.0, -1.0]))
    kinks = np.array([[True, True, False]])
    found = restore(problem, np.array([[0.3, 0.7, 0.5]]), np.ones((1, 3)), kinks)
    np.testing.assert_allclose(found.W, [[0.0, 0.0, 0.5]], atol=1e-8)


def test_a_sample_that_occurs_twice_adds_no_direction():
    X = np.array([[1.0, 2.0, 0.0], [1.0, 2.0, 0.0], [0.0, 0.0, 1.0]])
    problem = Problem(network(1), X, np.array([1.0, 1.0, -1.0]))
    kinks = np.array([[True, True, False]])
    found = restore(problem, np.array([[2.0, 0.0, 0.5]]), np.ones((1, 3)), kinks)
    np.testing.assert_allclose(found.W, [[1.6, -0.8, 0.5]], atol=1e-15)


@pytest.mark.parametrize("beside", [0.0, 1e-14, -1e-14])
@pytest.mark.parametrize("side", [0.0, 1.0])
def test_what_ends_on_zero_is_a_kink_on_whichever_side_round_off_puts_it(beside, side):
    problem = Problem(network(1), np.eye(3), np.array([1.0, -1.0, 1.0]))
    pattern, kinks = np.array([[1.0, side, 1.0]]), np.zeros((1, 3), bool)
    found = restore(problem, np.array([[2.0, beside, 1e-8]]), pattern, kinks)
    np.testing.assert_array_equal(found.kinks, [[False, True, False]])
    np.testing.assert_array_equal(found.W, [[2.0, 0.0, 1e-8]])


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(6, 9), st.booleans())
def test_independent_points_have_a_basis_and_dependent_ones_are_doubted(seed, points, k, dependent):
    X = np.random.default_rng(seed).normal(size=(2, points, k))
    X[1, points // 2 :] = 0.0  # what pads a smaller set
    if dependent and points > 1:
        X[:, 1] = X[:, 0]
    X /= np.maximum(np.linalg.norm(X, axis=-1, keepdims=True), 1e-300)
    sure, V, T = restore_module.independent(X)
    ranks = np.linalg.matrix_rank(X)
    assert (ranks == (X != 0).any(axis=-1).sum(axis=-1))[sure].all()
    assert sure.all() or dependent or np.linalg.cond(X[0]) > 1e4
    for c in np.flatnonzero(sure):
        used = X[c].any(axis=-1)
        np.testing.assert_allclose(V[c] @ V[c].T, np.diag(used.astype(float)), atol=1e-14)
        np.testing.assert_allclose(T[c] @ X[c], V[c], atol=1e-10)
        np.testing.assert_allclose(X[c] @ V[c].T @ V[c], X[c], atol=1e-14)


def test_more_points_than_dimensions_are_never_independent():
    assert not restore_module.independent(np.eye(3)[[0, 1, 2, 0]][None])[0].any()
