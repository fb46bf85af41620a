"""The correlated pair: the scalar equation against descent, gradients and numbers found by others."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import wrightomega

from kkt_unlearning.dependence import closed_forms
from kkt_unlearning.dependence.closed_forms import Block
from kkt_unlearning.dependence.descent_ascent import minimise
from kkt_unlearning.dependence.pair import (
    Pair,
    first_harmful_alpha,
    harm,
    last_alpha,
    minimiser,
)
from kkt_unlearning.errors import DataError

LOSSES = ("full", "retrained", "descent_ascent")
# α, ε -> ‖w_DA − w_R‖/‖w_D − w_R‖ of an independent minimisation, |R| = 900, |F| = 100, |R_j| = 90, λ = 0.01;
# nan: it found no local minimum.
INDEPENDENT = {
    (0.001, 0.2): 0.70,
    (0.002, 0.2): 1.47,
    (0.002, 0.5): 0.50,
    (0.005, 0.2): 4.38,
    (0.005, 0.5): 1.36,
    (0.005, 0.8): 0.58,
    (0.005, 0.95): 0.47,
    (0.01, 0.2): np.nan,
    (0.01, 0.5): 3.07,
    (0.01, 0.8): 1.25,
    (0.01, 0.95): 1.00,
    (0.02, 0.5): 8.08,
    (0.02, 0.8): 2.97,
    (0.02, 0.95): 2.34,
    (0.05, 0.5): np.nan,
    (0.05, 0.8): 13.07,
    (0.05, 0.95): 10.42,
    (0.08, 0.8): np.nan,
    (0.08, 0.95): 40.11,
}

pairs = st.builds(
    lambda alpha, ridge, overlap: Pair(Block(900, 100, 90, alpha, ridge), overlap),
    st.floats(1e-6, 0.2),
    st.floats(1e-4, 0.1),
    st.floats(0, 0.98),
)


def pair(alpha, overlap, ridge=1e-2):
    return Pair(Block(900, 100, 90, alpha, ridge), overlap)


def descend(case, loss):
    """By descent on the samples, descent-ascent from the full model's minimum."""
    start = np.zeros(2) if loss != "descent_ascent" else descend(case, "full")
    return minimise(case.samples, np.array(case.block.weights[loss]), case.block.ridge, start)


@pytest.mark.parametrize("alpha, overlap", INDEPENDENT)
def test_ratios_of_an_independent_minimisation(alpha, overlap):
    found = harm(pair(alpha, overlap))
    np.testing.assert_allclose(found, INDEPENDENT[alpha, overlap], rtol=0, atol=0.0051)


@settings(max_examples=40, deadline=None)
@given(pairs)
def test_descent_ends_in_the_same_minima(case):
    last = last_alpha(case)
    if abs(case.block.alpha - last) < 1e-3 * last:
        return  # next to where the minimum disappears it is flat
    for loss in LOSSES:
        reduced, numeric = minimiser(case, loss), descend(case, loss)
        assert np.isnan(reduced).any() == np.isnan(numeric).any()
        np.testing.assert_allclose(reduced, numeric, rtol=1e-8, atol=1e-8)


@given(pairs)
def test_minima_have_no_gradient_and_a_positive_hessian(case):
    for loss in LOSSES:
        w = minimiser(case, loss)
        if np.isnan(w).any():
            continue
        terms = np.array(case.block.weights[loss]) * np.exp(-case.samples @ w)
        scale = np.abs(terms).sum() + case.block.ridge * np.linalg.norm(w)
        assert np.linalg.norm(case.block.ridge * w - terms @ case.samples) <= 1e-8 * scale
        hessian = case.block.ridge * np.eye(2) + case.samples.T @ (terms[:, None] * case.samples)
        assert np.linalg.eigvalsh(hessian)[0] >= -1e-6 * scale


def test_without_overlap_the_pair_is_two_blocks():
    case = pair(0.003, 0.0)
    a, b = case.block.weights["descent_ascent"]
    expected = [closed_forms.lambertw(weight / 1e-2).real for weight in (a, b)]
    np.testing.assert_allclose(minimiser(case, "descent_ascent"), expected, rtol=1e-12)


def test_the_retrained_minimum_has_a_closed_form():
    case = pair(0.01, 0.6)
    c = case.squared_norm
    size = closed_forms.lambertw(c * 0.1 / 1e-2).real / c
    np.testing.assert_allclose(minimiser(case, "retrained"), size * np.array([1, 0.6]), rtol=1e-12)


