"""The points that come first are those that the choice names."""

import itertools

import numpy as np
import pytest
from builders import one_sentence, planted_orthogonal, solved
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.certificates.bounds import margin_shift
from kkt_unlearning.errors import DataError
from kkt_unlearning.kkt.point import KKTPoint
from kkt_unlearning.networks import Linear
from kkt_unlearning.problem import Problem, kept
from kkt_unlearning.unlearning import forget_sets
from kkt_unlearning.unlearning.forget_sets import (
    by_multiplier,
    correlated,
    coupled,
    forget_orders,
    prefixes,
    random_orders,
)


def point_of(X, weights=None):
    """A point that holds these samples and multipliers; no choice asks whether it is a KKT point."""
    X = np.asarray(X, float)
    y = np.where(np.arange(len(X)) % 2 == 0, 1.0, -1.0)
    ones = np.ones((1, len(X)))
    lam = ones[0] if weights is None else np.asarray(weights, float)
    problem = Problem(Linear(), X, y)
    W = problem.combination(lam, ones)
    return KKTPoint.from_arrays(problem, W, lam, ones, ones, ones < 0)


def cosines_of(X):
    X = X / np.linalg.norm(X, axis=1, keepdims=True)
    return np.abs(X @ X.T) - np.eye(len(X))


def test_a_planted_cluster_comes_first():
    X = np.eye(6)
    X[[1, 3, 4], 5] = 1.0, -2.0, 3.0  # of cosines 2/√(2·5), …; point 5 itself is nearest to 4
    assert set(correlated(point_of(X))[:4].tolist()) == {1, 3, 4, 5}
    assert correlated(point_of(X))[:2].tolist() == [4, 5]


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(2, 7))
def test_correlated_is_greedy_from_the_closest_pair(seed, samples):
    X = np.random.default_rng(seed).normal(size=(samples, 4))
    order, cosines = correlated(point_of(X)), cosines_of(X)
    assert sorted(order.tolist()) == list(range(samples))
    pairs = list(itertools.combinations(range(samples), 2))
    assert set(order[:2].tolist()) == set(max(pairs, key=lambda pair: cosines[pair]))
    for k in range(2, samples):
        sums = {i: cosines[i, order[:k]].sum() for i in order[k:].tolist()}
        assert sums[int(order[k])] == pytest.approx(max(sums.values()), rel=1e-8)


def test_parts_of_the_cosines_do_not_matter(monkeypatch):
    X = np.random.default_rng(0).normal(size=(9, 4))
    whole = correlated(point_of(X))
    monkeypatch.setattr(forget_sets, "WORK_ARRAY", 20)  # two rows at a time, and one in the end
    np.testing.assert_array_equal(correlated(point_of(X)), whole)


def test_lengths_do_not_count_and_ties_go_to_the_smaller_index():
    X = np.diag([1.0, 9.0, 1.0, 1.0])
    assert correlated(point_of(X)).tolist() == [0, 1, 2, 3]
    X = np.random.default_rng(3).normal(size=(6, 4))
    scaled = X * np.array([1.0, 10.0, 0.1, 5.0, 2.0, 1.0])[:, None]
    np.testing.assert_array_equal(correlated(point_of(X)), correlated(point_of(scaled)))


def test_a_point_at_the_origin_is_correlated_with_none():
    X = np.eye(4)
    X[2] = 0.0
    X[3] = X[0]
    assert correlated(point_of(X)).tolist() == [0, 3, 1, 2]


def test_multipliers_fall_and_ties_within_the_solvers_accuracy_go_to_the_smaller_index():
    found = by_multiplier(point_of(np.eye(5), [1.0, 2.0, 2.0 + 1e-12, 0.0, 3.0]))
    assert found.tolist() == [4, 1, 2, 0, 3]
    lengths = [2.0, 1.0, 3.0, 0.5]
    problem, W, lam, clarke = planted_orthogonal(lengths, [1, -1, 1, -1], 4)
    point = KKTPoint.from_arrays(problem, W, lam, clarke, clarke, clarke < 0)
    assert by_multiplier(point).tolist() == [3, 1, 0, 2]  # λ = 2/‖x‖²


@pytest.mark.parametrize("width", [None, 6])
@pytest.mark.parametrize("at_once", [1, 2**22])
def test_coupled_adds_the_point_that_makes_kappa_largest(monkeypatch, width, at_once):
    monkeypatch.setattr("kkt_unlearning.unlearning.forget_sets.WORK_ARRAY", at_once)
    problem, _, point = solved(1, 6, 15, width)
    order = coupled(point)
    assert sorted(order.tolist()) == list(range(6))

    def kappa(R):
        return float(margin_shift(problem, point.multipliers, point.clarke, kept(6, [R])[0]))

    for k in range(5):
        values = {i: kappa([*order[:k].tolist(), i]) for i in order[k:].tolist()}
        assert values[int(order[k])] == pytest.approx(max(values.values()), rel=1e-8)


def test_a_machine_too_small_for_all_couplings_is_one_sentence(monkeypatch):
    _, _, point = solved(1, 6, 15, None)
    monkeypatch.setattr("kkt_unlearning.datasets.memory.os.sysconf", lambda name: 2**10)
    with pytest.raises(DataError, match=r"order of 6 samples .* its arrays would need") as error:
        coupled(point)
    assert one_sentence(error)


def test_random_orders_are_uniform_and_their_own():
    orders = random_orders(np.random.default_rng(0), 4, 6000)
    assert (np.sort(orders, axis=1) == np.arange(4)).all()
    pairs, counts = np.unique(np.sort(orders[:, :2], axis=1), axis=0, return_counts=True)
    assert len(pairs) == 6
    # 1000 expected of each pair, standard deviation √(6000 · 5/36) = 29.
    assert np.abs(counts - 1000).max() < 5 * 29
    again = random_orders(np.random.default_rng(0), 4, 3)
    np.testing.assert_array_equal(again, orders[:3])


def test_every_choice_is_an_order_and_random_ones_are_drawn():
    _, _, point = solved(1, 6, 15, 6)
    rng = np.random.default_rng(0)
    found = forget_orders(point, ["random", "multipliers", "coupled", "correlated"], rng, 2)
    assert [(choice, draw) for choice, draw, _ in found] == [
        *(("random", 0), ("random", 1), ("multipliers", 0), ("coupled", 0), ("correlated", 0))
    ]
    assert all(sorted(order.tolist()) == list(range(6)) for *_, order in found)
    np.testing.assert_array_equal(found[1][2], random_orders(np.random.default_rng(0), 6, 2)[1])


def test_another_choice_is_refused():
    _, _, point = solved(1, 6, 15, None)
    with pytest.raises(DataError) as error:
        forget_orders(point, ["random", "worst"], np.random.default_rng(0), 1)
    text = one_sentence(error)
    assert "'worst'" in text and "coupled" in text and "random" in text


def test_sets_are_nested():
    assert prefixes(np.array([3, 0, 2, 1]), [1, 3, 2]) == [(3,), (0, 2, 3), (0, 3)]
