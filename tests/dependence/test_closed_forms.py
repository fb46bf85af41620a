"""Lambert W against the stationarity equation, published inequalities, and numbers found by others."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from kkt_unlearning.dependence.closed_forms import (
    Block,
    goes_away,
    lemma_3_applies,
    lemma_4_bound,
    lemma_5_bound,
    lemma_9_alpha,
    minimiser,
    regime,
)
from kkt_unlearning.errors import DataError

LOSSES = ("full", "retrained", "descent_ascent")
# |R_j|, |R|, |F|, λ, α and w_D, w_R, w_DA of an independent minimisation by BFGS, accurate to 1e-4.
INDEPENDENT = [
    ((90, 900, 100, 1e-2, 0.05), (1.7097, 1.7455, 1.3816)),
    ((90, 900, 100, 1e-2, 0.10), (1.7391, 1.7455, 0.5671)),
    ((90, 900, 100, 1e-3, 0.111), (3.3856, 3.3856, 0.0913)),
]

counts = st.integers(1, 1000)
blocks = st.builds(
    lambda here, more, forgotten, alpha, ridge: Block(here + more, forgotten, here, alpha, ridge),
    counts,
    st.integers(0, 1000),
    counts,
    st.floats(0, 2),
    st.floats(1e-4, 1),
)


def block(here, retained, forgotten, ridge, alpha):
    return Block(retained, forgotten, here, alpha, ridge)


@pytest.mark.parametrize("numbers, found", INDEPENDENT)
def test_numbers_of_an_independent_minimisation(numbers, found):
    ours = [minimiser(block(*numbers), loss) for loss in LOSSES]
    np.testing.assert_allclose(ours, found, rtol=0, atol=1e-4)


@pytest.mark.parametrize("loss", ["full", "retrained"])
def test_the_minimum_is_that_of_the_loss(loss):
    case = block(90, 900, 100, 1e-2, 0.3)
    c = sum(case.weights[loss])
    found = minimize_scalar(lambda w: c * np.exp(-w) + 0.005 * w**2, bracket=(0, 1), tol=1e-14)
    assert minimiser(case, loss) == pytest.approx(found.x, abs=1e-7)


@given(blocks)
def test_minimisers_are_stationary_and_curved_upwards(case):
    for loss in LOSSES:
        w, c = minimiser(case, loss), sum(case.weights[loss])
        if np.isfinite(w):
            assert case.ridge * w == pytest.approx(c * np.exp(-w), abs=1e-9 * abs(c) + 1e-12)
            assert w > -1


def test_regimes_meet_where_the_paper_says():
    ratio = 100 / 900
    last = ratio + 1e-2 * 100 / (np.e * 90)
    alphas = (ratio, ratio * (1 + 1e-9), last * (1 - 1e-9), last * (1 + 1e-9))
    found = [regime(block(90, 900, 100, 1e-2, alpha)) for alpha in alphas]
    assert found == ["one minimum", "local minimum", "local minimum", "none"]


@given(blocks)
def test_lemma_3(case):
    if lemma_3_applies(case):
        w = [minimiser(case, loss) for loss in LOSSES]
        assert goes_away(*w) >= -1e-12


def test_below_lemma_3_the_ascent_helps():
    case = block(90, 900, 100, 1e-2, 0.005)
    assert not lemma_3_applies(case)
    assert goes_away(*(minimiser(case, loss) for loss in LOSSES)) < 0


@given(blocks)
def test_lemmas_4_and_5(case):
    full, retrained, ascended = (minimiser(case, loss) for loss in LOSSES)
    assert abs(full - retrained) <= lemma_4_bound(case) + 1e-12
    if np.isfinite(ascended):
        assert abs(retrained - ascended) >= lemma_5_bound(case) - 1e-12


def test_lemma_9_is_the_larger_of_its_two_numbers():
    case = block(90, 900, 100, 1e-2, 0.1)
    first = 1.25 * 100**2 / (900 * 1100)
    second = 0.8 * 100 * 1000 / (900 * 1100)
    assert lemma_9_alpha(case, 0.5) == pytest.approx(max(first, second))
    assert lemma_9_alpha(case, 0.01) == pytest.approx((1 + 1e-4) / 0.02 * 100**2 / (900 * 1100))
    assert lemma_9_alpha(case, 0.0) == np.inf


@pytest.mark.parametrize(
    "numbers, sentence",
    [
        ((90, 900, 100, 0.0, 0.1), "ridge is 0.0, but must be above 0"),
        ((90, 900, 100, 1e-2, -0.1), "alpha is -0.1, but must be at least 0"),
        ((901, 900, 100, 1e-2, 0.1), "here is 901, but must be above 0 and at most retained, 900"),
        ((90, 900, 0, 1e-2, 0.1), "forgotten is 0, but must be above 0"),
    ],
)
def test_numbers_out_of_range(numbers, sentence):
    with pytest.raises(DataError, match=f"^{sentence}"):
        block(*numbers)
