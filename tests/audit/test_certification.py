import numpy as np
import pytest
from audit_users import elsewhere, model_elsewhere, trained
from hypothesis import given, settings
from hypothesis import strategies as st

import kkt_unlearning
from kkt_unlearning.audit import Limits, Model, Step, certify, unlearn
from kkt_unlearning.certificates.stationarity import least_epsilon
from kkt_unlearning.errors import DataError
from kkt_unlearning.kkt.point import kkt_point

ROUND_OFF = 1e-9  # what two computations in other coordinates differ by


def ends(found):
    return {end.name: end for end in found.ends}


def certified(width, start, forget, **options):
    model, X, y, point = trained(width, **options)
    done = unlearn(model, X, y, forget, start=start)
    return model, X, y, point, done, certify(done.model, X, y, forget, step=done.step)


@pytest.mark.parametrize("width", [None, 6, 30])
@pytest.mark.parametrize("start", ["trained", "exact"])
def test_certificates_and_bounds_are_those_of_the_library(width, start):
    model, _, _, point, _, found = certified(width, start, [3, 5], scale=4.0)
    W = model.W if start == "trained" else None
    expected = kkt_unlearning.certify(kkt_unlearning.unlearn(point, [3, 5], trained=W))
    at = ends(found)
    assert found.origin.bounded
    assert at["unlearned"].epsilon_bound == pytest.approx(expected.epsilon_bound, rel=1e-6)
    assert at["unlearned"].delta_bound == pytest.approx(expected.delta_bound, rel=1e-6)
    assert at["exact"].tau == pytest.approx(expected.tau_star, rel=1e-6)
    assert found.kappa == pytest.approx(expected.kappa, rel=1e-6)
    if width is not None:
        assert at["restored"].epsilon == pytest.approx(expected.epsilon, rel=1e-5, abs=ROUND_OFF)
        assert at["restored"].tau == pytest.approx(expected.tau, rel=1e-5)
    assert ("restored" in at) == (width is not None)


@settings(max_examples=10)
@given(
    rows=st.sets(st.integers(0, 7), min_size=1, max_size=4),
    start=st.sampled_from(["trained", "exact"]),
    width=st.sampled_from([None, 6, 30]),
)
def test_what_is_measured_keeps_the_bounds(rows, start, width):
    *_, found = certified(width, start, sorted(rows))
    for end in found.ends:
        if end.name != "exact":
            assert end.epsilon <= end.epsilon_bound * (1 + ROUND_OFF) + ROUND_OFF
            assert end.delta <= end.delta_bound * (1 + ROUND_OFF) + ROUND_OFF


@pytest.mark.parametrize("width", [None, 6])
def test_an_exact_kkt_point_of_the_retained_samples_is_certified_with_zeros(width):
    """However it was come by: no step, no network before it."""
    model, X, y, point = trained(width)
    problem = point.problem.retain([2])
    retrained = kkt_point(problem, problem.pattern(model.W))
    found = certify(Model(3.0 * retrained.W, model.u), X, y, [2])
    for end in found.ends:
        assert end.epsilon < ROUND_OFF
        assert end.delta < ROUND_OFF
        assert end.tau < ROUND_OFF
        assert np.isnan(end.epsilon_bound)
    assert found.meeting(Limits(1e-8, 1e-8, 1e-8)).name == "unlearned"
    assert found.origin.before is None


def test_without_the_step_the_least_epsilon_is_the_same_and_bounds_are_unknown():
    _, X, y, point, done, with_step = certified(6, "trained", [3])
    found = certify(done.model, X, y, [3])
    retained = point.problem.retain([3])
    expected = least_epsilon(retained, done.model.W)
    assert ends(found)["unlearned"].epsilon == pytest.approx(float(expected.relative_epsilon))
    assert ends(found)["unlearned"].epsilon <= ends(with_step)["unlearned"].epsilon + ROUND_OFF
    assert np.isnan(ends(found)["restored"].epsilon_bound)
    assert np.isnan(found.kappa)


