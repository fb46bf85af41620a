"""All steps of all forget sets at once are each of them alone, at the width of the network or condensed."""

from dataclasses import fields

import numpy as np
import pytest
from builders import ROUND_OFF, least_residual_by_cvxpy, solved
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.certificates import certificate, condense
from kkt_unlearning.certificates.bounds import bounds, margin_shift
from kkt_unlearning.certificates.certificate import Certificate, certify, certify_all
from kkt_unlearning.certificates.condense import condensed_steps
from kkt_unlearning.certificates.given_delta import given_delta
from kkt_unlearning.certificates.restore import restore
from kkt_unlearning.certificates.stationarity import least_epsilon
from kkt_unlearning.kkt.point import kkt_point
from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.networks import Linear, TwoLayer
from kkt_unlearning.problem import Problem, kept
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.unlearning.ascent import unlearn, unlearn_all

FORGET, FRACTIONS = [(0,), (3,), (1, 4), (0, 1, 2, 3)], [0.0, 0.4, 1.0, 1.3]
# The multipliers: residuals of 1e-14 times the condition of H.
DIGITS = dict.fromkeys(("delta", "relative_delta"), 1e-9)


def assert_equal(found: Certificate, expected: Certificate, rel: float = 1e-10) -> None:
    assert found.outcome == expected.outcome
    for field in fields(Certificate):
        if field.name != "outcome":
            value, other = getattr(found, field.name), getattr(expected, field.name)
            allowed = max(rel, DIGITS.get(field.name, 0.0))
            assert value == pytest.approx(other, rel=allowed, abs=1e-12), field.name


def start_of(width, trained, seed=1):
    _, training, point = solved(seed, 6, 15, width)
    return point, training.W if trained else None


@pytest.mark.parametrize("trained", [False, True])
@pytest.mark.parametrize("width", [None, 8])
def test_certificates_of_all_steps_are_those_of_each(width, trained):
    point, weights = start_of(width, trained)
    steps = unlearn_all(point, FORGET, FRACTIONS, trained=weights)
    found = certify_all(steps)
    assert found.epsilon.shape == found.outcome.shape == (4, 4)
    for f, forget in enumerate(FORGET):
        for a, fraction in enumerate(FRACTIONS):
            step = unlearn(point, forget, fraction=fraction, trained=weights, allow_idle=True)
            alone = certify(step)
            assert_equal(found.at(f, a), alone)


@pytest.mark.parametrize("width", [None, 8])
def test_known_nearest_points_spare_their_computation_only(width):
    point, _ = start_of(width, False)
    steps = unlearn_all(point, FORGET, FRACTIONS)
    given_points = certify_all(steps, retained_kkt_points(point, FORGET))
    for f, a in np.ndindex(4, 4):
        assert_equal(given_points.at(f, a), certify_all(steps).at(f, a), rel=1e-13)


def test_a_batch_worked_through_in_parts_is_the_same(monkeypatch):
    point, _ = start_of(8, False)
    steps = unlearn_all(point, FORGET, FRACTIONS)
    whole = certify_all(steps)
    given = given_delta(steps, [0.1])
    monkeypatch.setattr(condense, "IN_CACHE", 1)  # one forget set at a time
    parts = certify_all(steps)
    for name, values in vars(given_delta(steps, [0.1])).items():
        np.testing.assert_allclose(values, getattr(given, name), rtol=1e-7, atol=1e-10)
    for f, a in np.ndindex(4, 4):
        assert_equal(parts.at(f, a), whole.at(f, a))


def overshooting():
    """A linear model on correlated points: from α = 1.4 or so a retained margin is negative."""
    X = np.array([[1.0, 0.0, 0.0], [0.9, 0.5, 0.0], [0.0, 0.6, 1.0]])
    point = kkt_point(Problem(Linear(), X, np.array([1.0, 1.0, -1.0])), np.ones((1, 3)))
    return point, int(np.argmax(point.multipliers))


def test_steps_that_no_longer_separate_do_not_disturb_the_others_of_their_batch():
    point, r = overshooting()
    steps = unlearn_all(point, [(r,), ((r + 1) % 3,)], [0.1, 3.0])
    found = certify_all(steps)
    assert found.outcome[0].tolist() == ["separating", "not separating"]
    for f, a in np.ndindex(2, 2):
        alone = certify(unlearn(point, steps.forget_sets[f], fraction=float(steps.fractions[a])))
        assert_equal(found.at(f, a), alone)
    assert found.epsilon_autograd[0, 1] == found.restored_bound[0, 1] == np.inf
    assert np.isfinite(found.tau_star).all()


@pytest.mark.parametrize("trained", [False, True])
def test_the_reference_solver_gives_the_same_certificates(trained):
    point, weights = start_of(8, trained)
    steps = unlearn_all(point, FORGET[:2], [0.4, 1.0], trained=weights)
    found, expected = certify_all(steps), certify_all(steps, solver=Solver("cvxpy"))
    for f, a in np.ndindex(2, 2):
        assert_equal(found.at(f, a), expected.at(f, a))


