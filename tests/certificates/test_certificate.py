"""The certificate: its ends, its invariances, and what it says where there is none."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from builders import gaussian, labels, planted_orthogonal, planted_pairs, solved
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.certificates.certificate import Certificate, certify
from kkt_unlearning.certificates.restore import restore
from kkt_unlearning.certificates.stationarity import least_epsilon
from kkt_unlearning.errors import DataError
from kkt_unlearning.kkt.point import kkt_point
from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.networks import Linear
from kkt_unlearning.problem import Problem
from kkt_unlearning.training import Descent, train
from kkt_unlearning.training.span import span_coordinates
from kkt_unlearning.unlearning.ascent import starting_point, unlearn

MACHINE = 1e-12


@pytest.mark.parametrize("width", [None, 8])
@pytest.mark.parametrize("seed", range(3))
def test_nearest_point_is_an_exact_point_of_the_retained_problem(seed, width):
    problem, _, point = solved(seed, 6, 15, width)
    sets = [(0,), (3,), (1, 4), (0, 1, 2, 3)]
    for forget, nearest in zip(sets, retained_kkt_points(point, sets), strict=True):
        keep = np.setdiff1d(np.arange(6), forget)
        np.testing.assert_array_equal(nearest.problem.X, problem.X[keep])
        assert nearest.residuals.worst < MACHINE
        assert nearest.gap < MACHINE
        step = unlearn(point, forget)
        V = nearest.W
        cosine = (step.W * V).sum() / np.linalg.norm(step.W) / np.linalg.norm(V)
        found = certify(step, nearest)
        assert found.tau_star == pytest.approx(1 - cosine, abs=1e-14)
        # The same point without being given it.
        assert certify(step).tau_star == pytest.approx(found.tau_star, rel=MACHINE)


@pytest.mark.parametrize("width", [None, 2, 6])
def test_on_orthogonal_data_unlearning_is_exact(width):
    lengths, y = [1.0, 2.0, 0.5, 1.5], labels(4)
    problem, _, _, clarke = planted_orthogonal(lengths, y, width)
    point = kkt_point(problem, clarke)
    step = unlearn(point, [2])
    found = certify(step)
    # What is left is the planted solution of the retained rows: (0, 0, 0).
    rest = planted_orthogonal(np.delete(lengths, 2), np.delete(y, 2), width)[1]
    np.testing.assert_allclose(np.delete(step.W, 2, axis=1), rest, atol=MACHINE)
    assert found.tau_star < MACHINE and found.tau < MACHINE
    assert found.epsilon < MACHINE and found.delta < MACHINE
    assert found.epsilon_clarke <= found.epsilon_bound + MACHINE
    assert found.kappa == found.flip_term == 0.0
    assert found.delta_bound < 1e-13
    assert found.outcome == "separating"


def test_forgetting_one_of_a_planted_pair():
    # ρ = −0.3: no kinks, κ = 2 · 0.3 · ½ = 0.3 (c = 1). Without x₂ there is one point left:
    # W* = √2 x₁ on neuron 0. The step leaves exactly λ s x₁ on neuron 0 = √2 x₁.
    problem, W, *_ = planted_pairs([-0.3], [1.0], 2)
    point = kkt_point(problem, problem.pattern(W))
    found = certify(unlearn(point, [1]))
    assert found.kappa == pytest.approx(0.3, rel=1e-12)
    assert max(found.tau_star, found.epsilon, found.delta) < MACHINE
    # Half of the step: neuron 1 keeps half of its weights, ε = ½ √2 before scaling, ‖θ'‖ = √2.5.
    # The margin of x₁ is then 1, as x₁ is off on neuron 1.
    half = certify(unlearn(point, [1], fraction=0.5))
    assert half.epsilon_autograd == pytest.approx(np.sqrt(0.5 / 2.5), rel=MACHINE)
    assert half.tau_star == pytest.approx(1 - 1 / np.sqrt(1.25), rel=MACHINE)
    assert half.epsilon_bound == pytest.approx(np.sqrt(0.5 / 2.5) / 0.85, rel=MACHINE)
    assert half.delta_bound == pytest.approx(2 * 0.15 * 2 / 0.85**2, rel=MACHINE)


def test_a_kept_kink_keeps_its_weight_and_a_left_one_loses_it():
    # Two pairs, ρ = ½, without the last point. The kinks of pair 0 stay on the kink with a = ½. On
    # x₂ the odd neurons, held by x₃ so far, fall to P = −λ s ρ < 0: a = ½ becomes 0, and their
    # ρ x₂ is left over, n/2 times (λ s ρ)² in ε². The multipliers explain everything else.
    problem, W, *_ = planted_pairs([0.5, 0.5], [1.0, 1.0], 4)
    step = unlearn(kkt_point(problem, problem.pattern(W)), [3])
    found = certify(step)
    expected = 8 / 3 * 0.5 / np.sqrt(2) / np.linalg.norm(step.W)
    assert found.flip_term == pytest.approx(expected, rel=1e-12)
    assert found.epsilon_clarke == pytest.approx(expected, rel=MACHINE)
    assert found.epsilon_autograd > 1.1 * expected


@pytest.mark.parametrize(("r", "fraction"), [(2, 1.0), (0, 0.05), (1, 0.3)])
def test_every_end_is_what_its_definition_says(r, fraction):
    problem, _, point = solved(1, 6, 15, 8)
    step, rest = unlearn(point, [r], fraction=fraction), problem.retain([r])
    found = certify(step)
    q = rest.margins(step.W)
    assert found.outcome == "separating" and q.min() > 0
    autograd = least_epsilon(rest, step.W, found.delta_bound)
    assert found.epsilon_autograd == pytest.approx(autograd.relative_epsilon, rel=MACHINE)
    restored = restore(rest, step.W, np.delete(point.pattern, r, 1), np.delete(point.kinks, r, 1))
    assert found.tau == pytest.approx(float(cosine_distance(step.W, restored.W)), rel=1e-12)
    assert found.tau > 0
    again = least_epsilon(rest, restored.W, found.delta_budget, restored.kinks)
    assert found.epsilon == pytest.approx(again.relative_epsilon, rel=1e-11)
    assert found.delta == pytest.approx(again.delta, rel=1e-11)
    # The bound on it: the multipliers and derivatives from before the step, carried over.
    q, lam = rest.margins(restored.W), np.delete(point.multipliers, r)
    left = restored.W - rest.combination(lam, np.delete(point.clarke, r, 1))
    assert found.restored_bound == pytest.approx(
        np.linalg.norm(left) / np.linalg.norm(restored.W), rel=1e-11
    )
    carried = (lam * (q / q.min() - 1)).max() / q.min()
    assert found.delta_budget == pytest.approx(max(carried, found.delta_bound), rel=1e-11)


# The multipliers behind δ follow from the gradient of the residual, which is 0 at the minimum:
# round-off there times the condition of H, up to 1e3 here.
DIGITS = {"delta": 1e-9}


def assert_same(one: Certificate, other: Certificate) -> None:
    assert one.outcome == other.outcome
    for name, value in asdict(one).items():
        if name != "outcome":
            rel = DIGITS.get(name, 1e-10)
            assert getattr(other, name) == pytest.approx(value, rel=rel, abs=MACHINE), name


@settings(max_examples=12)
@given(st.floats(1e-2, 1e2), st.sampled_from([None, 8]), st.integers(0, 5))
def test_the_scale_of_trained_weights_does_not_matter(scale, width, r):
    _, training, point = solved(1, 6, 15, width)
    one = certify(unlearn(point, [r], trained=training.W))
    other = certify(unlearn(point, [r], trained=scale * training.W))
    assert_same(one, other)


@settings(max_examples=8)
@given(st.integers(0, 10**6), st.sampled_from([None, 8]))
def test_rotating_the_data_or_reordering_samples_leaves_the_certificate(seed, width):
    problem, training, point = solved(1, 6, 15, width)
    rng = np.random.default_rng(seed)
    one = certify(unlearn(point, [2], trained=training.W))
    rotation = np.linalg.qr(rng.normal(size=(15, 15)))[0]
    order = rng.permutation(6)
    turned = Problem(problem.network, problem.X[order] @ rotation, problem.y[order])
    same = kkt_point(turned, problem.pattern(training.W)[:, order])
    r = int(np.flatnonzero(order == 2)[0])
    other = certify(unlearn(same, [r], trained=training.W @ rotation))
    assert_same(one, other)


def overshot():
    """Correlated points of a linear model; too long a step turns a retained margin negative."""
    X = np.array([[1.0, 0.0, 0.0], [0.9, 0.5, 0.0], [0.0, 0.6, 1.0]])
    problem = Problem(Linear(), X, np.array([1.0, 1.0, -1.0]))
    point = kkt_point(problem, np.ones((1, 3)))
    forget = [int(np.argmax(point.multipliers))]
    return point, forget


def test_a_network_that_no_longer_separates_is_not_certified():
    point, forget = overshot()
    step = unlearn(point, forget, fraction=3.0)
    assert point.problem.retain(forget).margins(step.W).min() <= 0
    found = certify(step)
    assert found.outcome == "not separating"
    assert found.epsilon_autograd == found.epsilon_clarke == found.epsilon == np.inf
    assert found.epsilon_bound == found.delta_bound == np.inf
    assert found.restored_bound == np.inf
    assert np.isfinite(found.tau_star)


def test_forgetting_nothing_certifies_the_point_itself():
    for width in (None, 8):
        _, _, point = solved(1, 6, 15, width)
        found = certify(unlearn(point, [], allow_idle=True))
        assert found.kappa == 0.0 and found.tau_star < MACHINE and found.tau < MACHINE
        assert found.epsilon_clarke <= found.epsilon_bound + MACHINE
        assert found.epsilon <= found.restored_bound + MACHINE


def test_bad_forget_sets_are_refused():
    _, _, point = solved(1, 6, 15, 8)
    with pytest.raises(DataError, match="index 6"):
        retained_kkt_points(point, [(1,), (6,)])
    good = unlearn(point, [1])
    with pytest.raises(DataError, match="all 6"):
        certify(replace(good, forget=(0, 1, 2, 3, 4, 5)))


def test_the_right_step_is_the_best_of_figure_one():
    # Figure 1, read at the restored network, on near-orthogonal data: its ε is least at 1.
    problem, W0 = gaussian(2, 8, 400, 12)
    span = span_coordinates(problem.X, W0)
    small = Problem(problem.network, span.X, problem.y)
    training = train(small, span.W0, Descent(steps=1500))
    point = kkt_point(small, small.pattern(training.W))
    fractions = [0.0, 0.5, 0.9, 1.0, 1.1, 1.5, 2.0]
    for r in range(2):
        errors = [
            certify(unlearn(point, [r], fraction=f, allow_idle=True)).epsilon for f in fractions
        ]
        assert np.argmin(errors) == fractions.index(1.0)
        assert errors[3] < 0.5 * min(errors[0], errors[-1])


def test_a_start_that_is_the_exact_point_is_certified_like_it():
    _, _, point = solved(1, 6, 15, None)
    W, clarke = starting_point(point, None)
    trained = certify(unlearn(point, [2], trained=5.0 * W))
    exact = certify(unlearn(point, [2]))
    np.testing.assert_array_equal(clarke, 1.0)
    assert_same(exact, trained)


def test_a_step_that_leaves_nothing_is_not_separating():
    problem = Problem(Linear(), np.array([[1.0, 0.0], [3.0, 1.0]]), np.ones(2))
    found = certify(unlearn(kkt_point(problem, np.ones((1, 2))), [0], allow_idle=True))
    assert found.outcome == "not separating"
    assert found.tau == found.tau_star == 1.0
    assert np.isinf(found.epsilon) and np.isfinite(found.flip_term)
