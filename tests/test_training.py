"""Descent in span coordinates is plain gradient descent, for all networks of a batch at once."""

from itertools import pairwise

import numpy as np
import pytest
from builders import ROUND_OFF, gaussian, labels, network, one_sentence
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.errors import DataError, NotConvergedError
from kkt_unlearning.problem import Problem
from kkt_unlearning.training import Descent, step_reach, train
from kkt_unlearning.training.span import span_coordinates

LOSSES = ("exponential", "logistic")
STEPS = ("constant", "normalised")
WIDTHS = (None, 8)
# 1e-12: the iterates have size 1 and 300 steps add some 1e-16 each.
STEPS_TAKEN = 300


def value(loss, q):
    return np.exp(-q) if loss == "exponential" else np.log1p(np.exp(-q))


def slope(loss, q):
    return np.exp(-q) if loss == "exponential" else 1.0 / (1.0 + np.exp(q))


def outputs(net, W, X):
    P = X @ W.T
    return (P if not net.has_kinks else np.maximum(P, 0.0)) @ net.output_weights


def plain_descent(net, X, y, W, descent, steps=None):
    """Gradient descent in R^d, as one would write it down, and the sum of its weighted slopes."""
    u, total = net.output_weights, np.zeros(len(y))
    for _ in range(steps or descent.steps):
        active = (X @ W.T > 0) if net.has_kinks else np.ones((len(y), len(u)))
        q = y * outputs(net, W, X)
        eta = descent.step_size
        if descent.step == "normalised":
            eta = eta / value(descent.loss, q).sum()
        gradient = np.zeros_like(W)
        for i in range(len(y)):
            weight = -slope(descent.loss, q[i]) * y[i]
            gradient += weight * (u * active[i])[:, None] * X[i]
        W = W - eta * gradient
        total = total + eta * slope(descent.loss, q)
    return W, total


def in_span(problem, W0):
    span = span_coordinates(problem.X, W0)
    return span, Problem(problem.network, span.X, problem.y)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("step", STEPS)
def test_span_coordinates_give_the_iterates_of_plain_descent(width, loss, step):
    problem, W0 = gaussian(1, 5, 30, width)
    descent = Descent(loss, step, step_size=0.5, steps=STEPS_TAKEN, minimum_margin=0.05)
    span, small = in_span(problem, W0)
    result = train(small, span.W0, descent, snapshots=[7, 100])
    expected, total = plain_descent(problem.network, problem.X, problem.y, W0, descent)
    np.testing.assert_allclose(span.lift(result.W), expected, atol=ROUND_OFF)
    np.testing.assert_allclose(result.loss_weights, total, rtol=ROUND_OFF)
    margins = problem.y * outputs(problem.network, expected, problem.X)
    np.testing.assert_allclose(result.margins, margins, atol=ROUND_OFF)
    for steps, snapshot in zip([7, 100], result.snapshots, strict=True):
        early, _ = plain_descent(problem.network, problem.X, problem.y, W0, descent, steps)
        np.testing.assert_allclose(span.lift(snapshot), early, atol=ROUND_OFF)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("step", STEPS)
def test_a_masked_sample_is_a_sample_that_is_not_there(width, loss, step):
    problem, W0 = gaussian(2, 5, 20, width)
    descent = Descent(loss, step, step_size=0.5, steps=STEPS_TAKEN, minimum_margin=0.01)
    result = train(problem, W0, descent, mask=~np.eye(5, dtype=bool))
    for r in range(5):
        alone = train(problem.retain([r]), W0, descent)
        kept = np.delete(np.arange(5), r)
        np.testing.assert_allclose(result.W[r], alone.W, atol=ROUND_OFF)
        np.testing.assert_allclose(result.margins[r, kept], alone.margins, atol=ROUND_OFF)
        np.testing.assert_allclose(result.loss_weights[r, kept], alone.loss_weights, rtol=ROUND_OFF)
        assert result.loss_weights[r, r] == 0.0
        for whole, part in zip(result.history, alone.history, strict=True):
            assert whole.step == part.step
            assert whole.smallest_margin[r] == pytest.approx(part.smallest_margin, abs=ROUND_OFF)
            assert whole.log_loss[r] == pytest.approx(part.log_loss, abs=ROUND_OFF)
            assert whole.norm[r] == pytest.approx(part.norm, rel=ROUND_OFF)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_batch_is_its_members_one_by_one(width):
    members = [gaussian(seed, 4, 12, width) for seed in (3, 4, 5)]
    X, W0 = np.stack([p.X for p, _ in members]), np.stack([W for _, W in members])
    y = np.stack([p.y for p, _ in members])
    descent = Descent(steps=STEPS_TAKEN)
    result = train(Problem(network(width), X, y), W0, descent)
    assert result.W.shape == W0.shape
    for s, (problem, start) in enumerate(members):
        alone = train(problem, start, descent)
        np.testing.assert_allclose(result.W[s], alone.W, atol=ROUND_OFF)
        np.testing.assert_allclose(result.margins[s], alone.margins, atol=ROUND_OFF)
        np.testing.assert_allclose(result.loss_weights[s], alone.loss_weights, rtol=ROUND_OFF)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("loss", LOSSES)