def allowed_multipliers(rest, W, delta):
    """Caps ``δ/(q_i/γ − 1)`` for W as it is, of smallest margin γ."""
    q = rest.margins(W)
    excess = q / q.min() - 1.0
    return np.where(excess > 1e-9, delta / np.maximum(excess, 1e-9), np.inf)


@pytest.mark.parametrize(("forget", "fraction"), [((0,), 1.0), ((3,), 0.4), ((1, 4), 1.3)])
@pytest.mark.parametrize("trained", [False, True])
def test_every_epsilon_is_that_of_cvxpy(forget, fraction, trained):
    point, weights = start_of(8, trained)
    step = unlearn(point, forget, fraction=fraction, trained=weights, allow_idle=True)
    found = certify(step)
    rest, keep = point.problem.retain(forget), kept(6, [forget])[0]
    pattern, kinks = point.pattern[:, keep], point.kinks[:, keep]
    P = np.abs(rest.preactivations(step.W))
    restored = restore(rest, step.W, pattern, kinks)
    for name, W, on_kink, delta in [
        ("epsilon_autograd", step.W, np.zeros_like(kinks), found.delta_bound),
        ("epsilon_clarke", step.W, kinks & (1e-10 * P.max() >= P), found.delta_bound),
        ("epsilon", restored.W, restored.kinks, found.delta_budget),
    ]:
        gamma = rest.margins(W).min()
        caps = allowed_multipliers(rest, W, delta)
        expected = least_residual_by_cvxpy(rest, W / gamma, on_kink, caps) / np.linalg.norm(
            W / gamma
        )
        # cvxpy's gap is 1e-11 of ε², at least (2e-3)² here.
        assert expected > 2e-3
        assert getattr(found, name) == pytest.approx(expected, rel=1e-5), name
        assert getattr(found, name) <= expected * (1 + 1e-9), name


