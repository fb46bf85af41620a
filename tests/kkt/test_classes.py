"""Neurons that a cell does not tell apart are one neuron, and nothing is lost by saying so."""

import numpy as np
import pytest
from builders import ROUND_OFF, gaussian, solved
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.kkt.cell import alike, cell_programs, supporting
from kkt_unlearning.kkt.classes import Classes, classes, equal_rows
from kkt_unlearning.networks import TwoLayer
from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.solver import Solver


def one_by_one(n):
    """Every neuron a class of its own."""
    return Classes(np.arange(n), np.arange(n), np.ones(n, dtype=int))


def crowded(seed, samples, width):
    """A problem on few samples with many neurons, and a pattern in whose cell every margin can be reached."""
    problem, _ = gaussian(seed, samples, samples + 4, width)
    pattern = (np.random.default_rng(seed).random((width, samples)) < 0.6).astype(float)
    pattern[0], pattern[1] = problem.y > 0, problem.y < 0
    return problem, pattern


def test_classes_by_hand():
    u = np.array([1.0, -1.0, 1.0, 1.0, -1.0])
    rows = np.array([[1, 0], [1, 0], [1, 0], [1, 1], [0, 0]], dtype=bool)
    found = classes(u, rows)
    assert found.member[0] == found.member[2]
    assert len(set(found.member.tolist())) == 4
    np.testing.assert_array_equal(found.first[found.member], [0, 1, 0, 3, 4])
    assert found.size[found.member].tolist() == [2, 1, 2, 1, 1]


@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 20))
def test_classes_are_a_partition_by_output_weight_and_row(seed, n, m):
    rng = np.random.default_rng(seed)
    u = rng.choice([-0.5, 0.25, 0.5], size=n)
    rows = rng.random((n, m)) < rng.choice([0.1, 0.5])
    found = classes(u, rows)
    assert found.size.sum() == n
    keys = [(u[j], rows[j].tobytes()) for j in range(n)]
    for j, k in np.ndindex(n, n):
        assert (found.member[j] == found.member[k]) == (keys[j] == keys[k])
    np.testing.assert_array_equal(found.member[found.first], np.arange(len(found.first)))


@given(st.integers(0, 10**6), st.integers(1, 40), st.sampled_from([1, 5, 63, 64, 65, 90]))
def test_equal_rows_come_one_after_another(seed, n, m):
    rng = np.random.default_rng(seed)
    rows = rng.choice(rng.random((3, m)) < 0.5, size=n)
    first, order, edges = equal_rows(rows)
    assert sorted(order.tolist()) == list(range(n))
    assert len(first) == len(edges) - 1 == len({row.tobytes() for row in rows})
    for group, chosen in enumerate(first):
        own = order[edges[group] : edges[group + 1]]
        np.testing.assert_array_equal(rows[own], np.broadcast_to(rows[chosen], (len(own), m)))


def test_rows_are_uniform_where_each_class_has_one():
    found = classes(np.ones(4), np.array([[1], [0], [1], [0]], dtype=bool))
    rows = np.array([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0 + 1e-13], [3.0, 4.0]])
    assert found.uniform(rows)
    rows[3] += 1e-9
    assert not found.uniform(rows)


@given(st.integers(0, 10**6), st.integers(1, 12), st.integers(1, 4))
def test_spreading_undoes_condensing_and_keeps_the_norm(seed, n, m):
    rng = np.random.default_rng(seed)
    found = classes(rng.choice([-1.0, 1.0], size=n), rng.random((n, m)) < 0.5)
    rows = rng.normal(size=(3, len(found.first), 5))[:, found.member]
    small = found.condensed(rows)
    np.testing.assert_allclose(found.spread(small), rows, rtol=1e-14)
    np.testing.assert_allclose(
        np.linalg.norm(small, axis=(1, 2)), np.linalg.norm(rows, axis=(1, 2)), rtol=1e-13
    )


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(2, 4), st.integers(4, 40))
def test_the_condensed_network_has_the_same_outputs_norms_and_margins(seed, samples, width):
    problem, pattern = crowded(seed, samples, width)
    group = alike(problem, pattern)
    W = np.random.default_rng(seed).normal(size=(len(group.first), samples + 4))[group.member]
    weights = group.condensed(problem.output_weights[:, None])[:, 0]
    small = Problem(TwoLayer(len(weights), tuple(weights.tolist())), problem.X, problem.y)
    np.testing.assert_allclose(
        small.margins(group.condensed(W)), problem.margins(W), atol=100 * ROUND_OFF
    )
    assert np.linalg.norm(group.condensed(W)) == pytest.approx(np.linalg.norm(W), rel=1e-13)
    np.testing.assert_allclose(
        group.condensed(problem.signs), small.signs, atol=ROUND_OFF
    )  # ω neurons of output weight u are one of √ω u


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(2, 5), st.integers(4, 30))
def test_alike_neurons_have_equal_weights_at_the_optimum_of_the_whole_program(seed, samples, width):
    problem, pattern = crowded(seed, samples, width)
    group = alike(problem, pattern)
    whole = Solver().solve(cell_programs([problem], [pattern], [one_by_one(width)]))
    small = Solver().solve(cell_programs([problem], [pattern], [group]))
    W = whole.coefficients[0] @ problem.X
    size = np.abs(W).max()
    np.testing.assert_allclose(W, W[group.first][group.member], atol=1e-12 * size)
    np.testing.assert_allclose(
        group.spread(small.coefficients[0] @ problem.X), W, atol=1e-12 * size
    )
    np.testing.assert_allclose(small.multipliers, whole.multipliers, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_alike_neurons_differ_only_where_they_oppose(seed):
    problem, training, point = solved(seed, 4, 12, 60, steps=800)
    pattern = problem.pattern(training.W)
    group = alike(problem, pattern)
    assert len(group.first) < 30
    same = (pattern == pattern[group.first][group.member]) | ~supporting(problem)
    assert same.all()
    # From there on the neurons of a class are one to the last bit.
    group = alike(problem, point.pattern)
    np.testing.assert_array_equal(point.W, point.W[group.first][group.member])
    np.testing.assert_array_equal(point.clarke, point.clarke[group.first][group.member])
