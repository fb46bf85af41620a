"""All certificates of one sample each, as a batch: against single ones, by construction, and what is told."""

from functools import cache

import numpy as np
import pytest
from builders import copies_on_either_side, gaussian, one_sentence, planted_orthogonal, solved
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.certificates import each, left_out
from kkt_unlearning.certificates import restore as restore_module
from kkt_unlearning.certificates.certificate import certify
from kkt_unlearning.certificates.each import certify_each
from kkt_unlearning.certificates.restore import into_cell, restore
from kkt_unlearning.certificates.stationarity import least_epsilon
from kkt_unlearning.errors import DataError
from kkt_unlearning.kkt.point import KKTPoint, kkt_point
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.networks import TwoLayer
from kkt_unlearning.problem import Problem
from kkt_unlearning.training import Descent, train
from kkt_unlearning.unlearning.ascent import unlearn

ROUND_OFF = 1e-10  # ε and τ of two orders of sums; both are of size 1 at most


@cache
def many(seed: int, samples: int = 60, dimension: int = 12, width: int = 20):
    """More samples than features, in two clouds; trained weights at margin 1 and the exact point."""
    rng = np.random.default_rng(seed)
    y = np.where(rng.random(samples) < 0.5, 1.0, -1.0)
    X = 0.4 * rng.normal(size=(samples, dimension)) + y[:, None] * np.eye(dimension)[0]
    problem = Problem(TwoLayer(width), X, y)
    W0 = rng.normal(size=(width, dimension)) * 0.01
    W = train(problem, W0, Descent(steps=4000)).W
    return problem, W / problem.margins(W).min(), kkt_point(problem, problem.pattern(W))


def cases():
    few = [solved(seed, 9, d, n) for seed, d, n in ((0, 40, 12), (1, 40, 60), (2, 20, None))]
    few = [(problem, run.W / problem.margins(run.W).min(), point) for problem, run, point in few]
    return [*few, *(many(seed) for seed in range(3))]


def linear_of_many():
    rng = np.random.default_rng(5)
    X = rng.normal(size=(50, 6))
    X += np.sign(X[:, :1]) * np.eye(6)[0]
    problem, _ = gaussian(0, 2, 3, None)
    problem = Problem(problem.network, X, np.sign(X[:, 0]))
    point = kkt_point(problem, np.ones((1, 50)))
    return problem, point.W + 0.01, point


def alone(point: KKTPoint, r: int, fraction: float, trained):
    """The step, the network restored without r, and its ε, δ, relative δ and τ from their definitions."""
    done = unlearn(point, [r], fraction=fraction, trained=trained, allow_idle=True)
    problem, keep = point.problem, np.arange(point.problem.samples) != r
    there = restore(problem, done.W, point.pattern, point.kinks, keep & point.of_cell)
    q, norm = problem.margins(there.W)[keep], np.linalg.norm(there.W)
    gamma = q.min() if q.min() > 1e-10 * q.max() else np.nan
    pairs = (point.multipliers * problem.signs * point.clarke)[:, keep]
    residual = np.linalg.norm(there.W - pairs @ problem.X[keep]) / norm if norm else np.nan
    slack = (point.multipliers[keep] * (q / gamma - 1.0)).max() / gamma
    mean = (norm / gamma) ** 2 / keep.sum()
    return done, there, (residual, slack, slack / mean, cosine_distance(done.W, there.W)), mean


@pytest.mark.parametrize("case", range(7))
@pytest.mark.parametrize("start", ["exact", "trained"])
@pytest.mark.parametrize("fraction", [1.0, 0.5])
def test_they_are_those_of_single_certificates(case, start, fraction):
    _, W, point = [*cases(), linear_of_many()][case]
    trained = W if start == "trained" else None
    found = certify_each(point, fraction=fraction, trained=trained)
    assert len(found.samples) >= 5
    for s, r in enumerate(found.samples):
        _, _, (epsilon, delta, relative, tau), unit = alone(point, r, fraction, trained)
        assert found.step.tau[s] == pytest.approx(tau, rel=1e-9, abs=1e-15)
        assert np.isfinite(found.step.epsilon[s]) == np.isfinite(delta)
        if np.isfinite(delta):
            assert found.step.epsilon[s] == pytest.approx(epsilon, rel=1e-9, abs=ROUND_OFF)
            assert found.step.delta[s] == pytest.approx(delta, rel=1e-9, abs=ROUND_OFF * unit)
            assert found.step.relative_delta[s] == pytest.approx(relative, rel=1e-9, abs=ROUND_OFF)


