"""The influence step is one Newton step, and late in training of a linear model the exact answer."""

import numpy as np
import pytest
from builders import gaussian, one_sentence, solved
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.errors import DataError
from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.unlearning import ascend, unlearn
from kkt_unlearning.unlearning.influence import influence_step

# −ℓ' and ℓ'' as they are written
SLOPES = {"exponential": lambda q: np.exp(-q), "logistic": lambda q: 1 / (1 + np.exp(q))}
CURVATURES = {
    "exponential": lambda q: np.exp(-q),
    "logistic": lambda q: 1 / (1 + np.exp(q)) / (1 + np.exp(-q)),
}


def newton_step(problem, W, forget, loss, damping):
    """With the Hessian of all nk weights, without Woodbury."""
    q, active = problem.margins(W), problem.pattern(W)
    V = np.stack(
        [problem.combination(row, active).ravel() for row in np.eye(problem.samples)], axis=1
    )
    keep = np.setdiff1d(np.arange(problem.samples), forget)
    h, curvature = SLOPES[loss](q), CURVATURES[loss](q)
    mu = damping * (h @ q) / (W**2).sum()
    hessian = mu * np.eye(W.size) + (V[:, keep] * curvature[keep]) @ V[:, keep].T
    gradient = V[:, list(forget)] @ h[list(forget)]
    return W - np.linalg.solve(hessian, gradient).reshape(W.shape)


@settings(max_examples=20)
@given(
    st.integers(0, 10**6),
    st.sampled_from([None, 6]),
    st.sampled_from(sorted(SLOPES)),
    st.sampled_from([0.1, 1.0, 3.0]),
    st.sampled_from([(0,), (2, 4), ()]),
)
def test_it_is_the_newton_step(seed, width, loss, damping, forget):
    problem, W = gaussian(seed, 5, 9, width, scale=1.0)
    W = W if width else 2.0 * np.linalg.pinv(problem.X) @ problem.y + 0.1 * W
    if not (problem.margins(W) > 0.05).all():
        W = W + np.outer(problem.output_weights, np.linalg.pinv(problem.X) @ problem.y)
    found = influence_step(problem, W, forget, loss=loss, damping=damping)
    expected = newton_step(problem, W, forget, loss, damping)
    np.testing.assert_allclose(found, expected, atol=1e-9 * np.abs(expected).max())


@pytest.mark.parametrize("loss", sorted(SLOPES))
def test_samples_far_beyond_their_margin_do_not_enter(loss):
    problem, _ = gaussian(0, 8, 20, None)
    far = np.array([1.0, 1.5, 60.0, 2.0, 80.0, 1.2, 1.0, 70.0])
    W = (np.linalg.pinv(problem.X) @ (problem.y * far))[None]
    found = influence_step(problem, W, (0, 2), loss=loss)
    expected = newton_step(problem, W, (0, 2), loss, 1.0)
    np.testing.assert_allclose(found, expected, atol=1e-12 * np.abs(expected).max())


def stationary(point, gamma):
    """Weights γθ, moved so that ``e^−q_i`` is proportional to λ_i: stationary with a ridge (linear model)."""
    problem = point.problem
    wanted = gamma - np.log(point.multipliers / point.multipliers.max())
    return (np.linalg.pinv(problem.X) @ (problem.y * wanted))[None]


@pytest.mark.parametrize("forget", [(1,), (0, 3)])
def test_late_in_training_of_a_linear_model_it_is_exact(forget):
    problem, _, point = solved(2, 6, 400, None)
    assert (point.multipliers > 0.1).all()
    (target,) = retained_kkt_points(point, [forget])
    assert (target.multipliers > 0.1).all()
    distances = []
    for gamma in (30.0, 300.0, 3000.0):
        W = influence_step(problem, stationary(point, gamma), forget)
        distances.append(float(cosine_distance(W, target.W)))
    step = float(cosine_distance(unlearn(point, forget).W, target.W))
    # The angle falls like 1/γ, the distance like its square; the prescribed step stays where it is.
    assert distances[0] > 30 * distances[1] > 900 * distances[2]
    assert distances[2] < 1e-3 * step


def test_on_orthogonal_data_it_is_the_prescribed_step():
    problem, *_ = solved(2, 6, 400, None)
    orthogonal = type(problem)(problem.network, np.eye(6), problem.y)
    W = 20.0 * problem.y[None]
    expected = ascend(orthogonal, W, np.full(6, 20.0), [2])
    np.testing.assert_allclose(influence_step(orthogonal, W, [2]), expected, atol=1e-10)


def test_losses_far_below_the_smallest_float_do_no_harm():
    problem, _, point = solved(1, 6, 15, 8)
    W = 1e4 * point.W  # e^−10000 is 0
    found = influence_step(problem, W, [2])
    assert np.isfinite(found).all()
    assert np.linalg.norm(found - W) > 0.1 * np.linalg.norm(W)


@pytest.mark.parametrize("damping", [0.0, -1.0, float("nan"), float("inf")])
def test_bad_damping(damping):
    problem, training, _ = solved(1, 6, 15, 8)
    with pytest.raises(DataError) as error:
        influence_step(problem, training.W, [0], damping=damping)
    assert f"damping = {damping}" in one_sentence(error)


def test_weights_that_do_not_separate_are_refused():
    problem, training, _ = solved(1, 6, 15, None)
    with pytest.raises(DataError) as error:
        influence_step(problem, -training.W, [0])
    assert "smallest margin" in one_sentence(error) and "train for longer" in one_sentence(error)


def test_a_machine_too_small_is_one_sentence_with_the_memory_needed(monkeypatch):
    problem, _ = gaussian(0, 8, 20, None)
    W = (np.linalg.pinv(problem.X) @ problem.y)[None]
    monkeypatch.setattr("kkt_unlearning.datasets.memory.os.sysconf", lambda name: 10)
    with pytest.raises(DataError, match="7 samples bend the loss: its arrays would need") as error:
        influence_step(problem, W, (0,))
    assert one_sentence(error)
