"""Separability against cases worked out by hand, and against linear programs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from kkt_unlearning.datasets import digits
from kkt_unlearning.quadratic.separable import linearly_separable

XOR = np.array([[1.0, 1.0], [-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0]])
XOR_LABELS = np.array([1.0, 1.0, -1.0, -1.0])

seeds = st.integers(0, 10_000)


def margin(X, y):
    """``max t ≤ 1`` with ``y_i⟨w, x_i⟩/‖x_i‖ ≥ t`` for some w of ``[-1, 1]^d``: a linear program."""
    Z = y[:, None] * X / np.linalg.norm(X, axis=1, keepdims=True)
    found = linprog(
        np.append(np.zeros(Z.shape[1]), -1.0),
        A_ub=np.column_stack([-Z, np.ones(len(Z))]),
        b_ub=np.zeros(len(Z)),
        bounds=[*[(-1.0, 1.0)] * Z.shape[1], (0.0, 1.0)],
    )
    assert found.status == 0
    return found.x[-1]


def test_exclusive_or_is_not_separable():
    assert not linearly_separable(XOR, XOR_LABELS)


def test_there_is_no_bias_term():
    # A threshold between 1 and 2 would tell these apart, but no half-line from the origin does.
    assert not linearly_separable(np.array([[1.0], [2.0]]), np.array([-1.0, 1.0]))


def test_a_point_at_the_origin_cannot_have_a_margin():
    assert not linearly_separable(np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([1.0, -1.0]))


@pytest.mark.parametrize("scale", [1e-12, 1e12])
def test_scale_of_the_points_does_not_matter(scale):
    X = np.array([[1.0, 0.2], [0.3, 1.0]])
    assert linearly_separable(scale * X, np.array([1.0, -1.0]))
    assert linearly_separable(X * [[scale], [1.0]], np.array([1.0, -1.0]))
    assert not linearly_separable(scale * XOR, XOR_LABELS)


@pytest.mark.parametrize(("tilt", "separable"), [(1e-7, True), (1e-11, False)])
def test_a_margin_that_no_linear_program_sees_is_none(tilt, separable):
    X = np.array([[1.0, tilt], [-1.0, tilt]])  # of margin ``tilt`` along the second axis
    assert linearly_separable(X, np.ones(2)) is separable


@given(seeds, st.integers(2, 12), st.integers(2, 6))
def test_points_labelled_by_a_hyperplane_are_separable(seed, samples, dimension):
    rng = np.random.default_rng(seed)
    X, w = rng.standard_normal((samples, dimension)), rng.standard_normal(dimension)
    X += 0.01 * np.sign(X @ w)[:, None] * w  # a margin that does not hang on the last digit
    assert linearly_separable(X, np.sign(X @ w))


@given(seeds, st.integers(2, 6), st.integers(2, 12))
def test_a_sample_that_the_others_cancel_makes_them_inseparable(seed, samples, dimension):
    # x = -Σ c_i y_i x_i with c > 0 has ⟨w, x⟩ < 0 as soon as the others have margins.
    rng = np.random.default_rng(seed)
    X, y = rng.standard_normal((samples, dimension)), rng.choice([-1.0, 1.0], samples)
    cancelling = -(rng.uniform(0.1, 1, samples) * y) @ X
    assert not linearly_separable(np.vstack([X, cancelling]), np.append(y, 1.0))


@given(seeds, st.integers(2, 30), st.integers(1, 12))
def test_a_linear_program_says_the_same(seed, samples, dimension):
    rng = np.random.default_rng(seed)
    X, y = rng.standard_normal((samples, dimension)), rng.choice([-1.0, 1.0], samples)
    assert linearly_separable(X, y) == (margin(X, y) > 1e-7)


@pytest.mark.parametrize("samples", [60, 200, 500])
def test_centred_images_of_which_some_draws_are_separable(samples):
    groups = [[0, 2, 4, 6, 8], [1, 3, 5, 7, 9]]
    drawn = digits.generate(
        classes=groups, samples=samples, fresh_samples=0, replicates=4, seed=251014844
    )
    for X, y in zip(drawn.X, drawn.y, strict=True):
        assert linearly_separable(X, y) == (margin(X, y) > 1e-9)
