"""The hard margin of a linear model, against NNLS and Clarabel; and what must not matter to it."""

import numpy as np
import pytest
from builders import separable
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import nnls

from kkt_unlearning.datasets import digits
from kkt_unlearning.quadratic.hard_margin import hard_margin

seeds = st.integers(0, 2**32 - 1)


def least_distance(X, y):
    """``min ‖w‖ s.t. ⟨w, y_i x_i⟩ ≥ 1`` by non-negative least squares (Lawson and Hanson, chapter 23)."""
    Z = y[:, None] * X
    system = np.vstack([Z.T, np.ones(len(y))])
    aim = np.append(np.zeros(X.shape[1]), 1.0)
    residual = system @ nnls(system, aim, maxiter=100 * len(y))[0] - aim
    return residual[:-1] / -residual[-1]


def assert_optimal(X, y, found, tolerance=1e-11):
    """The KKT conditions, each relative: they are sufficient, the problem being convex."""
    q = y * (X @ found.w)
    squared = found.w @ found.w
    assert found.separable
    assert q.min() >= 1 - tolerance
    assert (found.multipliers >= 0).all()
    combination = (y * found.multipliers) @ X
    assert np.linalg.norm(found.w - combination) <= tolerance * np.linalg.norm(found.w)
    assert abs(found.multipliers @ (q - 1)) <= tolerance * squared
    assert abs(found.multipliers.sum() - squared) <= tolerance * squared


SIZES = [
    (1, 1),
    (2, 1),
    (1, 9),
    (5, 50),
    (40, 300),
    (30, 30),
    (40, 12),
    (300, 5),
    (500, 60),
    (2000, 40),
]


@pytest.mark.parametrize(("m", "d"), SIZES)
@pytest.mark.parametrize("seed", range(12))
def test_it_is_the_least_distance(m, d, seed):
    X, y = separable(seed, m, d)
    found = hard_margin(X, y)
    assert_optimal(X, y, found)
    expected = least_distance(X, y)
    assert np.linalg.norm(found.w - expected) <= 1e-8 * np.linalg.norm(expected)


@given(seeds, st.sampled_from([(5, 50), (30, 30), (40, 12), (60, 5)]), st.booleans())
def test_where_it_starts_does_not_matter(seed, size, right):
    X, y = separable(seed % 12, *size)
    alone = hard_margin(X, y)
    chosen = np.random.default_rng(seed).random(len(y)) < 0.5
    start = np.flatnonzero(alone.multipliers if right else chosen)
    found = hard_margin(X, y, start=start)
    assert_optimal(X, y, found)
    largest = alone.multipliers.max()
    np.testing.assert_allclose(found.multipliers, alone.multipliers, atol=1e-9 * largest)


@pytest.mark.parametrize(("m", "d"), [(20, 40), (60, 15), (400, 10)])
def test_it_is_what_clarabel_finds(m, d):
    import cvxpy as cp

    X, y = separable(7, m, d)
    w = cp.Variable(d)
    cp.Problem(cp.Minimize(0.5 * cp.sum_squares(w)), [cp.multiply(y, X @ w) >= 1]).solve(
        solver="CLARABEL", tol_gap_abs=1e-12, tol_gap_rel=1e-12, tol_feas=1e-12
    )
    found = hard_margin(X, y)
    assert np.linalg.norm(found.w - w.value) <= 1e-6 * np.linalg.norm(w.value)


@given(seeds, st.integers(2, 60), st.integers(1, 20), st.integers(-8, 8))
def test_units_of_the_features_do_not_matter(seed, m, d, power):
    X, y = separable(seed, m, d)
    c = 2.0 ** (3 * power)  # a power of 2: no digit changes
    plain, scaled = hard_margin(X, y), hard_margin(c * X, y)
    np.testing.assert_array_equal(scaled.w * c, plain.w)
    np.testing.assert_array_equal(scaled.multipliers * c * c, plain.multipliers)


@given(seeds, st.integers(2, 60), st.integers(1, 20))
def test_order_rotation_and_labels_do_not_matter(seed, m, d):
    X, y = separable(seed, m, d)
    rng = np.random.default_rng(seed)
    w = hard_margin(X, y).w
    order = rng.permutation(m)
    rotation = np.linalg.qr(rng.normal(size=(d, d)))[0]
    for other in (
        hard_margin(X[order], y[order]).w,
        -hard_margin(X, -y).w,
        hard_margin(X @ rotation, y).w @ rotation.T,
    ):
        assert np.linalg.norm(other - w) <= 1e-9 * np.linalg.norm(w)


@given(seeds, st.integers(3, 60), st.integers(1, 20))
def test_what_does_not_support_the_weights_does_not_matter(seed, m, d):
    X, y = separable(seed, m, d)
    found = hard_margin(X, y)
    beyond = 1.5 * X[:1]
    keep = found.multipliers > 0
    for other in (
        hard_margin(np.vstack([X, beyond]), np.append(y, y[0])),
        hard_margin(np.vstack([X, X[1:2]]), np.append(y, y[1])),
        hard_margin(X[keep], y[keep]),
    ):
        assert np.linalg.norm(other.w - found.w) <= 1e-9 * np.linalg.norm(found.w)


