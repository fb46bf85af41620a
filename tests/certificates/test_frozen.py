"""Theorem 6.18 on gradients of any kind, each of its conditions, and what it doesn't cover."""

import numpy as np
import pytest
from builders import solved
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import lsq_linear, minimize_scalar

from kkt_unlearning.certificates.frozen import frozen
from kkt_unlearning.kkt.multipliers import gradient_matrix

FRACTIONS = (0.0, 0.5, 0.9, 1.0, 1.1, 2.0)
OFF = np.abs(1.0 - np.array(FRACTIONS))


def vectors(seed, size, samples, spread):
    """Gradients that no network need have, and weights that they fit to some extent."""
    rng = np.random.default_rng(seed)
    gradients = rng.normal(size=(size, samples))
    weights = gradients @ rng.exponential(size=samples) + spread * rng.normal(size=size)
    return gradients, weights


def deep_gradients(seed):
    """Three weight layers and a leaky ReLU, by central differences; the labels alternate."""
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(5, 4)), np.array([1.0, -1.0, 1.0, -1.0, 1.0])
    shapes = ((6, 4), (6, 6), (6,))
    weights = rng.normal(size=sum(int(np.prod(shape)) for shape in shapes))

    def output(flat, x):
        for shape in shapes:
            W, flat = flat[: int(np.prod(shape))].reshape(shape), flat[int(np.prod(shape)) :]
            x = W @ x if W.ndim == 1 else np.maximum(W @ x, 0.1 * (W @ x))
        return x

    step = 1e-6 * np.eye(len(weights))
    columns = [[output(weights + e, x) - output(weights - e, x) for e in step] for x in X]
    return (y[:, None] * np.array(columns) / 2e-6).T, weights


@pytest.mark.parametrize(
    ("gradients", "weights"),
    [vectors(0, 30, 6, 0.0), vectors(1, 30, 6, 2.0), vectors(2, 4, 9, 1.0), deep_gradients(3)],
    ids=["exact", "far off", "dependent gradients", "three layers"],
)
@pytest.mark.parametrize("forget", [[0], [1, 3]])
def test_epsilon_is_least_at_the_prescribed_step(gradients, weights, forget):
    found = frozen(gradients, weights, forget, FRACTIONS)
    expected = np.sqrt(found.residual**2 + OFF**2 * found.removed**2)
    np.testing.assert_allclose(found.kept, expected, atol=1e-9)
    rest = np.delete(gradients, forget, axis=1)
    basis = np.linalg.svd(rest, full_matrices=False)[0][:, : np.linalg.matrix_rank(rest)]
    removed = gradients[:, forget] @ found.multipliers[forget]
    outside = np.linalg.norm(removed - basis @ (basis.T @ removed))
    assert (found.refit >= np.sqrt(found.residual**2 + OFF**2 * outside**2) - 1e-9).all()
    assert (found.refit <= found.kept + 1e-9).all()
    assert found.refit[3] == pytest.approx(found.residual, abs=1e-9)
    assert (found.refit >= found.residual - 1e-9).all()


@given(st.integers(0, 10**6), st.floats(0.0, 3.0), st.floats(-3.0, 4.0))
def test_every_step_costs_what_the_theorem_says(seed, spread, alpha):
    gradients, weights = vectors(seed, 12, 5, spread)
    found = frozen(gradients, weights, [0], [alpha])
    expected = np.hypot(found.residual, (1.0 - alpha) * found.removed)
    assert found.kept[0] == pytest.approx(expected, rel=1e-9)
    assert found.residual - 1e-9 <= found.refit[0] <= found.kept[0] + 1e-9


def test_the_fit_is_that_of_another_solver():
    gradients, weights = vectors(4, 20, 6, 1.0)
    found = frozen(gradients, weights, [2], FRACTIONS)
    expected = lsq_linear(gradients, weights, (0.0, np.inf), tol=1e-14)
    np.testing.assert_allclose(found.multipliers, expected.x, atol=1e-6)
    removed = gradients[:, 2] * expected.x[2]
    assert found.removed == pytest.approx(np.linalg.norm(removed), rel=1e-6)
    for alpha, refit in zip(FRACTIONS, found.refit, strict=True):
        again = lsq_linear(
            np.delete(gradients, 2, axis=1), weights - alpha * removed, (0.0, np.inf), tol=1e-14
        )
        assert refit == pytest.approx(np.sqrt(2 * again.cost), rel=1e-6)


def test_a_sample_without_multiplier_takes_nothing_out():
    gradients, weights = vectors(5, 20, 4, 0.0)
    gradients[:, 1] = -weights  # nothing is gained by it
    found = frozen(gradients, weights, [1], FRACTIONS)
    assert found.multipliers[1] == found.removed == 0.0
    np.testing.assert_allclose(found.kept, found.residual, atol=1e-12)


def test_multipliers_from_elsewhere_move_the_least():
    """Theorem 6.18 needs the fit: with others the least of the kept residual is at 1 + ⟨ρ, Δ⟩/‖Δ‖²."""
    gradients, weights = vectors(6, 20, 5, 0.0)
    multipliers = 1.3 * frozen(gradients, weights, [0], [1.0]).multipliers
    removed = gradients[:, 0] * multipliers[0]
    rest = gradients[:, 1:] @ multipliers[1:]
    missed = weights - gradients @ multipliers
    least = minimize_scalar(lambda alpha: np.linalg.norm(weights - alpha * removed - rest))
    moved = 1.0 + missed @ removed / (removed @ removed)
    assert least.x == pytest.approx(moved, abs=1e-6)
    assert abs(moved - 1.0) > 0.1


def test_relative_to_the_length_after_the_step_the_least_moves_with_the_inner_products():
    """The slope at 1 of ε²/‖θ'‖² is 2‖ρ‖²⟨θ', Δ⟩/‖θ'‖⁴, which theorem 6.18 leaves out."""
    gradients, weights = vectors(7, 20, 5, 1.0)
    h = 1e-5
    found = frozen(gradients, weights, [0], [1.0 - h, 1.0 + h])
    removed = gradients[:, 0] * found.multipliers[0]
    lengths = [np.linalg.norm(weights - alpha * removed) for alpha in (1.0 - h, 1.0 + h)]
    low, high = (found.kept / lengths) ** 2
    after = weights - removed
    slope = 2 * found.residual**2 * (after @ removed) / (after @ after) ** 2
    assert (high - low) / (2 * h) == pytest.approx(slope, rel=1e-4)
    inner = sum(
        found.multipliers[i] * found.multipliers[0] * (gradients[:, i] @ gradients[:, 0])
        for i in range(1, 5)
    )
    assert after @ removed == pytest.approx(inner, rel=1e-9)


def test_a_trained_network_has_it_too():
    problem, training, _ = solved(0, 6, 15, 8)
    W = training.W / problem.margins(training.W).min()
    gradients = gradient_matrix(problem, problem.pattern(W))
    found = frozen(gradients, W.ravel(), [0], FRACTIONS)
    np.testing.assert_allclose(found.kept, np.hypot(found.residual, OFF * found.removed), rtol=1e-9)
    assert found.removed > 0 and found.kept.argmin() == found.refit.argmin() == 3
