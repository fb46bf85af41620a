"""Losses in the log domain: right where e^−q is an ordinary number, and far beyond."""

import math

import numpy as np
import pytest
from builders import EPS
from hypothesis import given
from hypothesis import strategies as st

from kkt_unlearning.training import Descent
from kkt_unlearning.training.losses import LOSSES, logsumexp

MARGINS = st.floats(-1e4, 1e4)


@given(MARGINS)
def test_exponential_loss_is_minus_the_margin_in_the_log_domain(q):
    loss = LOSSES["exponential"]
    assert loss.log_value(np.array([q]))[0] == -q
    assert loss.log_slope(np.array([q]))[0] == -q


@pytest.mark.parametrize("q", [-30.0, -3.0, -0.5, 0.0, 0.5, 3.0, 30.0, 34.9, 35.1, 300.0, 700.0])
def test_logistic_loss_agrees_with_its_formula(q):
    value, slope = math.log1p(math.exp(-q)), 1.0 / (1.0 + math.exp(q))
    loss = LOSSES["logistic"]
    # log ℓ carries an absolute error of a few eps times its own size (up to 700).
    assert loss.log_value(np.array([q]))[0] == pytest.approx(
        math.log(value), rel=8 * EPS, abs=8 * EPS
    )
    assert loss.log_slope(np.array([q]))[0] == pytest.approx(
        math.log(slope), rel=8 * EPS, abs=8 * EPS
    )


@pytest.mark.parametrize("q", [690.0, 1e3, 1e4, 1e8])
def test_logistic_loss_beyond_the_smallest_float_is_the_exponential_one(q):
    # log log(1 + e^−q) = −q − e^−q/2 + …, and e^−q < 1e-299 here.
    loss = LOSSES["logistic"]
    assert loss.log_value(np.array([q]))[0] == -q
    assert loss.log_slope(np.array([q]))[0] == -q


@pytest.mark.parametrize("q", [-1e3, -1e4])
def test_logistic_loss_of_a_large_negative_margin_is_linear(q):
    # ℓ = −q + log(1 + e^q) = −q, and −ℓ' = 1/(1 + e^q) = 1.
    loss = LOSSES["logistic"]
    assert loss.log_value(np.array([q]))[0] == pytest.approx(math.log(-q), rel=2 * EPS)
    assert loss.log_slope(np.array([q]))[0] == 0.0


@pytest.mark.parametrize("name", LOSSES)
@given(q=st.floats(-30.0, 40.0))
def test_slope_is_the_derivative_of_the_value(name, q):
    # d log ℓ/dq = −exp(log(−ℓ') − log ℓ); central difference of step h: error h² + eps |log ℓ| / h.
    loss, h = LOSSES[name], 1e-5
    difference = (loss.log_value(np.array([q + h])) - loss.log_value(np.array([q - h])))[0] / (
        2 * h
    )
    ratio = np.exp(loss.log_slope(np.array([q])) - loss.log_value(np.array([q])))[0]
    assert -difference == pytest.approx(ratio, abs=1e-8)


def test_logistic_value_is_continuous_where_the_formula_changes():
    around = np.array([np.nextafter(35.0, 0.0), 35.0, np.nextafter(35.0, 36.0)])
    values = LOSSES["logistic"].log_value(around)
    np.testing.assert_allclose(values, -around, rtol=4 * EPS)
    assert np.all(np.diff(values) <= 0)


@pytest.mark.parametrize("shift", [0.0, 1e4, -1e4, 1e8])
def test_logsumexp_is_shifted_by_what_its_arguments_are_shifted_by(shift):
    values = np.array([[0.0, math.log(2.0), -np.inf], [math.log(5.0), -np.inf, -np.inf]])
    expected = np.array([[math.log(3.0)], [math.log(5.0)]]) + shift
    np.testing.assert_allclose(logsumexp(values + shift), expected, rtol=2 * EPS, atol=4 * EPS)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("margin", [690.0, 1e3, 1e4, 1e6])
def test_normalised_slopes_of_vanishing_losses_are_softmax_weights(loss, margin):
    # Losses in the ratio 4 : 2 : 1, all of them below 1e-299. q + log 2 is rounded to eps·q.
    q = margin + np.log([1.0, 2.0, 4.0])
    slopes = Descent(loss=loss, step="normalised").slopes(q)
    np.testing.assert_allclose(slopes, [4 / 7, 2 / 7, 1 / 7], rtol=4 * EPS * margin)


@pytest.mark.parametrize("loss", LOSSES)
def test_constant_slopes_of_vanishing_losses_are_zero(loss):
    slopes = Descent(loss=loss, step="constant").slopes(np.array([1e3, 1e4]))
    np.testing.assert_array_equal(slopes, [0.0, 0.0])


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("step", ["constant", "normalised"])
def test_excluded_samples_have_slope_zero_and_do_not_count(loss, step):
    descent = Descent(loss=loss, step=step)
    q, excluded = np.array([1.0, -50.0, 2.0]), np.array([0.0, -np.inf, 0.0])
    slopes = descent.slopes(q, excluded)
    assert slopes[1] == 0.0
    np.testing.assert_allclose(slopes[[0, 2]], descent.slopes(q[[0, 2]]), rtol=4 * EPS)
    np.testing.assert_allclose(
        descent.log_loss(q, excluded), descent.log_loss(q[[0, 2]]), rtol=4 * EPS
    )


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("q", [-8.0, -0.5, 0.0, 1.0, 12.0])
def test_the_curvature_is_the_derivative_of_the_slope(loss, q):
    found = LOSSES[loss]
    # log(−ℓ') has the derivative ℓ''/ℓ'; a central difference of step h is right to h² and eps/h.
    h = EPS ** (1 / 3)
    up, down = found.log_slope(np.array([q + h, q - h]))
    ratio = np.exp(found.log_curvature(np.array([q])) - found.log_slope(np.array([q])))[0]
    assert (down - up) / (2 * h) == pytest.approx(ratio, abs=1e-9)