@pytest.mark.parametrize("case", [0, 2, 3])
@pytest.mark.parametrize("start", ["exact", "trained"])
def test_they_are_what_certify_promises(case, start):
    _, W, point = cases()[case]
    trained = W if start == "trained" else None
    found = certify_each(point, trained=trained)
    for s in (0, 3):
        one = certify(unlearn(point, [found.samples[s]], trained=trained), retained=point)
        assert found.step.epsilon[s] == pytest.approx(one.restored_bound, rel=1e-9, abs=ROUND_OFF)
        assert found.step.tau[s] == pytest.approx(one.tau, rel=1e-9, abs=1e-15)
        assert np.isfinite(found.step.epsilon[s]) == (one.outcome == "separating")


def test_the_cases_are_of_both_kinds():
    """Samples that can be forgotten and samples that others need, kinks, and samples without multiplier."""
    found = [certify_each(point) for _, _, point in cases()]
    separating = np.concatenate([np.isfinite(one.step.epsilon) for one in found])
    assert separating.any() and not separating.all()
    assert any(len(one.unmoved) for one in found)
    assert sum(bool(point.kinks[:, point.of_cell].any()) for *_, point in cases()) >= 4


@pytest.mark.parametrize("case", range(6))
def test_no_least_epsilon_at_the_same_slack_is_larger(case):
    _, _, point = cases()[case]
    found = certify_each(point)
    for s, r in enumerate(found.samples):
        if np.isfinite(found.step.epsilon[s]) and s < 4:
            _, there, _, _ = alone(point, r, 1.0, None)
            keep = np.arange(point.problem.samples) != r
            delta = found.step.delta[s]
            least = least_epsilon(point.problem, there.W, delta, there.kinks, keep=keep)
            assert least.relative_epsilon <= found.step.epsilon[s] + 1e-8


def test_the_price_is_the_least_level_that_all_three_keep():
    found = certify_each(many(0)[2]).step
    for p in np.append(found.price[np.isfinite(found.price)], 1.0):
        assert np.array_equal(found.within(p, p, p), found.price <= p)
    assert not found.within(np.inf, np.inf, np.inf)[~np.isfinite(found.epsilon)].any()


@pytest.mark.parametrize("width", [None, 10])
def test_orthogonal_samples_cost_nothing(width):
    """Nothing else rests on them: the step leaves the exact point of the others."""
    planted = planted_orthogonal([1.0, 0.7, 1.4, 1.1], [1, -1, 1, -1], width)
    problem, W, multipliers, clarke = planted
    found = certify_each(kkt_point(problem, problem.pattern(W)))
    assert found.step.price == pytest.approx(np.zeros(4), abs=ROUND_OFF)
    lengths = (problem.X**2).sum(axis=1)
    reach = (problem.output_weights[:, None] ** 2 * clarke).sum(axis=0)
    gradients = np.sqrt(lengths * reach)
    expected = multipliers * gradients / np.linalg.norm(W)
    assert found.nothing.epsilon == pytest.approx(expected, rel=1e-9)
    assert found.nothing.price == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("start", ["exact", "trained"])
def test_doing_nothing_is_a_step_of_length_0(start):
    _, W, point = cases()[1]
    trained = W if start == "trained" else None
    found = certify_each(point, trained=trained).nothing
    other = certify_each(point, trained=trained, fraction=0.0).step
    if start == "exact":  # in the cell, so that the pairs of r need not be put back
        assert found.epsilon == pytest.approx(other.epsilon, rel=1e-9)
    assert found.tau == pytest.approx(other.tau, abs=1e-2)
    assert (found.epsilon > 0.05).all()


def test_a_linear_model_pays_in_slack_alone():
    found = certify_each(linear_of_many()[2])
    assert (found.step.epsilon[np.isfinite(found.step.epsilon)] == 0).all()
    assert (found.step.tau == 0).all()


def test_samples_without_a_multiplier_change_nothing():
    *_, point = many(0)
    found = certify_each(point)
    assert np.array_equal(found.unmoved, np.flatnonzero(point.multipliers == 0))
    assert found.itself.price == pytest.approx(0.0, abs=ROUND_OFF)
    for r in found.unmoved[:2]:
        done = unlearn(point, [r], allow_idle=True)
        assert np.array_equal(done.W, point.W)
        one = certify(done)
        assert one.epsilon == pytest.approx(0.0, abs=1e-8)
        assert one.tau_star == pytest.approx(0.0, abs=1e-12)