def test_one_step_follows_the_central_difference_of_the_loss(width, loss):
    problem, W0 = gaussian(6, 4, 6, width, scale=1.0)
    W0 = train(problem, W0, Descent(steps=50, minimum_margin=0.1)).W
    # Error of the difference: h² |ℓ'''| + eps |ℓ| / h, least at h = eps^(1/3), of size 1e-10.
    h = np.finfo(float).eps ** (1 / 3)
    if width:
        assert np.abs(problem.preactivations(W0)).min() > 10 * h  # no kink within reach

    def total(W):
        return value(loss, problem.y * outputs(problem.network, W, problem.X)).sum()

    numeric = np.zeros_like(W0)
    for entry in np.ndindex(W0.shape):
        shift = np.zeros_like(W0)
        shift[entry] = h
        numeric[entry] = (total(W0 + shift) - total(W0 - shift)) / (2 * h)
    descent = Descent(loss, "constant", step_size=0.1, steps=1, minimum_margin=1e-3)
    taken = (W0 - train(problem, W0, descent).W) / 0.1
    np.testing.assert_allclose(taken, numeric, atol=2e-9)
    normalised = Descent(loss, "normalised", step_size=0.1, steps=1, minimum_margin=1e-3)
    taken = (W0 - train(problem, W0, normalised).W) / 0.1
    np.testing.assert_allclose(taken, numeric / total(W0), atol=2e-9)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("margin", [1e3, 1e4])
def test_training_goes_on_where_every_loss_underflows(loss, margin):
    # Orthonormal data and equal margins: every normalised slope is 1/m, whatever the margin.
    problem = Problem(network(None), np.eye(3), labels(3))
    W0 = margin * labels(3)[None, :]
    result = train(problem, W0, Descent(loss=loss, step_size=1.5, steps=4))
    np.testing.assert_allclose(result.margins, margin + 4 * 1.5 / 3, rtol=1e-14)
    np.testing.assert_allclose(result.loss_weights, 4 * 1.5 / 3, rtol=1e-11)
    last = result.history[-1]
    assert float(last.log_loss) == pytest.approx(np.log(3.0) - margin - 2.0, rel=1e-14)


@pytest.mark.parametrize("width", WIDTHS)
def test_normalised_descent_heads_for_the_max_margin_direction(width):
    # Orthonormal rows, no initial weights: every margin is the same, so no multiplier is preferred.
    problem = Problem(network(width), np.eye(4), labels(4))
    W0 = np.full((width or 1, 4), 1e-9)
    result = train(problem, W0, Descent(steps=200))
    np.testing.assert_allclose(result.margins, result.margins[0], rtol=1e-8)


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.sampled_from(WIDTHS))
def test_training_knows_no_order_of_samples_or_neurons_and_no_axes(seed, width):
    problem, W0 = gaussian(seed, 4, 10, width)
    rng = np.random.default_rng(seed)
    descent = Descent(steps=30, minimum_margin=1e-6)
    result = train(problem, W0, descent)
    order = rng.permutation(4)
    shuffled = Problem(problem.network, problem.X[order], problem.y[order])
    np.testing.assert_allclose(train(shuffled, W0, descent).W, result.W, atol=ROUND_OFF)
    rotation = np.linalg.qr(rng.normal(size=(10, 10)))[0]
    turned = Problem(problem.network, problem.X @ rotation, problem.y)
    np.testing.assert_allclose(
        train(turned, W0 @ rotation, descent).W, result.W @ rotation, atol=1e-11
    )
    if width:
        # Neurons of one sign are alike: exchanging two of them exchanges their weights.
        neurons = np.arange(width)
        neurons[::2] = rng.permutation(neurons[::2])
        np.testing.assert_allclose(
            train(problem, W0[neurons], descent).W, result.W[neurons], atol=ROUND_OFF
        )


