import os
import re

import numpy as np
import pytest
from audit_users import elsewhere, model_elsewhere, trained
from builders import gaussian, one_sentence, planted_orthogonal, planted_pairs
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import nnls

from kkt_unlearning.audit import Model, kkt
from kkt_unlearning.errors import DataError, NotConvergedError
from kkt_unlearning.kkt.multipliers import least_squares_multipliers
from kkt_unlearning.kkt.point import kkt_point
from kkt_unlearning.networks import Linear, TwoLayer
from kkt_unlearning.problem import Problem
from kkt_unlearning.training import Descent, train

RESIDUALS = (
    "stationarity",
    "primal_feasibility",
    "dual_feasibility",
    "complementary_slackness",
    "subgradient",
)


@pytest.fixture(scope="module")
def planted():
    """A KKT point with kinks whose multipliers are known, at a scale of its own, with its data."""
    problem, W, multipliers, _, kinks = planted_pairs([0.5, -0.4, 0.3], [1.0, 1.3, 0.8], 12)
    found = kkt(Model(7.0 * W, problem.network.output_weights), problem.X, problem.y)
    return found, problem, W, multipliers, kinks


@pytest.mark.parametrize("residual", RESIDUALS)
def test_a_planted_kkt_point_has_no_clarke_residual(planted, residual):
    assert getattr(planted[0].clarke, residual) < 1e-9
    assert getattr(planted[0].residuals, residual) < 1e-9


def test_at_a_planted_kkt_point_the_autograd_residual_is_not_zero(planted):
    """Its kinks have fractional derivatives, which 0 and 1 cannot replace."""
    assert planted[0].autograd.stationarity > 0.01


def test_a_planted_kkt_point_is_found_where_it_is(planted):
    found, _, W, multipliers, kinks = planted
    assert found.distance < 1e-12
    assert found.gap < 1e-9
    assert found.settled
    assert found.smallest_margin == pytest.approx(7.0, rel=1e-12)
    assert found.kinks == kinks.sum()
    assert np.allclose(found.multipliers["exact"], multipliers, rtol=1e-9)
    assert np.allclose(found.exact.W, 7.0 * W, rtol=0, atol=1e-9)
    assert np.allclose(found.margins, 1.0, rtol=1e-12)


@pytest.mark.parametrize("width", [None, 10])
def test_all_four_methods_agree_on_orthogonal_data(width):
    problem, W, multipliers, _ = planted_orthogonal([1.0, 0.7, 1.4, 1.1], [1, -1, 1, -1], width)
    u = None if width is None else problem.network.output_weights
    found = kkt(Model(W, u), problem.X, problem.y)
    for name in ("exact", "least_squares", "orthogonal"):
        assert np.allclose(found.multipliers[name], multipliers, rtol=1e-9), name
    # All margins are equal, so that the gradients of the loss are, and only their sum is right.
    assert found.multipliers["loss_gradient"].sum() == pytest.approx(multipliers.sum(), rel=1e-9)


@given(scale=st.floats(1e-6, 1e6), output=st.floats(1e-3, 1e3))
def test_the_scale_of_the_weights_does_not_matter(scale, output):
    """Twice the output weights are half the multipliers' size: λ u² is what stays."""
    model, X, y, point = trained(6)
    found = kkt(Model(scale * model.W, output * model.u), X, y)
    assert found.distance == pytest.approx(kkt(model, X, y).distance, rel=1e-6)
    assert np.allclose(output**2 * found.multipliers["exact"], point.multipliers, rtol=1e-6)


def test_the_residuals_of_a_trained_network_are_those_of_the_library():
    model, X, y, point = trained(6)
    found = kkt(model, X, y)
    problem = Problem(model.network, X, y)
    fitted = least_squares_multipliers(problem, model.W)
    scaled = model.W / problem.margins(model.W).min()
    left = scaled - (fitted * problem.signs * problem.pattern(model.W)) @ X
    expected = np.linalg.norm(left) / np.linalg.norm(scaled)
    assert found.autograd.stationarity == pytest.approx(expected, rel=1e-9)
    assert found.clarke.stationarity < found.autograd.stationarity
    assert np.allclose(found.multipliers["exact"], point.multipliers, rtol=1e-9)
    assert np.allclose(found.multipliers["least_squares"], fitted, rtol=1e-9)