def test_another_method_has_certificates_from_the_network_before_it_but_no_bounds():
    model, X, y, _ = trained(6)
    other = Model(0.9 * model.W + 0.1 * np.abs(model.W), model.u)
    found = certify(other, X, y, [3], step=Step(model, (3,)))
    assert not found.origin.bounded
    assert found.origin.before is not None
    assert np.isnan([end.epsilon_bound for end in found.ends]).all()
    assert "they differ by" in found.origin.sentence
    assert ends(found)["unlearned"].epsilon > 0


def test_a_smaller_delta_costs_epsilon():
    _, X, y, _, done, _ = certified(6, "trained", [3])
    found = [certify(done.model, X, y, [3], delta=delta) for delta in (0.0, 0.01, 0.1)]
    epsilons = [ends(one)["unlearned"].epsilon for one in found]
    assert epsilons[0] > epsilons[1] > epsilons[2]
    assert [
        ends(one)["unlearned"].delta <= d + ROUND_OFF
        for one, d in zip(found, (0, 0.01, 0.1), strict=True)
    ]


@pytest.mark.parametrize("width", [None, 6, 30])
@pytest.mark.parametrize("start", ["trained", "exact"])
def test_doing_nothing_is_the_certificate_of_the_network_before_the_step(width, start):
    _, X, y, _, done, found = certified(width, start, [3, 5])
    nothing = found.nothing
    assert nothing.tau == 0.0 and np.isnan(nothing.epsilon_bound)
    alone = certify(done.step.before, X, y, [3, 5], delta=nothing.delta)
    expected = ends(alone)["unlearned"]
    assert nothing.epsilon == pytest.approx(expected.epsilon, rel=1e-6, abs=ROUND_OFF)
    assert alone.nothing is None
    tight = certify(done.model, X, y, [3, 5], step=done.step, relative_delta=0.01).nothing
    assert tight.relative_delta <= 0.01 and tight.epsilon > nothing.epsilon - ROUND_OFF


def test_doing_nothing_costs_one_over_root_m_on_orthogonal_samples():
    m = 9
    X, y = np.eye(m), np.where(np.arange(m) % 2, 1.0, -1.0)
    model = Model(W=y[None, :])  # Σ y_i x_i, every multiplier 1
    done = unlearn(model, X, y, [4])
    found = certify(done.model, X, y, [4], step=done.step)
    assert found.nothing.epsilon == pytest.approx(1 / np.sqrt(m), rel=1e-9)
    assert found.nothing.delta == pytest.approx(0.0, abs=1e-12)
    assert ends(found)["unlearned"].epsilon == pytest.approx(0.0, abs=1e-12)


def test_thresholds_are_met_by_one_certificate_that_keeps_them_all():
    *_, found = certified(6, "trained", [3])
    at = ends(found)
    tau = at["exact"].tau
    assert found.meeting(Limits(0.0, 0.0, tau)) == at["exact"]
    assert found.meeting(Limits(0.0, 0.0, 0.99 * tau)) is None
    one = at["unlearned"]
    assert found.meeting(Limits(one.epsilon, tau=0.0)) == one
    assert found.meeting(Limits(one.epsilon, 0.99 * one.relative_delta, 0.0)) is None
    assert found.meeting(Limits(epsilon=0.0)) == at["exact"]  # what is left out is no limit
    assert found.meeting(Limits(tau=0.0)) == found.meeting(Limits()) == one
    near = Limits(at["restored"].epsilon, at["restored"].relative_delta, at["restored"].tau)
    assert found.meeting(near) == at["restored"]
    assert found.meeting(Limits(0.99 * near.epsilon, near.relative_delta, near.tau)) is None


def test_a_network_that_does_not_classify_the_retained_samples_has_no_certificate():
    model, X, y, _ = trained(6)
    for step in (None, Step(model, (3,))):
        found = certify(Model(-model.W, model.u), X, y, [3], step=step)
        assert ends(found)["unlearned"].epsilon == np.inf
        assert found.meeting(Limits(np.inf, np.inf, np.inf)) is None
        assert found.failing[0].name == "smallest retained margin over the largest"
        assert found.smallest_margin <= 0