def test_flipping_all_labels_flips_the_linear_model():
    problem, W0 = gaussian(8, 4, 10, None)
    opposite = Problem(problem.network, problem.X, -problem.y)
    descent = Descent(steps=50)
    np.testing.assert_array_equal(train(opposite, -W0, descent).W, -train(problem, W0, descent).W)


def test_flipping_all_labels_exchanges_the_two_kinds_of_neurons():
    problem, W0 = gaussian(8, 4, 10, 6)
    exchanged = np.arange(6).reshape(3, 2)[:, ::-1].ravel()
    opposite = Problem(problem.network, problem.X, -problem.y)
    descent = Descent(steps=50, minimum_margin=1e-6)
    np.testing.assert_allclose(
        train(opposite, W0[exchanged], descent).W,
        train(problem, W0, descent).W[exchanged],
        atol=ROUND_OFF,
    )


def test_history_counts_flips_and_measures_norm_loss_and_margin():
    problem, W0 = gaussian(9, 5, 12, 8)
    descent = Descent(steps=40, minimum_margin=1e-6)
    seen = []
    result = train(problem, W0, descent, snapshots=range(1, 41), report=seen.append)
    assert seen == result.history
    assert [line.step for line in result.history] == list(range(1, 41))
    before = problem.pattern(W0)
    for line, W in zip(result.history, result.snapshots, strict=True):
        after = problem.pattern(W)
        assert int(line.flips) == int((before != after).sum())
        before = after
        q = problem.margins(W)
        assert float(line.norm) == pytest.approx(np.linalg.norm(W), rel=ROUND_OFF)
        assert float(line.smallest_margin) == pytest.approx(q.min(), abs=ROUND_OFF)
        assert float(line.log_loss) == pytest.approx(np.log(np.exp(-q).sum()), abs=ROUND_OFF)
    assert sum(int(line.flips) for line in result.history) > 0
    assert "step 40: smallest margin" in str(result.history[-1])


def test_checkpoints_are_few_and_end_with_the_last_step():
    problem, W0 = gaussian(9, 3, 8, None)
    history = train(problem, W0, Descent(steps=777)).history
    assert history[0].step == 1
    assert history[-1].step == 777
    assert history[-1].seconds_left == 0.0
    assert len(history) <= 61


def test_reach_of_a_step_is_how_far_a_step_moves_where_nothing_cancels():
    # One sample: the step moves P_j by exactly η |u_j| (−ℓ') ‖x‖² where the neuron is active.
    problem = Problem(network(2), np.array([[2.0, 0.0]]), np.array([1.0]))
    W = np.array([[1.0, 0.0], [1.0, 0.0]])
    descent = Descent(step="constant", step_size=0.25)
    q = 0.0  # the two neurons cancel
    expected = 0.25 / np.sqrt(2) * np.exp(-q) * 4.0
    np.testing.assert_allclose(
        step_reach(problem, W, descent), np.full((2, 1), expected), rtol=1e-14
    )


@pytest.mark.parametrize("batch", [(), (2,)])
def test_the_reach_of_a_step_does_not_depend_on_parts(monkeypatch, batch):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(*batch, 7, 5)), np.ones((*batch, 7))
    problem, W = Problem(network(4), X, y), rng.normal(size=(*batch, 4, 5))
    whole = step_reach(problem, W, Descent())
    monkeypatch.setattr("kkt_unlearning.training.descent.WORK_ARRAY", 3 * 7)
    np.testing.assert_allclose(step_reach(problem, W, Descent()), whole, rtol=1e-14)


