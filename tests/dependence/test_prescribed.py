"""The λ-sized step of the linear model: closed forms against the exact solver."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.datasets.geometry import near_orthogonality
from kkt_unlearning.dependence import equicorrelated
from kkt_unlearning.dependence.prescribed import (
    correlated_group,
    harmful_correlation,
    predicted_ratio,
    step_effect,
)
from kkt_unlearning.errors import DataError

RHO = st.floats(0.0, 0.98)


@pytest.mark.parametrize("points, rho, others", [(2, 0.3, 0), (5, 0.9, 3)])
def test_the_group_has_the_gram_matrix_it_should(points, rho, others):
    X = correlated_group(points, rho, others)
    expected = np.eye(points + others)
    expected[:points, :points] += rho * (1 - np.eye(points))
    np.testing.assert_allclose(X @ X.T, expected, atol=1e-14)


@pytest.mark.parametrize("rho", [0.0, 0.4, 0.9])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_pair_worked_out_by_hand(rho, sign):
    # w = λ(x_1 + s x_2) with λ = 1/(1 + sρ); after the step λx_2, and x_2 is the retrained solution.
    effect = step_effect(correlated_group(2, rho), np.array([1.0, sign]), 0)
    assert effect.multiplier == pytest.approx(1 / (1 + sign * rho), rel=1e-9)
    assert effect.before**2 == pytest.approx((1 - sign * rho) / (1 + sign * rho), rel=1e-9)
    assert effect.after == pytest.approx(rho / (1 + sign * rho), rel=1e-9, abs=1e-9)
    assert effect.cosine_after == pytest.approx(0, abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 6), RHO, st.integers(0, 3), st.integers(0, 10_000))
def test_the_ratio_is_that_of_the_explained_part_whatever_the_labels(points, rho, others, seed):
    y = np.random.default_rng(seed).choice([-1.0, 1.0], points + others)
    effect = step_effect(correlated_group(points, rho, others), y, 0)
    assert effect.ratio == pytest.approx(effect.predicted, rel=1e-6, abs=1e-7)
    assert effect.ratio == pytest.approx(predicted_ratio(points, rho), rel=1e-6, abs=1e-7)
    assert effect.explained == pytest.approx(equicorrelated.explained(points, rho), abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 6))
def test_the_ratio_holds_on_any_data_that_all_support(seed, samples):
    X = np.random.default_rng(seed).standard_normal((samples, 400)) / 20
    y = np.where(np.arange(samples) % 2, 1.0, -1.0)
    if (samples - 1) * near_orthogonality(X)[1] > 0.4:
        return  # support of all samples is proved below ½ (docs/theory.md, corollary 6.6)
    effect = step_effect(X, y, 1)
    assert effect.ratio == pytest.approx(effect.predicted, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("points", [2, 3, 10, 1000])
def test_harm_begins_where_half_is_explained(points):
    rho = harmful_correlation(points)
    assert predicted_ratio(points, rho) == pytest.approx(1.0, rel=1e-12)
    assert equicorrelated.explained(points, rho) == pytest.approx(0.5, rel=1e-12)


def test_the_pair_is_harmed_from_the_root_of_a_half():
    assert harmful_correlation(2) == pytest.approx(0.5**0.5)
    assert harmful_correlation(10**9) == pytest.approx(0.5, abs=1e-8)


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 6), RHO)
def test_samples_of_one_label_keep_the_direction(points, rho):
    effect = step_effect(correlated_group(points, rho), np.ones(points), 0)
    assert effect.cosine_after == pytest.approx(0, abs=1e-12)
    assert effect.multiplier == pytest.approx(1 / (1 + (points - 1) * rho), rel=1e-8)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from([4, 6, 10]), st.floats(0.0, 0.95))
def test_distance_of_balanced_labels(samples, rho):
    y = np.where(np.arange(samples) % 2, 1.0, -1.0)
    effect = step_effect(correlated_group(samples, rho), y, 0)
    expected = equicorrelated.retrained_distance(samples, rho)
    assert effect.cosine_after == pytest.approx(expected, rel=1e-6, abs=1e-10)


def test_a_small_distance_keeps_its_digits():
    # sin² = ρ² m(m − 2)/(m − 1)² to first order.
    assert equicorrelated.retrained_distance(4, 1e-9) == pytest.approx(0.5e-18 * 8 / 9, rel=1e-6)


@pytest.mark.parametrize(
    "points, rho, sentence",
    [(1, 0.5, "points is 1, but must be at least 2"), (2, 1.0, "correlation is 1.0, but must be")],
)
def test_groups_that_cannot_be(points, rho, sentence):
    with pytest.raises(DataError, match=f"^{sentence}"):
        correlated_group(points, rho)
