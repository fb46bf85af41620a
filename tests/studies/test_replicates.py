"""A batch of replicates is its members one by one, in d dimensions or in those of the span."""

import numpy as np
import pytest
from builders import ROUND_OFF, labels, network, one_sentence

from kkt_unlearning.errors import BackendError, DataError, NotConvergedError
from kkt_unlearning.kkt.point import kkt_point
from kkt_unlearning.networks.initial import gaussian_weights
from kkt_unlearning.problem import Problem
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.seeding import Stream, generator
from kkt_unlearning.studies.replicates import (
    exact_points,
    initialise,
    retrain_all,
    retrained_points,
    train_all,
)
from kkt_unlearning.training import Descent, train

S, M, T, D, SCALE, SEED = 3, 4, 7, 20, 0.5, 11
DESCENT = Descent(steps=300, minimum_margin=0.01)
FORGET = [[0], [1, 3]]
# WIDTH neurons and 4 samples: with this seed every sample has an active neuron of its side.
WIDTHS = [None, 10]


def data():
    rng = np.random.default_rng(5)
    X, X_fresh = rng.normal(size=(S, M, D)) / np.sqrt(D), rng.normal(size=(S, T, D)) / np.sqrt(D)
    y, y_fresh = np.tile(labels(M), (S, 1)), np.tile(labels(T), (S, 1))
    return X, y, X_fresh, y_fresh


def batch(width):
    return initialise(*data(), network(width), SCALE, SEED)


def weights(width, s):
    return gaussian_weights(generator(SEED, Stream.INITIAL_WEIGHTS, s), width or 1, D, SCALE)


def outputs(net, W, X):
    P = X @ W.T
    return (np.maximum(P, 0) if net.has_kinks else P) @ net.output_weights


@pytest.mark.parametrize("width", WIDTHS)
def test_initial_networks_compute_what_they_compute_in_d_dimensions(width):
    replicates, (X, y, X_fresh, _) = batch(width), data()
    for s in range(S):
        W0 = weights(width, s)
        problem = replicates.problem(s)
        expected = y[s] * outputs(network(width), W0, X[s])
        found = problem.margins(replicates.W0[s])
        np.testing.assert_allclose(found, expected, atol=ROUND_OFF)
        fresh = outputs(network(width), W0, X_fresh[s])
        found = replicates.fresh_outputs(s, replicates.W0[s])
        np.testing.assert_allclose(found, fresh, atol=ROUND_OFF)


@pytest.mark.parametrize("width", WIDTHS)
def test_trained_networks_compute_what_they_compute_in_d_dimensions(width):
    replicates, (X, y, X_fresh, _) = batch(width), data()
    result = train_all(replicates, DESCENT, snapshots=[5])
    for s in range(S):
        plain = train(
            Problem(network(width), X[s], y[s]), weights(width, s), DESCENT, snapshots=[5]
        )
        np.testing.assert_allclose(result.margins[s], plain.margins, atol=ROUND_OFF)
        np.testing.assert_allclose(result.loss_weights[s], plain.loss_weights, rtol=ROUND_OFF)
        for W, V in [(result.W[s], plain.W), (result.snapshots[0][s], plain.snapshots[0])]:
            expected = outputs(network(width), V, X_fresh[s])
            np.testing.assert_allclose(replicates.fresh_outputs(s, W), expected, atol=ROUND_OFF)
            assert np.linalg.norm(W) == pytest.approx(np.linalg.norm(V), rel=ROUND_OFF)


@pytest.mark.parametrize("width", WIDTHS)
def test_retraining_is_training_on_the_retained_samples(width):
    replicates = batch(width)
    reports = []
    result = retrain_all(replicates, DESCENT, FORGET, report=reports.append)
    assert result.W.shape[:2] == (S, 2)
    assert reports[-1].step == 300
    for s in range(S):
        for f, forget in enumerate(FORGET):
            rest = replicates.problem(s).retain(forget)
            alone = train(rest, replicates.W0[s], DESCENT)
            np.testing.assert_allclose(result.W[s, f], alone.W, atol=ROUND_OFF)


@pytest.mark.parametrize("width", WIDTHS)
def test_retrained_points_are_exact_points_of_the_retained_problems(width):
    replicates = batch(width)
    W = retrain_all(replicates, DESCENT, FORGET).W
    points = retrained_points(replicates, W, FORGET, None, 50)
    assert [len(row) for row in points] == [2] * S
    for s, row in enumerate(points):
        for forget, point in zip(FORGET, row, strict=True):
            assert point.residuals.worst < 1e-12
            np.testing.assert_array_equal(
                point.problem.X, np.delete(replicates.X[s], forget, axis=0)
            )


@pytest.mark.parametrize("width", WIDTHS)
def test_exact_points_of_all_replicates_are_those_of_each(width):
    replicates = batch(width)
    W = train_all(replicates, DESCENT).W
    points = exact_points(replicates, W, Solver(), 50)
    assert len(points) == S
    for s, point in enumerate(points):
        problem = replicates.problem(s)
        alone = kkt_point(problem, problem.pattern(W[s]))
        np.testing.assert_array_equal(point.problem.X, replicates.X[s])
        np.testing.assert_allclose(point.W, alone.W, atol=ROUND_OFF)
        np.testing.assert_allclose(point.multipliers, alone.multipliers, rtol=1e-12)
        assert point.residuals.worst < 1e-12


def test_weights_inside_the_span_have_no_share_of_the_initial_ones():
    replicates, (X, _, X_fresh, _) = batch(10), data()
    C = np.random.default_rng(0).normal(size=(10, M))
    found = replicates.fresh_outputs(1, C @ replicates.X[1])
    np.testing.assert_allclose(found, outputs(network(10), C @ X[1], X_fresh[1]), atol=1e-11)


def test_a_replicate_does_not_depend_on_how_many_there_are():
    X, y, X_fresh, y_fresh = data()
    fewer = initialise(X[:1], y[:1], X_fresh[:1], y_fresh[:1], network(4), SCALE, SEED)
    np.testing.assert_array_equal(fewer.W0[0], batch(4).W0[0])
    other = initialise(*data(), network(4), SCALE, SEED + 1)
    assert not np.allclose(other.W0, batch(4).W0)


def test_without_fresh_samples_there_are_no_outputs():
    X, y, _, _ = data()
    none = initialise(X, y, np.empty((S, 0, D)), np.empty((S, 0)), network(4), SCALE, SEED)
    assert none.fresh_outputs(0, none.W0[0]).shape == (0,)


@pytest.mark.parametrize("width", WIDTHS)
def test_initial_scale_zero_is_possible_for_the_linear_model(width):
    replicates = initialise(*data(), network(width), 0.0, SEED)
    np.testing.assert_array_equal(replicates.W0, 0.0)
    if width is None:
        result = train_all(replicates, DESCENT)
        assert np.isfinite(replicates.fresh_outputs(0, result.W[0])).all()
    else:  # every neuron is dead, and stays so
        with pytest.raises(NotConvergedError):
            train_all(replicates, DESCENT)


def test_bad_forget_sets_and_backends_are_refused():
    replicates = batch(4)
    with pytest.raises(DataError) as error:
        retrain_all(replicates, DESCENT, [[0], [4]])
    assert "index 4" in one_sentence(error)
    with pytest.raises(BackendError) as error:
        train_all(replicates, DESCENT, backend="jax")
    assert "backend = 'jax'" in one_sentence(error)
