"""Trained output weights: the network is homogeneous of degree 2, and u has KKT conditions of its own."""

import numpy as np
import pytest
from audit_users import balanced, outputs
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from kkt_unlearning.audit import Limits, Model, Step, certify, kkt, unlearn
from kkt_unlearning.errors import DataError, UserError

C, M = 1.3, 6  # length and number of the orthogonal samples


def planted(balance: float = 1.0):
    """A KKT point in (W, u): ``λ_i = 1/(c √(m/2))``, ``‖w_j‖ = |u_j|``; then u and 1/λ times ``balance``.

    On orthogonal samples of length c, with every neuron active on the samples of its sign alone,
    ``w_j = Σ λ y_i u_j x_i`` and ``Σ_i λ y_i σ(P_ji) = u_j λ² c² m/2``.
    """
    u = np.array([0.5, -1.0, 1.2, -0.8, 0.7])
    u[u < 0] *= np.sqrt((u[u > 0] ** 2).sum() / (u[u < 0] ** 2).sum())
    X, y = C * np.eye(M, M + 3), np.where(np.arange(M) % 2 == 0, 1.0, -1.0)
    multiplier = 1 / (C * np.sqrt(M / 2))
    W = (multiplier * y * u[:, None] * (u[:, None] * y > 0)) @ X
    return Model(W, balance * u, outputs="trained"), X, y, multiplier / balance


def gradients(W, u, X, y, step=1e-6):
    """``y_i ∇N(θ, x_i)`` in (W, u) by central differences, (m, n d + n)."""
    theta = np.append(W.ravel(), u)

    def margins(theta):
        return y * outputs(theta[: W.size].reshape(W.shape), theta[W.size :], X)

    shifts = step * np.eye(theta.size)
    return np.array([(margins(theta + e) - margins(theta - e)) / (2 * step) for e in shifts]).T


@pytest.mark.parametrize("name", ["autograd", "clarke", "residuals"])
def test_a_planted_kkt_point_in_all_weights_has_no_residual(name):
    model, X, y, multiplier = planted()
    found = kkt(model, X, y)
    residuals = getattr(found, name)
    assert residuals.worst < 1e-9
    assert np.allclose(found.multipliers["exact"], multiplier, rtol=1e-9)
    assert found.distance < 1e-12


@pytest.mark.parametrize("balance", [0.5, 2.0])
def test_output_weights_out_of_balance_are_a_residual(balance):
    """For u = b u₀ and λ = t λ₀ (1 − b t) W and (b − t) u₀ are left, least for t = 2b/(1 + b²)."""
    model, X, y, multiplier = planted(balance)
    found = kkt(model, X, y)
    expected = abs(1 - balance**2) / (1 + balance**2)
    assert np.allclose(found.multipliers["exact"], multiplier, rtol=1e-9)
    assert found.autograd.stationarity == pytest.approx(expected, rel=1e-9)
    assert found.residuals.stationarity == pytest.approx(expected, rel=1e-9)
    fixed = kkt(Model(model.W, model.u), X, y)
    assert fixed.residuals.stationarity < 1e-9


def far(seed, samples, dimension, width, outputs):
    """Random weights, and labels with which they classify every sample: no KKT point is near."""
    rng = np.random.default_rng(seed)
    X, W, u = (rng.normal(size=size) for size in ((samples, dimension), (width, dimension), width))
    q = u @ np.maximum(W @ X.T, 0.0)
    return Model(W, u, outputs=outputs), X, np.sign(q)


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(4, 12), st.integers(3, 15), st.integers(3, 8))
def test_the_stationarity_is_the_least_that_any_multipliers_leave(seed, samples, dimension, width):
    model, X, y = far(seed, samples, dimension, width, "trained")
    assume(abs(y.sum()) < samples)
    try:
        found = kkt(model, X, y)
    except UserError:  # there is no exact point
        assume(False)
    theta = np.append(model.W.ravel(), model.u)
    A = np.vstack(
        [
            (model.u[:, None, None] * (model.W @ X.T > 0)[:, None, :] * X.T[None]).reshape(
                -1, samples
            ),
            np.maximum(model.W @ X.T, 0.0),
        ]
    )
    least = nnls(A * y, theta)[1] / np.linalg.norm(theta)
    assert found.autograd.stationarity == pytest.approx(least, rel=1e-6, abs=1e-8)
    assert max(found.autograd.stationarity, found.residuals.stationarity) <= 1.0  # that of λ = 0
    assert not found.clarke.stationarity > 1.0 or found.clarke.stationarity == np.inf


