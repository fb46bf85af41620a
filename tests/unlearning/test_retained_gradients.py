"""Changes orthogonal to retained gradients, against dense computations in all weights."""

import numpy as np
import pytest
from builders import ROUND_OFF, planted_orthogonal, solved
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.errors import DataError
from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.training import Descent
from kkt_unlearning.unlearning import ascend
from kkt_unlearning.unlearning.retained_gradients import minimal_perturbation, projected_ascent

SLOPES = {"exponential": lambda q: -np.exp(-q), "logistic": lambda q: -1 / (1 + np.exp(q))}
VALUES = {"exponential": lambda q: np.exp(-q), "logistic": lambda q: np.log1p(np.exp(-q))}


def gradients(problem, W):
    """``y_i g_i`` with all weights in a row, (m, n k)."""
    active = problem.pattern(W)
    return np.stack([problem.combination(row, active).ravel() for row in np.eye(problem.samples)])


def others(problem, forget):
    return np.setdiff1d(np.arange(problem.samples), forget)


@pytest.mark.parametrize("width", [None, 8])
@pytest.mark.parametrize("forget", [[2], [0, 4], []])
@pytest.mark.parametrize("seed", range(3))
def test_the_change_is_the_least_norm_solution_of_all_weights(seed, width, forget):
    problem, training, _ = solved(seed, 6, 15, width)
    W, G = training.W, gradients(problem, training.W)[others(problem, forget)]
    found = minimal_perturbation(problem, W, forget)
    expected = np.linalg.lstsq(G, G @ W.ravel(), rcond=None)[0].reshape(W.shape)
    np.testing.assert_allclose(found, expected, atol=1e-9 * np.abs(W).max())
    assert np.abs(G @ (found - W).ravel()).max() < 1e-9 * np.abs(W).max()
    np.testing.assert_allclose(minimal_perturbation(problem, 3 * W, forget), 3 * found, rtol=1e-9)


@pytest.mark.parametrize("forget", [(1,), (0, 3)])
def test_from_an_exact_linear_model_it_is_the_retained_max_margin_point(forget):
    problem, _, point = solved(2, 6, 400, None)
    (target,) = retained_kkt_points(point, [forget])
    assert (point.multipliers > 0.1).all() and (target.multipliers > 0.1).all()
    np.testing.assert_allclose(minimal_perturbation(problem, point.W, forget), target.W, atol=1e-10)


@settings(max_examples=10)
@given(
    st.integers(0, 20),
    st.sampled_from([None, 8]),
    st.sampled_from(sorted(SLOPES)),
    st.sampled_from(["normalised", "constant"]),
    st.sampled_from([[[0]], [[1, 4], [2]]]),
)
def test_each_step_is_projected_in_all_weights(seed, width, loss, step, forget_sets):
    problem, training, _ = solved(seed % 3, 6, 15, width)
    W0 = training.W * (3.0 / training.margins.min())
    descent = Descent(loss=loss, step=step, step_size=0.3 + 0.1 * (seed % 5))
    found = projected_ascent(problem, W0, forget_sets, descent, [1, 4])
    for f, forget in enumerate(forget_sets):
        W = W0
        for t in range(4):
            G, q = gradients(problem, W), problem.margins(W)
            slopes = SLOPES[loss](q[forget]) / len(forget)
            direction = slopes @ G[forget]  # of the gradient of the mean loss
            if step == "normalised":
                direction = direction / VALUES[loss](q[forget]).mean()
            held = G[others(problem, forget)]
            direction = direction - np.linalg.pinv(held, rcond=1e-9) @ (held @ direction)
            W = W + descent.step_size * direction.reshape(W.shape)
            if t == 0:
                np.testing.assert_allclose(found[f, 0], W, atol=1e-9 * np.abs(W).max())
        np.testing.assert_allclose(found[f, 1], W, atol=1e-9 * np.abs(W).max())


def test_of_a_linear_model_retained_margins_stay_and_the_line_passes_the_minimal_perturbation():
    problem, _, point = solved(2, 6, 400, None)
    eta = float(point.multipliers[1]) / 7
    found = projected_ascent(problem, point.W, [[1]], Descent(step_size=eta), [7, 20])[0]
    keep = others(problem, [1])
    for W in found:
        np.testing.assert_allclose(
            problem.margins(W)[keep], problem.margins(point.W)[keep], rtol=1e-10
        )
    np.testing.assert_allclose(found[0], minimal_perturbation(problem, point.W, [1]), atol=1e-10)
    assert problem.margins(found[1])[1] < problem.margins(found[0])[1] - 0.5


@pytest.mark.parametrize("width", [None, 6])
def test_on_orthogonal_data_both_are_the_prescribed_step(width):
    problem, W, multipliers, _ = planted_orthogonal([1.0, 2.0, 1.5, 1.0], [1, -1, 1, -1], width)
    expected = ascend(problem, W, multipliers, [2])
    np.testing.assert_allclose(minimal_perturbation(problem, W, [2]), expected, atol=ROUND_OFF)
    found = projected_ascent(problem, W, [[2]], Descent(step_size=float(multipliers[2])), [1])
    np.testing.assert_allclose(found[0, 0], expected, atol=ROUND_OFF)


def test_bad_forget_sets_and_steps_are_refused():
    problem, training, _ = solved(1, 6, 15, 8)
    with pytest.raises(DataError, match="index 6"):
        minimal_perturbation(problem, training.W, [6])
    with pytest.raises(DataError, match="index 6"):
        projected_ascent(problem, training.W, [[6]], Descent(), [1])
    with pytest.raises(DataError, match="ascending"):
        projected_ascent(problem, training.W, [[1]], Descent(), [3, 2])