def few_features(seed, width, samples=40):
    """More samples than features, and the exact point of their network."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(samples, 4))
    y = np.sign(X[:, 0] + 0.5 * X[:, 1])
    X += 0.8 * y[:, None] * np.array([1.0, 0.5, 0.0, 0.0])
    network = Linear() if width is None else TwoLayer(width)
    problem = Problem(network, X, y)
    W0 = np.ones((1, 4)) if width is None else 0.01 * rng.normal(size=(width, 4))
    start = problem.pattern(train(problem, W0, Descent(steps=300)).W)
    return problem, kkt_point(problem, start)


@pytest.mark.parametrize("width", [None, 30])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("c", [1e-8, 1.0, 1e8])
def test_one_choice_of_multipliers_serves_every_residual_of_an_exact_point(width, seed, c):
    """Any weights at all are a sum of gradients here: it is the slack that tells whether they are exact."""
    problem, point = few_features(seed, width)
    u = None if width is None else problem.network.output_weights
    found = kkt(Model(point.W / c, u), c * problem.X, problem.y)
    kinks = point.kinks[:, point.multipliers > 0].any()
    for residuals in (found.clarke, found.residuals, *([] if kinks else [found.autograd])):
        assert residuals.worst < 1e-9
    if width is None:
        assert not kinks


@pytest.mark.parametrize("width", [None, 30])
@pytest.mark.parametrize("size", [0.0, 1e-3, 0.05])
def test_the_residuals_are_those_of_the_multipliers_told_and_the_stationarity_is_the_least(
    width, size
):
    problem, point = few_features(1, width)
    X, y = problem.X, problem.y
    u = np.ones(1) if width is None else problem.network.output_weights
    W = point.W * (1.0 + size * np.random.default_rng(0).normal(size=point.W.shape))
    found = kkt(Model(W, None if width is None else u), X, y)
    P = W @ X.T
    active = np.ones_like(P) if width is None else problem.network.derivative(P)
    gradients = (y * u[:, None] * active)[:, None, :] * X.T[None]
    gradients = gradients.reshape(-1, len(y))
    q = y * (u @ (active * P))
    scaled, q = W.ravel() / q.min(), q / q.min()
    multipliers, length = found.fitted["autograd"], np.linalg.norm(scaled)
    left = np.linalg.norm(scaled - gradients @ multipliers) / length
    assert found.autograd.stationarity == pytest.approx(left, abs=1e-12)
    assert left == pytest.approx(nnls(gradients, scaled)[1] / length, rel=1e-6, abs=1e-9)
    slack = np.abs(multipliers * (q - 1)).max() / multipliers.sum()
    assert found.autograd.complementary_slackness == pytest.approx(slack, rel=1e-9, abs=1e-12)
    carried = np.abs(point.multipliers * (q - 1)).max() / point.multipliers.sum()
    assert slack <= 2 * carried + 1e-9  # about as little as the exact ones leave


def test_a_bias_is_the_weight_of_a_feature_that_is_one():
    (problem, W0), u = gaussian(1, 8, 120, 6), TwoLayer(6).output_weights
    X = np.column_stack([problem.X, np.ones(8)])
    W = train(Problem(problem.network, X, problem.y), np.pad(W0, ((0, 0), (0, 1)))).W
    expected = kkt(Model(W, u), X, problem.y)
    found = kkt(Model(W[:, :-1], u, W[:, -1]), problem.X, problem.y)
    assert found.distance == expected.distance
    assert found.phi == expected.phi
    assert (found.multipliers["exact"] == expected.multipliers["exact"]).all()
    assert (found.exact.bias == expected.exact.W[:, -1]).all()


def test_a_row_of_zeros_needs_a_bias():
    problem, W0 = gaussian(1, 8, 120, 6)
    u, samples = TwoLayer(6).output_weights, problem.X.copy()
    samples[3] = 0.0
    X = np.column_stack([samples, np.ones(8)])
    W = train(Problem(problem.network, X, problem.y), np.pad(W0, ((0, 0), (0, 1)))).W
    found = kkt(Model(W[:, :-1], u, W[:, -1]), samples, problem.y)
    assert found.multipliers["exact"].shape == (8,)
    assert found.residuals.stationarity < 1e-9
    with pytest.raises(DataError, match="the data: row 3 of X is zero, but a network without bias"):
        kkt(Model(W[:, :-1], u), samples, problem.y)


def test_arrays_of_another_library_come_back_in_it():
    model, X, y, _ = trained(6)
    expected = kkt(model, X, y)
    found = kkt(model_elsewhere(model), elsewhere(X), elsewhere(y))
    for name, values in found.multipliers.items():
        assert values.device == elsewhere(X).device
        assert np.allclose(np.from_dlpack(values, device="cpu"), expected.multipliers[name])
    assert found.exact.W.device == elsewhere(X).device
    assert found.distance == expected.distance


def test_a_dimension_beyond_the_samples_changes_nothing():
    """The coordinates are of 8 samples and one network, whatever d."""
    model, X, y, _ = trained(6)
    found, padded = kkt(model, X, y), np.pad(X, ((0, 0), (0, 5000)))
    wide = kkt(Model(np.pad(model.W, ((0, 0), (0, 5000))), model.u), padded, y)
    assert wide.distance == pytest.approx(found.distance, rel=1e-9)
    assert wide.exact.W.shape == (6, 5120)


def test_a_sample_that_is_not_classified_is_named():
    model, X, y, _ = trained(6)
    with pytest.raises(NotConvergedError, match=r"^sample 3 has margin -\S+ \(1 of 8 samples"):
        kkt(model, X, np.where(np.arange(8) == 3, -y, y))


def test_what_is_not_classified_has_the_remedy_for_its_cause():
    X, y = np.eye(4), np.array([1.0, -1.0, 1.0, -1.0])
    u = np.array([1.0, -1.0])
    side = np.array([y, -y])  # each neuron is on at the samples that it speaks for
    small = np.array([1.0, 1.0, 1.0, 1e-11])
    dead = side * np.where(np.arange(4) == 2, -1.0, 1.0)
    for W, labels, sentence in (
        (side, -y, "most are on the other side, so if the two labels are swapped, give -y"),
        (
            side * small,
            y,
            "beside 1, the largest, that is round-off, so check the units of that row",
        ),
        (dead, y, "no neuron that speaks for the label of sample 2 is active on it"),
        (side + np.array([[0.0, 3.0, 0, 0], [0] * 4]), y, "train on until the network classifies"),
    ):
        with pytest.raises(NotConvergedError) as error:
            kkt(Model(W, u), X, labels)
        assert sentence in one_sentence(error)


def test_a_row_that_round_off_would_hide_is_refused():
    model, X, y, _ = trained(4)
    X = X * np.where(np.arange(len(X)) == 3, 1e-40, 1.0)[:, None]
    with pytest.raises(DataError) as error:
        kkt(model, X, y)
    text = one_sentence(error)
    assert "the data: row 3 of X has norm" in text and "lost in round-off: check the units" in text


def test_words_and_weights_alone_are_refused_in_one_sentence():
    model, X, y, _ = trained(4)
    for arguments, sentence in (
        ((model, X.astype(str), y), "X is of words: allowed are real numbers"),
        ((model, X, y.astype(str)), r"y\[0\] is '-?1.0', but labels must be -1 or \+1: recode"),
        (((model.W, model.u), X, y), "model is of type tuple: .* write Model"),
    ):
        with pytest.raises(DataError, match=sentence) as error:
            kkt(*arguments)
        one_sentence(error)


@pytest.mark.parametrize("scale", [1e-98, 1e98])
def test_weights_of_every_allowed_size_are_audited(scale):
    model, X, y, _ = trained(4)
    expected, found = kkt(model, X, y), kkt(Model(scale * model.W, model.u), X, y)
    assert np.isclose(found.distance, expected.distance, rtol=1e-6, atol=1e-14)
    assert np.isclose(found.smallest_margin, scale * expected.smallest_margin, rtol=1e-12, atol=0)


def test_an_unknown_loss_is_refused():
    model, X, y, _ = trained(6)
    with pytest.raises(DataError, match="loss = 'hinge': allowed are"):
        kkt(model, X, y, loss="hinge")


def test_progress_is_told():
    model, X, y, _ = trained(6)
    told = []
    kkt(model, X, y, report=told.append)
    assert told[0] == "exact KKT point"
    assert len(told) == 3


def test_a_machine_too_small_is_one_sentence_with_the_memory_needed(monkeypatch):
    model, X, y, _ = trained(6)
    monkeypatch.setattr(os, "sysconf", lambda name: 2**14)  # of pages, and as many pages: 256 MiB
    with pytest.raises(DataError, match=r"samples: its arrays would need 0\.269 GB of memory"):
        kkt(model, X, y)


def test_a_program_that_takes_long_says_how_far_it_is(monkeypatch):
    model, X, y, _ = trained(6)
    monkeypatch.setattr("kkt_unlearning.audit.exact._SECONDS", 0.0)
    told = []
    kkt(model, X, y, report=told.append)
    assert any(re.fullmatch(r"quadratic program: residual \d\.\de[+-]\d\d", line) for line in told)
