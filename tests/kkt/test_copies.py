"""Copies of samples that are to be forgotten, exact and near."""

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kkt_unlearning.kkt.copies import NEAR, copies_that_stay, near_copies, staying
from kkt_unlearning.networks import Linear
from kkt_unlearning.problem import Problem


def by_comparison(X, y, forget):
    """Every pair looked at."""
    found = {}
    for r in forget:
        rows = [
            i
            for i in range(len(y))
            if i not in forget
            and y[i] == y[r]
            and np.linalg.norm(X[i] - X[r]) <= NEAR * np.linalg.norm(X[r])
        ]
        if rows:
            found[r] = rows
    return found


DISTANCES = [0.0, 1e-12, 1e-8, 5e-7, 2e-6, 1e-3]


def with_copies(seed, distances, exponent):
    """4 samples, and some at these distances of their length from one of them."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(4, 5))
    turned = rng.normal(size=(len(distances), 5))
    turned /= np.linalg.norm(turned, axis=1, keepdims=True)
    of = rng.integers(0, 4, size=len(distances))
    lengths = np.linalg.norm(X[of], axis=1, keepdims=True)
    X = 10.0**exponent * np.vstack([X, X[of] + np.array(distances)[:, None] * lengths * turned])
    return X, rng.choice([-1.0, 1.0], size=len(X)), rng


@given(
    st.integers(0, 2**32 - 1),
    st.lists(st.sampled_from(DISTANCES), min_size=1, max_size=6),
    st.integers(1, 4),
    st.floats(-8.0, 8.0),
)
def test_copies_are_those_of_every_pair(seed, distances, forgotten, exponent):
    X, y, rng = with_copies(seed, distances, exponent)
    forget = rng.choice(len(X), size=forgotten, replace=False).tolist()
    found = staying(Problem(Linear(), X, y), forget)
    assert {r: rows.tolist() for r, rows in found.items()} == by_comparison(X, y, forget)


@given(
    st.integers(0, 2**32 - 1),
    st.lists(st.sampled_from(DISTANCES), max_size=6),
    st.floats(-8.0, 8.0),
)
def test_pairs_of_near_copies_are_those_of_the_samples_that_differ(seed, distances, exponent):
    X, y, _ = with_copies(seed, distances, exponent)
    first = [
        min(j for j in range(len(y)) if y[j] == y[i] and (X[j] == X[i]).all())
        for i in range(len(y))
    ]
    expected = {
        (i, j)
        for i, j in combinations(sorted(set(first)), 2)
        if j in by_comparison(X, y, [i]).get(i, [])
    }
    pairs = near_copies(Problem(Linear(), X, y))
    assert {(min(pair), max(pair)) for pair in np.transpose(pairs).tolist()} == expected


def test_samples_of_one_length_and_one_inner_product_are_compared_as_they_are():
    """The direction that is looked along first tells none of these apart."""
    direction = np.cos(np.arange(3))
    across = np.linalg.svd(direction[None])[2][1:]
    X = np.vstack([across, across[0], -across[0]])
    problem = Problem(Linear(), X, np.ones(4))
    assert copies_that_stay(problem, [0]) == [2]
    assert copies_that_stay(problem, [1]) == []
    assert copies_that_stay(problem, [0, 2]) == []


def test_a_sample_and_its_rounding_are_copies():
    x = np.random.default_rng(0).normal(size=(1, 2000))
    problem = Problem(Linear(), np.vstack([x, x.astype(np.float32), 1.001 * x]), np.ones(3))
    assert copies_that_stay(problem, [0]) == [1]