@pytest.mark.parametrize("scale", [1e-3, 20.0])
def test_the_scale_of_all_weights_does_not_matter(scale):
    model, X, y = balanced()
    expected = kkt(model, X, y)
    found = kkt(Model(scale * model.W, scale * model.u, outputs="trained"), X, y)
    assert found.autograd.stationarity == pytest.approx(expected.autograd.stationarity, rel=1e-6)
    assert found.clarke.stationarity == pytest.approx(expected.clarke.stationarity, rel=1e-6)
    assert np.allclose(found.multipliers["exact"], expected.multipliers["exact"], rtol=1e-6)
    assert found.smallest_margin == pytest.approx(scale**2 * expected.smallest_margin, rel=1e-9)


def test_the_step_is_along_the_gradient_in_all_weights():
    model, X, y = balanced()
    found = unlearn(model, X, y, [3, 5], fraction=0.5)
    slopes = gradients(model.W, model.u, X, y)
    theta = np.append(model.W.ravel(), model.u) - 0.5 * found.multipliers[[3, 5]] @ slopes[[3, 5]]
    after = np.append(found.model.W.ravel(), found.model.u)
    assert np.allclose(after, theta, rtol=0, atol=1e-6 * np.abs(theta).max())
    assert found.model.outputs == "trained"
    gamma = (y * outputs(model.W, model.u, X)).min()
    margins = y * outputs(found.model.W, found.model.u, X) / gamma
    assert np.allclose(found.margins_after, margins, rtol=0, atol=1e-9)


def test_the_step_from_the_exact_point_is_recorded_with_it():
    model, X, y = balanced()
    found = unlearn(model, X, y, [3], start="exact")
    before = found.step.before
    assert np.allclose(before.u, model.u, rtol=1e-12)
    gamma = (y * outputs(model.W, model.u, X)).min()
    assert (y * outputs(before.W, before.u, X)).min() == pytest.approx(gamma, rel=1e-9)
    assert np.allclose(kkt(before, X, y).distance, 0, atol=1e-12)


def test_training_of_all_weights_leads_to_a_kkt_point_in_all_of_them():
    model, X, y = balanced()
    found = kkt(model, X, y)
    assert (
        found.clarke.stationarity
        < 0.05
        < kkt(Model(2 * model.W, model.u, outputs="trained"), X, y).clarke.stationarity
    )
    assert found.clarke.stationarity <= found.autograd.stationarity + 1e-9


@pytest.mark.parametrize("known", [True, False])
def test_the_certificate_counts_the_output_weights(known):
    """No multipliers leave less than non-negative least squares does; ours leave what they say."""
    model, X, y = balanced()
    done = unlearn(model, X, y, [3])
    found = certify(done.model, X, y, [3], step=done.step if known else None)
    keep = np.arange(8) != 3
    slopes = gradients(done.model.W, done.model.u, X[keep], y[keep])
    theta = np.append(done.model.W.ravel(), done.model.u)
    least = nnls(slopes.T, theta)[1] / np.linalg.norm(theta)
    end = certify(done.model, X, y, [3], delta=np.inf).ends[0]
    assert end.epsilon == pytest.approx(least, rel=1e-4)  # slopes are differences
    end = found.ends[0]
    assert least <= end.epsilon + 1e-6
    assert end.epsilon < 1.0
    assert np.isnan(end.epsilon_bound)
    assert not found.origin.bounded
    assert found.ends[-1].epsilon > 0


def test_a_retrained_kkt_point_in_all_weights_is_certified_with_zeros():
    """On all samples but a pair of opposite labels, of which the network knows nothing."""
    model, X, y, _ = planted()
    more = np.vstack([X, C * np.eye(2, M + 3, M)])
    found = certify(model, more, np.append(y, [1.0, -1.0]), [M, M + 1])
    for end in found.ends:
        assert max(end.epsilon, end.delta, end.tau) < 1e-9


def test_a_network_that_does_not_classify_has_no_certificate():
    model, X, y, _ = planted()
    found = certify(model, X, -y, [0], step=Step(model, (0,)))
    assert found.ends[0].epsilon == np.inf
    assert found.meeting(Limits(np.inf, np.inf, np.inf)) is None


def test_a_linear_model_has_no_output_weights():
    with pytest.raises(DataError, match="a linear model has no output weights"):
        Model(np.ones(3), outputs="trained")


def test_the_two_networks_of_a_step_are_trained_alike():
    model, X, y, _ = planted()
    with pytest.raises(DataError, match="outputs = 'fixed' before the step and 'trained' after"):
        certify(model, X, y, [0], step=Step(Model(model.W, model.u), (0,)))