def test_the_certificate_of_the_network_itself_holds_for_the_others():
    """From trained weights, which are no exact point: the least ε at its slack is no larger."""
    problem, W, point = many(1)
    found = certify_each(point, trained=W)
    assert len(found.unmoved)
    there = restore(problem, W, point.pattern, point.kinks, point.of_cell)
    assert 0 < found.itself.epsilon < np.inf
    for r in found.unmoved[:2]:
        keep = np.arange(problem.samples) != r
        delta = float(found.itself.delta)
        least = least_epsilon(problem, there.W, delta, there.kinks, keep=keep)
        assert least.relative_epsilon <= found.itself.epsilon + 1e-8


def test_a_copy_that_stays_takes_the_multiplier_over():
    problem, _, point = many(0)
    r = int(np.argmax(point.multipliers))
    rows = np.append(np.arange(problem.samples), r)
    twice = Problem(problem.network, problem.X[rows], problem.y[rows])
    doubled = kkt_point(twice, point.pattern[:, rows])
    found = certify_each(doubled)
    assert {r, problem.samples} <= set(found.unmoved.tolist())
    assert doubled.multipliers[r] > 0
    done = unlearn(doubled, [r], allow_idle=True)
    assert np.array_equal(done.W, doubled.W)
    assert certify(done).tau_star == pytest.approx(0.0, abs=1e-12)


def test_the_slack_of_copies_is_that_of_those_that_stay():
    """From trained weights, where slacks are not 0: of three copies two take the multiplier over."""
    problem, W, point = many(1)
    trained = W * (1 + 0.2 * np.random.default_rng(0).normal(size=W.shape))
    trained /= problem.margins(trained).min()
    r = int(np.argmax(point.multipliers))
    rows = np.append(np.arange(problem.samples), [r, r])
    thrice = Problem(problem.network, problem.X[rows], problem.y[rows])
    whole = kkt_point(thrice, point.pattern[:, rows])
    found = certify_each(whole, trained=trained).itself
    done = unlearn(whole, [r], trained=trained, allow_idle=True)
    assert np.allclose(done.W, trained, rtol=1e-12, atol=0)
    there = restore(thrice, trained, whole.pattern, whole.kinks, whole.of_cell)
    q = thrice.margins(there.W)
    assert q.min() > 0
    slack = np.delete(done.point.multipliers * (q / q.min() - 1) / q.min(), r).max()
    assert found.delta >= slack * (1 - 1e-12)


def test_near_copies_take_the_multiplier_over_even_across_a_kink():
    points = [point for point, apart in map(copies_on_either_side, range(20)) if apart]
    assert len(points) >= 2
    for point in points:
        found = certify_each(point)
        assert {1, 6} <= set(found.unmoved.tolist())
        for r in (1, 6):
            alone = certify(unlearn(point, [r], allow_idle=True))
            assert alone.restored_bound <= float(found.itself.epsilon) <= 1e-4
            assert alone.delta <= float(found.itself.delta) * (1 + 1e-9) + ROUND_OFF


def test_only_copies_are_no_batch_at_all():
    problem, W, _, _ = planted_orthogonal([1.0, 0.7], [1, -1], 4)
    twice = Problem(problem.network, np.repeat(problem.X, 2, axis=0), np.repeat(problem.y, 2))
    found = certify_each(kkt_point(twice, twice.pattern(W)))
    assert len(found.samples) == len(found.step.price) == len(found.nothing.tau) == 0
    assert np.array_equal(found.unmoved, np.arange(4))


