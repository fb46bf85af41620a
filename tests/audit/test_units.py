"""The audit in other units of the features: X → cX and W → W/c for c from 1e-8 to 1e8."""

import numpy as np
import pytest
from audit_users import balanced, trained
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.audit import Limits, Model, certify, kkt, unlearn
from kkt_unlearning.errors import DataError

UNITS = st.floats(-8.0, 8.0).map(lambda exponent: 10.0**exponent)
WIDTHS = st.sampled_from([None, 6])
REL = 1e-6  # least squares lose half of the digits where the residual is small


def audited(c, width, forget, **options):
    """The certificates of the prescribed step, all of it in units c times as large."""
    model, X, y, _ = trained(width)
    model, X = Model(model.W / c, model.u), c * X
    done = unlearn(model, X, y, forget)
    return certify(done.model, X, y, forget, step=done.step, **options)


@settings(max_examples=20)
@given(UNITS, WIDTHS, st.sampled_from([[3], [3, 5], [0, 1, 6]]))
def test_certificates_and_bounds_have_no_units_but_in_delta(c, width, forget):
    one, other = audited(1.0, width, forget), audited(c, width, forget)
    assert other.kappa == pytest.approx(one.kappa, rel=REL)
    for end, expected in zip(other.ends, one.ends, strict=True):
        assert end.name == expected.name
        for name in ("epsilon", "relative_delta", "tau", "epsilon_bound"):
            value, known = getattr(end, name), getattr(expected, name)
            assert value == pytest.approx(known, rel=REL, abs=1e-9, nan_ok=True), name
        for name in ("delta", "mean_multiplier", "delta_bound"):
            value, known = getattr(end, name), getattr(expected, name)
            assert c**2 * value == pytest.approx(known, rel=REL, abs=1e-9, nan_ok=True), name


@settings(max_examples=20)
@given(UNITS, WIDTHS)
def test_residuals_and_distances_have_no_units(c, width):
    model, X, y, _ = trained(width)
    one, other = kkt(model, X, y), kkt(Model(model.W / c, model.u), c * X, y)
    for name in ("autograd", "clarke", "residuals"):
        assert vars(getattr(other, name)) == pytest.approx(
            vars(getattr(one, name)), rel=REL, abs=1e-9
        )
    for name in ("smallest_margin", "moved", "moved_margin", "psi", "phi", "distance", "gap"):
        assert getattr(other, name) == pytest.approx(getattr(one, name), rel=REL, abs=1e-9), name
    assert other.applies.value == pytest.approx(one.applies.value, rel=REL, abs=1e-9)
    for found, expected in ((other.multipliers, one.multipliers), (other.fitted, one.fitted)):
        for name, values in expected.items():
            np.testing.assert_allclose(c**2 * found[name], values, rtol=REL, atol=1e-9)
    assert c**2 * other.mean_multiplier == pytest.approx(one.mean_multiplier, rel=REL)


@settings(max_examples=20)
@given(UNITS, WIDTHS, st.sampled_from([[3], [3, 5]]))
def test_the_step_has_the_units_of_the_weights(c, width, forget):
    model, X, y, _ = trained(width)
    one = unlearn(model, X, y, forget)
    other = unlearn(Model(model.W / c, model.u), c * X, y, forget)
    np.testing.assert_allclose(
        c * other.model.W, one.model.W, rtol=0, atol=1e-9 * np.abs(model.W).max()
    )
    np.testing.assert_allclose(other.margins_after, one.margins_after, rtol=REL, atol=1e-9)
    np.testing.assert_allclose(c**2 * other.multipliers, one.multipliers, rtol=REL, atol=1e-9)


@pytest.mark.parametrize("width", [None, 6])
@pytest.mark.parametrize("c", [1e-8, 1.0, 1e8])
def test_steps_of_no_effect_are_told_in_any_unit(c, width):
    model, X, y, _ = trained(width)
    X = c * np.vstack([X, X[3] * (1 + 1e-7)])
    with pytest.raises(DataError, match=r"\[3\]: the step changes nothing, .* \[8\]"):
        unlearn(Model(model.W / c, model.u), X, np.append(y, y[3]), [3])