def test_no_entry_moves_farther_in_a_step_than_its_reach():
    problem, W0 = gaussian(10, 5, 12, 8)
    for loss, step in [("exponential", "normalised"), ("logistic", "constant")]:
        descent = Descent(loss, step, steps=20, minimum_margin=1e-6)
        snapshots = train(problem, W0, descent, snapshots=range(1, 21)).snapshots
        for W, after in pairwise(snapshots):
            moved = np.abs(problem.preactivations(after) - problem.preactivations(W))
            assert np.all(moved <= step_reach(problem, W, descent) + ROUND_OFF)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"loss": "hinge"}, ["loss = 'hinge'", "exponential, logistic", "choose"]),
        ({"step": "adam"}, ["step = 'adam'", "normalised, constant", "choose"]),
        ({"step_size": 0.0}, ["step_size = 0.0", "step_size > 0", "raise"]),
        ({"step_size": -1.0}, ["step_size = -1.0", "step_size > 0", "raise"]),
        ({"step_size": float("nan")}, ["step_size = nan", "step_size > 0"]),
        ({"steps": 0}, ["steps = 0", "steps >= 1", "raise"]),
        ({"steps": 2.5}, ["steps = 2.5", "whole numbers >= 1"]),
        ({"steps": "x"}, ["steps = 'x'", "whole numbers >= 1"]),
        ({"step_size": "x"}, ["step_size = 'x'", "numbers"]),
    ],
)
def test_bad_settings_are_refused(settings, named):
    with pytest.raises(DataError) as error:
        Descent(**settings)
    text = one_sentence(error)
    for part in named:
        assert part in text


@pytest.mark.parametrize("minimum_margin", [0.0, -1.0, float("nan")])
def test_a_minimum_margin_that_is_not_positive_is_refused(minimum_margin):
    with pytest.raises(DataError) as error:
        Descent(minimum_margin=minimum_margin)
    assert "minimum_margin" in one_sentence(error)


def test_too_few_steps_are_not_converged():
    problem, W0 = gaussian(0, 4, 10, None)
    with pytest.raises(NotConvergedError) as error:
        train(problem, W0, Descent(steps=2, step_size=0.01))
    text = one_sentence(error)
    for part in ("steps = 2", "step_size = 0.01", "minimum_margin = 1.0", "1 of 1", "raise steps"):
        assert part in text


def test_one_network_of_a_batch_that_did_not_converge_stops_the_batch():
    problem, W0 = gaussian(0, 4, 10, None)
    start = np.stack([W0, -100.0 * W0 / np.linalg.norm(W0)])
    good = train(problem, W0, Descent(steps=30))
    start[0] = good.W
    with pytest.raises(NotConvergedError, match="1 of 2 networks"):
        train(problem, start, Descent(steps=1, step_size=1e-6))


@pytest.mark.parametrize("width", [None, 6])
def test_xor_or_contradictory_data_do_not_converge(width):
    if width is None:
        X, y = np.array([[1.0, 1.0], [-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0]]), [1, 1, -1, -1]
    else:
        X, y = np.array([[1.0, 2.0], [1.0, 2.0], [0.5, -1.0]]), [1, -1, 1]
    problem = Problem(network(width), X, np.array(y, float))
    W0 = np.random.default_rng(0).normal(size=(width or 1, 2))
    with pytest.raises(NotConvergedError, match="separated"):
        train(problem, W0, Descent(steps=500))


def test_a_diverging_step_is_reported_as_not_converged():
    # Two correlated samples and a huge constant step: the iterates overflow.
    X = np.array([[1.0, 0.0], [0.9, 0.1]])
    problem = Problem(network(None), X, np.array([1.0, -1.0]))
    with pytest.raises(NotConvergedError):
        train(problem, np.zeros((1, 2)), Descent(step="constant", step_size=1e4, steps=10))


def test_a_neuron_on_all_its_kinks_does_not_move():
    # The derivative at 0 is 0, as automatic differentiation has it.
    problem, W0 = gaussian(1, 5, 30, 8)
    W0[3] = 0.0
    result = train(problem, W0, Descent(steps=50, minimum_margin=1e-3))
    np.testing.assert_array_equal(result.W[3], 0.0)
    assert np.all(np.abs(result.W - W0).max(axis=1)[[0, 1]] > 0)