@pytest.mark.parametrize("distance", [0.0, 1e-15, 1e-12, 1e-10, 1e-8, 1e-7, 1e-6, 1e-4, 1e-2])
@pytest.mark.parametrize(("m", "d"), [(16, 50), (16, 400), (60, 20)])
def test_samples_that_nearly_repeat(distance, m, d):
    X, y = separable(3, m, d)
    rng = np.random.default_rng(4)
    half = m // 2
    X[:half] = X[half:] + distance * rng.normal(size=(half, d))
    y[:half] = y[half:]
    assert_optimal(X, y, hard_margin(X, y))


@pytest.mark.parametrize("distance", [1e-2, 1e-4, 1e-6, 1e-7, 1e-8])
@pytest.mark.parametrize(("m", "d"), [(8, 8), (8, 30), (8, 400), (40, 30)])
def test_opposite_labels_close_to_one_another(distance, m, d):
    """The margin is as small as the distance, and round-off of the samples is magnified by its inverse."""
    X, y = separable(0, m, d)
    X[1] = X[0] + distance * np.random.default_rng(0).normal(size=d)
    y[0], y[1] = 1.0, -1.0
    found = hard_margin(X, y)
    if m <= d:
        assert found.separable
    if found.separable:
        assert_optimal(X, y, found, tolerance=1e-14 / distance + 1e-12)


@pytest.mark.parametrize(("m", "d"), [(1, 3), (2, 40), (12, 30), (40, 100), (40, 600)])
@given(seed=seeds, power=st.integers(-60, 60))
def test_far_more_features_are_as_good_as_coordinates(m, d, seed, power):
    """Pivoting on the Gram matrix, against the search in m coordinates of the same samples."""
    X, y = separable(seed, m, d)
    X *= 2.0**power
    found = hard_margin(X, y)
    assert_optimal(X, y, found, tolerance=1e-12)
    other = hard_margin(np.linalg.qr(X.T, mode="r").T, y)
    largest = other.multipliers.max()
    np.testing.assert_allclose(found.multipliers, other.multipliers, atol=1e-11 * largest)


def test_features_of_very_different_scale():
    rng = np.random.default_rng(1)
    X, y = separable(2, 60, 20)
    scales = 10.0 ** rng.uniform(-6, 6, 20)
    assert_optimal(X * scales, y, hard_margin(X * scales, y), tolerance=1e-8)


@given(seeds, st.integers(2, 30), st.integers(1, 10))
def test_where_nothing_separates_the_multipliers_prove_it(seed, m, d):
    """Gordan's theorem: weights with positive margins, or ``λ ≥ 0``, not 0, with ``Σ_i λ_i z_i = 0``."""
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(m, d)), rng.choice([-1.0, 1.0], size=m)
    found = hard_margin(X, y)
    if found.separable:
        assert (y * (X @ found.w)).min() > 1 - 1e-6
        return
    size = found.multipliers @ np.linalg.norm(X, axis=1)
    assert size > 0 and (found.multipliers >= 0).all()
    assert np.linalg.norm((y * found.multipliers) @ X) <= 1e-9 * size


@pytest.mark.parametrize("X", [np.zeros((1, 3)), np.vstack([np.eye(3), np.zeros((1, 3))])])
def test_a_sample_of_zeros_has_no_margin(X):
    assert not hard_margin(X, np.ones(len(X))).separable


def test_each_round_is_told():
    X, y = separable(0, 3000, 30)
    told = []
    found = hard_margin(X, y, lambda *round_: told.append(round_))
    assert [number for number, _, _ in told] == list(range(1, found.rounds + 1))
    assert told[-1][2] == pytest.approx(1.0)
    assert told[-1][1] == (found.multipliers > 0).sum()


def test_a_margin_below_round_off_is_none():
    """Five hundred digits, even against odd: for one draw the search once found weights of length 1e17."""
    groups = [[0, 2, 4, 6, 8], [1, 3, 5, 7, 9]]
    drawn = digits.generate(
        classes=groups, samples=500, fresh_samples=0, replicates=10, seed=251014844
    )
    answers = [hard_margin(X, y) for X, y in zip(drawn.X, drawn.y, strict=True)]
    assert 0 < sum(answer.separable for answer in answers) < len(answers)
    for answer, X, y in zip(answers, drawn.X, drawn.y, strict=True):
        if answer.separable:
            assert (y * (X @ answer.w)).min() > 1.0 - 1e-9
        else:
            proof = answer.multipliers / answer.multipliers.sum()
            assert (proof >= 0).all() and np.linalg.norm((proof * y) @ X) < 1e-13