@settings(max_examples=20)
@given(UNITS, WIDTHS, st.floats(0.0, 0.3), st.floats(0.02, 0.95), st.sampled_from([0.0, 1e-3]))
def test_the_verdict_on_a_relative_delta_has_no_units(c, width, relative, epsilon, tau):
    """One certificate keeps δ to the last bit of what it was allowed, so the verdict is that on ε and τ."""
    limits = Limits(epsilon, relative, tau)
    one, other = (audited(unit, width, [3, 5], relative_delta=relative) for unit in (1.0, c))
    assert all(end.relative_delta <= relative for end in other.ends)
    if min(abs(end.epsilon - epsilon) for end in one.ends) > 1e-6:
        met, expected = other.meeting(limits), one.meeting(limits)
        assert (met and met.name) == (expected and expected.name)


@pytest.mark.parametrize("c", [1e-8, 1.0, 1e8])
def test_three_samples_by_hand(c):
    """``w = (1, −2, 1)`` without its last sample: margins 1 and 2, mean multiplier 6/2, λ = (1, 2)."""
    X, y, model = c * np.eye(3), np.array([1.0, -1.0, 1.0]), Model(np.array([1.0, -2.0, 1.0]) / c)
    end = certify(model, X, y, [2]).ends[0]
    assert end.mean_multiplier * c**2 == pytest.approx(3.0)
    assert end.delta * c**2 == pytest.approx(2.0)
    assert end.relative_delta == pytest.approx(2 / 3)
    assert end.epsilon == pytest.approx(1 / 6**0.5)  # of the coordinate that no sample needs
    # A slack of 0.6 leaves λ = (1, 0.6): 1.4 of the second coordinate stay, and 1 of the third.
    (end, _) = certify(model, X, y, [2], relative_delta=0.2).ends
    assert (end.relative_delta, end.delta * c**2) == pytest.approx((0.2, 0.6))
    assert end.epsilon == pytest.approx((1.4**2 + 1.0) ** 0.5 / 6**0.5)


def test_both_kinds_of_limit_are_kept():
    loose, raw, relative, both = (
        audited(1.0, 6, [3], **allowed).ends[0]
        for allowed in (
            {},
            {"delta": 0.03},
            {"relative_delta": 0.01},
            {"delta": 0.03, "relative_delta": 0.01},
        )
    )
    assert loose.delta > 0.1
    unit = loose.mean_multiplier
    assert (raw.delta, raw.relative_delta) == pytest.approx((0.03, 0.03 / unit))
    assert (relative.delta, relative.relative_delta) == pytest.approx((0.01 * unit, 0.01))
    assert both.delta == min(raw.delta, relative.delta)


@pytest.mark.parametrize("outputs", ["fixed", "trained"])
def test_the_unit_is_the_mean_of_the_multipliers_at_the_exact_point(outputs):
    if outputs == "trained":
        model, X, y = balanced()
    else:
        model, X, y, _ = trained(6)
    done = unlearn(model, X, y, [3])
    found = certify(done.model, X, y, [3])
    multipliers = found.origin.retained.multipliers
    assert found.ends[-1].mean_multiplier == pytest.approx(multipliers.mean(), rel=1e-9)
    for end in found.ends:
        assert end.relative_delta == pytest.approx(end.delta / end.mean_multiplier, rel=1e-9)


def test_for_trained_outputs_the_length_of_the_network_counts_as_little():
    model, X, y = balanced()
    longer = Model(3.0 * model.W, 3.0 * model.u, outputs="trained")
    for relative in (None, 0.01):
        one, other = (
            certify(m, X, y, [3], relative_delta=relative).ends[:2] for m in (model, longer)
        )
        for a, b in zip(one, other, strict=True):
            assert b.relative_delta == pytest.approx(a.relative_delta, rel=REL, abs=1e-9)
            assert b.epsilon == pytest.approx(a.epsilon, rel=REL, abs=1e-9)