@pytest.mark.parametrize("start", ["exact", "trained"])
def test_parts_and_ways_of_projecting_do_not_matter(monkeypatch, start):
    problem, W, point = many(2)
    trained = W if start == "trained" else None
    whole = certify_each(point, trained=trained)
    monkeypatch.setattr(each, "_MARGINS", 3 * problem.X.size // 12)
    monkeypatch.setattr(restore_module, "WORK_ARRAY", 10)
    parts = certify_each(point, trained=trained)
    monkeypatch.setattr(left_out, "_COMMON", 1)
    monkeypatch.setattr(left_out, "_LARGE", 5)
    common = certify_each(point, trained=trained)
    monkeypatch.setattr(left_out, "_SHARE", 1000)  # orthonormal bases from the first entry on
    bases = certify_each(point, trained=trained)
    for other in (parts, common, bases):
        for name in ("epsilon", "delta", "relative_delta", "tau"):
            expected = pytest.approx(getattr(whole.step, name), rel=1e-9, abs=ROUND_OFF)
            assert getattr(other.step, name) == expected


def test_progress_is_told_for_every_row():
    told = []
    found = certify_each(many(0)[2], report=lambda done, rows: told.append((done, rows)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1][0] == told[-1][1] >= len(found.samples)


def test_a_machine_too_small_is_one_sentence_with_the_memory_needed(monkeypatch):
    point = many(0)[2]
    monkeypatch.setattr("kkt_unlearning.datasets.memory.os.sysconf", lambda name: 2**10)
    with pytest.raises(DataError, match="each forgotten alone: its arrays would need") as error:
        certify_each(point)
    assert one_sentence(error)


def test_trained_weights_that_do_not_classify_are_refused():
    _, W, point = many(0)
    with pytest.raises(DataError, match="smallest margin of the trained weights"):
        certify_each(point, trained=-W)


@settings(max_examples=150)
@given(
    seed=st.integers(0, 10**6),
    samples=st.integers(2, 12),
    dimension=st.integers(2, 10),
    share=st.sampled_from([0.0, 0.2, 0.5, 1.0]),
    kind=st.sampled_from(["any", "repeated", "in a plane"]),
    most=st.sampled_from([1, 2, 1000]),
    common=st.sampled_from([1, 2, 1000]),
    large=st.sampled_from([1, 4, 1000]),
)
def test_rows_are_those_of_the_general_restoration(
    seed, samples, dimension, share, kind, most, common, large
):
    """Any row, cell, kinks and steps, with samples that depend on one another; each r by itself.

    Whatever is solved with a basis of all rows, with that of some alike, or row by row.
    """
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(samples, dimension))
    if kind == "repeated":
        X[samples // 2 :] = X[: samples - samples // 2]
    if kind == "in a plane":
        X = rng.normal(size=(samples, 2)) @ rng.normal(size=(2, dimension))
    kinks, pattern = rng.random(samples) < share, (rng.random(samples) < 0.5).astype(float)
    row, steps = rng.normal(size=dimension), rng.normal(size=samples)
    steps[rng.random(samples) < 0.3] = 0.0
    forgotten, inner = np.arange(samples), 1e-10
    cell = left_out.Samples.of(X)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(left_out, "_SHARE", most)
        patch.setattr(left_out, "_COMMON", common)
        patch.setattr(left_out, "_LARGE", large)
        found = left_out.restored_rows(cell, row, steps, forgotten, pattern, kinks, inner)
    for r in forgotten:
        keep = forgotten != r
        there = row - steps[r] * X[r]
        expected = into_cell(X, there[None], pattern[None], kinks[None], keep).W[0]
        assert found[r] == pytest.approx(expected, abs=1e-7 * max(1.0, np.abs(there).max()))


@pytest.mark.parametrize("seed", range(4))
def test_features_that_the_samples_do_not_span_take_no_part(seed):
    """In an isometric image of their space the rows are the images, and what lies outside of it stays.

    Most rows cross most samples, which span all of their own space, and a small part of the larger one.
    """
    rng = np.random.default_rng(seed)
    samples, dimension, larger = 60, 12, 70
    X = rng.normal(size=(samples, dimension)) + np.eye(dimension)[0]
    image = np.linalg.qr(rng.normal(size=(larger, larger)))[0]
    image, beside = image[:dimension], image[dimension:]
    kinks, pattern = rng.random(samples) < 0.05, (X @ rng.normal(size=dimension) > 0).astype(float)
    row, steps = rng.normal(size=dimension), rng.normal(size=samples)
    outside = rng.normal(size=larger - dimension) @ beside
    forgotten = np.arange(samples)
    asked = steps, forgotten, pattern, kinks, 1e-10
    small = left_out.restored_rows(left_out.Samples.of(X), row, *asked)
    cell = left_out.Samples.of(X @ image)
    assert cell.units.shape == (samples, dimension)
    found = left_out.restored_rows(cell, row @ image + outside, *asked)
    assert found == pytest.approx(small @ image + outside, abs=1e-11)
    assert np.linalg.norm(small, axis=1).min() < 1e-3 < np.linalg.norm(row)