def test_of_many_samples_crowding_is_a_lower_bound_that_never_lets_pass(monkeypatch):
    model, X, y, _, done, _ = certified(6, "trained", [3])
    exact = certify(done.model, X, y, [3]).assumptions[1]
    assert not exact.holds and not exact.at_least
    monkeypatch.setattr(
        "kkt_unlearning.datasets.geometry.OPERATIONS", 8
    )  # one sample with all others
    bound = certify(done.model, X, y, [3]).assumptions[1]
    assert (bound.holds, bound.at_least) == (False, True)
    assert 1 < bound.value <= exact.value * (1 + 1e-12)
    orthogonal = np.eye(8, 120) * 3.0 + 1e-6 * X
    model = Model(np.where(y > 0, 1.0, -1.0) @ orthogonal)
    far = certify(model, orthogonal, y, [3]).assumptions[1]
    assert (far.holds, far.at_least) == (True, False)


def test_assumptions_that_fail_are_named():
    *_, found = certified(6, "trained", [3])
    names = [one.name for one in found.assumptions]
    assert len(names) == 4
    assert [
        one.value <= one.allowed or one.name == names[0] for one in found.assumptions if one.holds
    ]
    one_point = np.ones((8, 1)) + 0.1 * np.random.default_rng(0).normal(size=(8, 4))
    y = np.where(one_point[:, 0] > 1.0, 1.0, -1.0)
    X = np.column_stack([one_point, y])
    crowded = certify(Model(np.array([0, 0, 0, 0, 1.0])), X, y, [3])
    assert [one.name for one in crowded.failing] == [names[1]]


def test_arrays_of_another_library_give_the_same_certificate():
    _, X, y, _, done, found = certified(6, "trained", [3])
    step = Step(model_elsewhere(done.step.before), (3,))
    other = certify(model_elsewhere(done.model), elsewhere(X), elsewhere(y), [3], step=step)
    assert repr(other.ends) == repr(found.ends)  # where nan is nan


@pytest.mark.parametrize("start", ["trained", "exact"])
def test_weights_rounded_to_single_precision_are_still_the_step(start):
    model, X, y, _ = trained(6)
    done = unlearn(model, X, y, [3], start=start)
    rounded = Model(done.model.W.astype(np.float32), model.u.astype(np.float32))
    assert certify(rounded, X, y, [3], step=done.step).origin.bounded


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda step: Step(step.before, (4,)), r"forgot \[4\]; allowed is the same set"),
        (
            lambda step: Step(Model(step.before.W[:4], step.before.u[:4]), (3,)),
            "of one kind and size",
        ),
        (lambda step: Step(Model(step.before.W[:1]), (3,)), "of one kind and size"),
        (
            lambda step: Step(Model(step.before.W, 2 * step.before.u), (3,)),
            "output weights u before",
        ),
    ],
)
def test_a_step_that_cannot_be_of_this_network_is_refused(change, sentence):
    _, X, y, _, done, _ = certified(6, "trained", [3])
    with pytest.raises(DataError, match=sentence):
        certify(done.model, X, y, [3], step=change(done.step))


def test_a_negative_delta_is_refused():
    _, X, y, _, done, _ = certified(6, "trained", [3])
    with pytest.raises(DataError, match="delta = -1"):
        certify(done.model, X, y, [3], step=done.step, delta=-1.0)


def test_a_negative_relative_delta_is_refused():
    _, X, y, _, done, _ = certified(6, "trained", [3])
    for wrong in (-1.0, float("nan")):
        with pytest.raises(DataError, match=f"relative_delta = {wrong}: allowed are numbers >= 0"):
            certify(done.model, X, y, [3], step=done.step, relative_delta=wrong)


def test_weights_alone_are_refused_in_one_sentence():
    model, X, y, _ = trained(6)
    with pytest.raises(DataError, match="allowed"):
        certify((model.W, model.u), X, y, [3])