@pytest.mark.parametrize("trained", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_least_epsilon_with_a_mask_is_that_of_the_retained_problem(seed, trained):
    point, weights = start_of(8, trained, seed)
    steps = unlearn_all(point, FORGET, [0.4, 1.0], trained=weights)
    keep = np.broadcast_to(kept(6, FORGET)[:, None], (4, 2, 6))
    restored = restore(point.problem, steps.W, point.pattern, point.kinks, keep)
    delta = np.linspace(0.01, 3.0, 8).reshape(4, 2)
    for kinks in (None, restored.kinks):
        found = least_epsilon(point.problem, restored.W, delta, kinks, keep=keep)
        for f, a in np.ndindex(4, 2):
            rest, left = point.problem.retain(FORGET[f]), keep[f, a]
            alone = least_epsilon(
                rest, restored.W[f, a], delta[f, a], None if kinks is None else kinks[f, a][:, left]
            )
            assert found.epsilon[f, a] == pytest.approx(alone.epsilon, rel=1e-11)
            assert found.delta[f, a] == pytest.approx(alone.delta, rel=1e-9, abs=1e-12)
            np.testing.assert_allclose(
                found.multipliers[f, a, left], alone.multipliers, rtol=1e-9, atol=1e-12
            )
            assert not found.multipliers[f, a, ~left].any()


@pytest.mark.parametrize("with_kinks", [False, True])
def test_a_guess_changes_nothing_but_the_way(with_kinks):
    point, _ = start_of(8, False)
    steps = unlearn_all(point, [(0,), (2,)], [0.7, 1.0])
    keep = np.broadcast_to(kept(6, steps.forget_sets)[:, None], (2, 2, 6))
    restored = restore(point.problem, steps.W, point.pattern, point.kinks, keep)
    kinks = restored.kinks if with_kinks else None
    cold = least_epsilon(point.problem, restored.W, 1.0, kinks, keep=keep)
    rng = np.random.default_rng(0)
    for guess in [
        (point.multipliers, point.clarke),
        (rng.random(6) * 10.0, rng.random(point.clarke.shape)),
        (np.zeros(6), np.zeros_like(point.clarke)),
    ]:
        warm = least_epsilon(point.problem, restored.W, 1.0, kinks, keep=keep, guess=guess)
        np.testing.assert_allclose(warm.epsilon, cold.epsilon, rtol=1e-11)
        np.testing.assert_allclose(warm.multipliers, cold.multipliers, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_restoring_with_a_mask_is_restoring_on_the_retained_samples(seed):
    point, _ = start_of(8, False, seed)
    steps = unlearn_all(point, FORGET, FRACTIONS)
    keep = np.broadcast_to(kept(6, FORGET)[:, None], (4, 4, 6))
    found = restore(point.problem, steps.W, point.pattern, point.kinks, keep)
    for f, a in np.ndindex(4, 4):
        rest, left = point.problem.retain(FORGET[f]), keep[f, a]
        alone = restore(rest, steps.W[f, a], point.pattern[:, left], point.kinks[:, left])
        np.testing.assert_allclose(found.W[f, a], alone.W, atol=ROUND_OFF)
        np.testing.assert_array_equal(found.kinks[f, a][:, left], alone.kinks)
        assert not found.kinks[f, a][:, ~left].any()


@pytest.mark.parametrize("width", [None, 8])
def test_bounds_of_a_batch_are_those_of_each(width):
    point, _ = start_of(width, False)
    steps, keep = unlearn_all(point, FORGET, FRACTIONS), kept(6, FORGET)
    arguments = point.problem, point.W, point.multipliers, point.clarke
    after = point.problem.pattern(steps.W)
    found = bounds(*arguments, keep[:, None], steps.fractions, after)
    shifts = margin_shift(point.problem, point.multipliers, point.clarke, keep)
    for f, a in np.ndindex(4, 4):
        alone = bounds(*arguments, keep[f], FRACTIONS[a], after[f, a])
        assert found.kappa[f, 0] == pytest.approx(float(alone.kappa), rel=1e-13)
        assert shifts[f] == pytest.approx(float(alone.kappa), rel=1e-13)
        for name in ("epsilon", "delta", "flip_term"):
            value = getattr(found, name)[f, a]
            assert value == pytest.approx(float(getattr(alone, name)), rel=1e-12, abs=1e-13), name


def wide(seed, trained=False):
    """A network with many neurons for few samples: they come in few classes."""
    _, training, point = solved(seed, 4, 12, 60, steps=800)
    return point, training.W if trained else None


@pytest.mark.parametrize("seed", range(3))
def test_a_condensed_network_has_the_same_certificates(seed, monkeypatch):
    point, _ = wide(seed)
    steps = unlearn_all(point, [(0,), (1, 2)], FRACTIONS)
    nearest = np.stack([p.W for p in retained_kkt_points(point, steps.forget_sets)])
    small, targets = condensed_steps(steps, nearest)
    assert small.W.shape[2] == targets.shape[1] < 30
    found = certify_all(steps)
    monkeypatch.setattr(certificate, "condensed_steps", lambda steps, nearest: (steps, nearest))
    expected = certify_all(steps)
    for f, a in np.ndindex(2, 4):
        assert_equal(found.at(f, a), expected.at(f, a))


@pytest.mark.parametrize("seed", range(3))
def test_condensing_keeps_margins_norms_and_distances(seed):
    point, _ = wide(seed)
    steps = unlearn_all(point, [(0,), (1, 2)], FRACTIONS)
    nearest = np.stack([p.W for p in retained_kkt_points(point, steps.forget_sets)])
    small, targets = condensed_steps(steps, nearest)
    old, new = steps.point.problem, small.point.problem
    np.testing.assert_allclose(new.margins(small.W), old.margins(steps.W), atol=ROUND_OFF)
    for before, after in [
        (steps.W - nearest[:, None], small.W - targets[:, None]),
        (
            old.combination(point.multipliers, point.clarke),
            new.combination(point.multipliers, small.point.clarke),
        ),
        (steps.start, small.start),
    ]:
        np.testing.assert_allclose(
            np.linalg.norm(after, axis=(-2, -1)), np.linalg.norm(before, axis=(-2, -1)), rtol=1e-12
        )
    assert (new.output_weights**2).sum() == pytest.approx(1.0, rel=1e-13)


def test_trained_weights_differ_within_a_class_and_are_not_condensed():
    point, trained = wide(0, trained=True)
    steps = unlearn_all(point, [(0,)], [1.0], trained=trained)
    nearest = np.stack([p.W for p in retained_kkt_points(point, steps.forget_sets)])
    same, targets = condensed_steps(steps, nearest)
    assert same is steps and targets is nearest


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.sampled_from([2, 7, 30]), st.floats(0.0, 2.0))
def test_the_order_of_the_forget_sets_does_not_matter(seed, width, fraction):
    _, _, point = solved(seed % 3, 5, 14, width)
    order = np.random.default_rng(seed).permutation(5)
    one = certify_all(unlearn_all(point, [(r,) for r in range(5)], [fraction]))
    other = certify_all(unlearn_all(point, [(int(r),) for r in order], [fraction]))
    for f, r in enumerate(order):
        assert_equal(other.at(f, 0), one.at(int(r), 0))


def test_one_neuron_and_two_samples():
    # Acute and of equal length: both support, and the step leaves λ_r x_r, along the retained solution.
    X = np.array([[1.0, 0.0], [0.6, 0.8]])
    point = kkt_point(Problem(TwoLayer(1), X, np.ones(2)), np.ones((1, 2)))
    found = certify_all(unlearn_all(point, [(0,), (1,)], [1.0]))
    np.testing.assert_allclose(found.tau_star, 0.0, atol=1e-12)
    np.testing.assert_allclose(found.epsilon, 0.0, atol=1e-12)
    # λ solves Gλ = 1: λ = 1/1.6, so κ = λ ⟨x₁, x₂⟩ = 0.375.
    np.testing.assert_allclose(found.kappa, 0.375, rtol=1e-13)


def test_a_batch_says_how_many_it_certifies_and_points_at_one():
    point = solved(3, 5, 12, 8)[2]
    text = str(certify_all(unlearn_all(point, [[0], [1, 2]], [0.5, 1.0, 1.5])))
    assert text.startswith("2 × 3 certificates, ") and text.endswith("; .at(f, a) is one of them")