@pytest.mark.parametrize("overlap", [0.0, 0.2, 0.5, 0.9, 0.99])
def test_the_minimum_disappears_at_the_last_alpha(overlap):
    case = pair(0.0, overlap)
    last = last_alpha(case)
    before, after = case.with_alpha(last * 0.999), case.with_alpha(last * 1.001)
    assert np.isfinite(descend(before, "descent_ascent")).all()
    assert np.isnan(descend(after, "descent_ascent")).all()


def test_without_overlap_the_last_alpha_is_that_of_the_block_of_forgotten_samples():
    # b/λ = −α|R_j|/(λ|F|) reaches −1/e.
    assert last_alpha(pair(0.0, 0.0)) == pytest.approx(1e-2 * 100 / (np.e * 90), rel=1e-9)


@pytest.mark.parametrize("overlap", [0.1, 0.4, 0.8])
def test_harm_begins_where_the_ratio_is_one(overlap):
    alpha = first_harmful_alpha(pair(0.0, overlap))
    assert harm(pair(alpha, overlap)) == pytest.approx(1.0, rel=1e-9)
    assert harm(pair(alpha * 0.99, overlap)) < 1 < harm(pair(alpha * 1.01, overlap))


@pytest.mark.parametrize("overlap", [0.0, 0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("ridge", [1e-6, 1e-3, 1e-1])
def test_the_last_alpha_falls_with_the_penalty_at_a_rate_between_the_proved_ones(overlap, ridge):
    low, high = (last_alpha(pair(0.0, overlap, r)) for r in (ridge, ridge * 1.001))
    slope = np.log(high / low) / np.log(1.001)
    rho = pair(0.0, overlap).correlation
    assert 1 - rho - 1e-6 <= slope <= 1 + 1e-6


@given(pairs)
def test_where_lemma_9_applies_nothing_is_gained(case):
    if case.block.alpha >= closed_forms.lemma_9_alpha(case.block, case.overlap):
        assert not harm(case) < 1


@given(st.floats(-7, 18), st.floats(0, 0.98))
def test_the_size_of_the_forgotten_multiplier_has_one_turning_point(log_a, overlap):
    # log|F| = log t + exponent for q = −t, on a fine grid, with p from its own equation.
    c = 1 + overlap**2
    t = np.geomspace(1e-3, 1e3 * c / (1 - overlap**2) ** 2, 4000)
    p = wrightomega(np.log(c) + log_a + 2 * overlap * t) / c
    np.testing.assert_allclose(np.log(p) + c * p, log_a + 2 * overlap * t, rtol=1e-9, atol=1e-9)
    rises = np.diff(np.log(t) - c * t + 2 * overlap * p) > 0
    assert rises[0] and not rises[-1]
    assert np.count_nonzero(np.diff(rises)) == 1


@pytest.mark.parametrize("overlap", [0.3, 0.9, 0.99])
@pytest.mark.parametrize("share", [0.5, 1.01])
def test_from_wherever_descent_starts_there_is_one_minimum_or_none(overlap, share):
    case = pair(0.0, overlap)
    case = case.with_alpha(share * last_alpha(case))
    weights, expected = (
        np.array(case.block.weights["descent_ascent"]),
        minimiser(case, "descent_ascent"),
    )
    starts = np.random.default_rng(0).uniform(-3, 3, (20, 2)) @ case.samples
    ends = np.array([minimise(case.samples, weights, 1e-2, start) for start in starts])
    ends = ends[np.isfinite(ends).all(axis=1)]
    assert (len(ends) > 0) == (share < 1) == bool(np.isfinite(expected).all())
    np.testing.assert_allclose(ends, np.broadcast_to(expected, ends.shape), atol=1e-7)


def test_lemma_9_is_not_met_by_missing_minima_alone():
    case = pair(0.105, 0.95)
    assert case.block.alpha >= closed_forms.lemma_9_alpha(case.block, case.overlap)
    assert 1 < harm(case) < np.inf


@pytest.mark.parametrize("overlap", [-0.1, 1.0])
def test_overlap_out_of_range(overlap):
    with pytest.raises(DataError, match=f"^overlap is {overlap}, but must be at least 0 and below"):
        pair(0.1, overlap)
