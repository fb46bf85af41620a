"""What a change of the units of the features leaves as it is: X → cX and W → W/c for c from 1e-8 to 1e8."""

from dataclasses import fields, replace

import numpy as np
import pytest
from builders import ROUND_OFF, solved
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.certificates.certificate import Certificate, certify
from kkt_unlearning.certificates.stationarity import least_epsilon, mean_multiplier
from kkt_unlearning.kkt.point import kkt_point
from kkt_unlearning.networks import Linear
from kkt_unlearning.problem import Problem, kept
from kkt_unlearning.unlearning import unlearn

IN_UNITS_OF_MULTIPLIERS = {"delta", "delta_budget", "delta_bound"}
UNITS = st.floats(-8.0, 8.0).map(lambda exponent: 10.0**exponent)
REL = 1e-6  # least squares lose half of the digits where the residual is small


def other_units(problem, c):
    return Problem(problem.network, c * problem.X, problem.y)


def wandered(width, seed, samples=6):
    """A separating network that is no KKT point, with margins of different size."""
    problem, _, point = solved(seed, samples, 15, width)
    noise = np.random.default_rng(seed).normal(size=point.W.shape)
    W = point.W + 0.1 * noise * np.linalg.norm(point.W) / np.sqrt(point.W.size)
    assert problem.margins(W).min() > 0
    return problem, W


@pytest.mark.parametrize("c", [1e-8, 0.01, 1.0, 3.0, 1e8])
@pytest.mark.parametrize(
    ("relative", "multipliers", "residual"),
    # w = (1, −2) on ±e_1, ∓e_2: margins 1 and 2, ‖w‖² = 5, so the mean multiplier is 5/2. The fit is
    # λ = (1, 2) with slack 2; a slack of at most 1/2 leaves λ_2 = 1/2 and a residual of 3/2.
    [
        (np.inf, [1.0, 2.0], 0.0),
        (0.2, [1.0, 0.5], 1.5),
        (0.002, [1.0, 0.005], 1.995),
        (0.0, [1.0, 0.0], 2.0),
    ],
)
def test_two_samples_by_hand(c, relative, multipliers, residual):
    problem = Problem(Linear(), c * np.eye(2), np.array([1.0, -1.0]))
    w = np.array([[1.0, -2.0]]) / c
    unit = float(mean_multiplier(problem, w))
    assert unit * c**2 == pytest.approx(2.5, rel=ROUND_OFF)
    found = least_epsilon(problem, w, relative * unit)
    np.testing.assert_allclose(found.multipliers * c**2, multipliers, rtol=ROUND_OFF)
    assert found.relative_epsilon == pytest.approx(residual / 5**0.5, rel=ROUND_OFF, abs=ROUND_OFF)
    assert found.relative_delta == pytest.approx(multipliers[1] / 2.5, rel=ROUND_OFF)
    assert found.delta * c**2 == pytest.approx(multipliers[1], rel=ROUND_OFF)


@pytest.mark.parametrize("width", [None, 6])
def test_at_a_kkt_point_it_is_the_mean_of_the_multipliers(width):
    problem, _, point = solved(0, 6, 15, width)
    rest = kkt_point(problem.retain([2]), problem.retain([2]).pattern(point.W))
    expected = pytest.approx(rest.multipliers.mean(), rel=1e-9)
    assert mean_multiplier(rest.problem, 7.0 * rest.W) == expected
    keep = kept(6, [[2]])
    assert mean_multiplier(problem, rest.W[None], keep) == expected


def test_without_a_positive_margin_there_is_none():
    problem, W = wandered(4, 0)
    found = least_epsilon(problem, np.stack([-W, 0.0 * W, W]), 0.0)
    assert np.isinf(mean_multiplier(problem, np.stack([-W, 0.0 * W]))).all()
    assert np.isinf(found.relative_delta[:2]).all()
    assert found.relative_delta[2] < 1e-8


@settings(max_examples=25)
@given(UNITS, st.sampled_from([None, 4]), st.integers(0, 9), st.floats(0.0, 0.5))
def test_the_least_epsilon_for_a_relative_delta_has_no_units(c, width, seed, relative):
    problem, W = wandered(width, seed)
    changed = other_units(problem, c)
    one = least_epsilon(problem, W, relative * mean_multiplier(problem, W))
    for V in (W, W / c):  # of the weights only the direction counts
        other = least_epsilon(changed, V, relative * mean_multiplier(changed, V))
        assert other.relative_epsilon == pytest.approx(one.relative_epsilon, rel=REL, abs=1e-9)
        assert other.relative_delta == pytest.approx(one.relative_delta, rel=REL, abs=1e-9)
        assert other.delta * c**2 == pytest.approx(one.delta, rel=REL, abs=1e-9)


@settings(max_examples=25)
@given(UNITS, st.sampled_from([None, 6]), st.booleans(), st.integers(0, 4))
def test_a_certificate_has_no_units_but_in_its_deltas(c, width, trained, seed):
    problem, training, point = solved(seed, 6, 15, width)
    changed = replace(
        point,
        problem=other_units(problem, c),
        W=point.W / c,
        multipliers=point.multipliers / c**2,
    )
    W = training.W if trained else None
    one = certify(unlearn(point, [0, 3], trained=W))
    other = certify(unlearn(changed, [0, 3], trained=W))
    assert other.outcome == one.outcome
    for field in fields(Certificate):
        if field.name != "outcome":
            scale = c**2 if field.name in IN_UNITS_OF_MULTIPLIERS else 1.0
            value, expected = getattr(other, field.name), getattr(one, field.name)
            near = pytest.approx(expected, rel=REL, abs=1e-9, nan_ok=True)
            assert scale * value == near, field.name


@settings(max_examples=25)
@given(st.sampled_from([None, 4]), st.integers(0, 9), st.floats(0.0, 1.0))
def test_the_own_multipliers_have_nearly_this_mean(width, seed, relative):
    """``|Σλ/‖θ‖² − 1| ≤ ε + δ/λ̄``: docs/theory.md, section 6.1."""
    problem, W = wandered(width, seed)
    unit = mean_multiplier(problem, W)
    found = least_epsilon(problem, W, relative * unit)
    off = abs(found.multipliers.mean() / unit - 1.0)
    assert off <= found.relative_epsilon + found.relative_delta + 1e-9


def test_a_sample_twice_changes_no_relative_delta():
    """Its multiplier is shared out; the sum of both, and the mean over all, are as they were."""
    problem, W = wandered(None, 3)
    twice = Problem(Linear(), np.tile(problem.X, (2, 1)), np.tile(problem.y, 2))
    one, two = float(mean_multiplier(problem, W)), float(mean_multiplier(twice, W))
    assert two == pytest.approx(one / 2, rel=ROUND_OFF)
    found = [least_epsilon(p, W, 0.1 * unit) for p, unit in ((problem, one), (twice, two))]
    assert found[1].relative_epsilon == pytest.approx(found[0].relative_epsilon, rel=REL)
