"""Unlearning from weights on the way: the limit at the exact point, scale, and what 0/1 derivatives leave."""

import numpy as np
import pytest
from builders import labels, planted_orthogonal, planted_pairs, solved
from hypothesis import given, settings
from hypothesis import strategies as st

from kkt_unlearning.certificates.restore import restore
from kkt_unlearning.certificates.stationarity import least_epsilon
from kkt_unlearning.kkt.point import kkt_point
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.studies.convergence.rows import (
    AGENTS,
    Levels,
    Reference,
    agents,
    convergence_rows,
)
from kkt_unlearning.studies.summary import halving, onset
from kkt_unlearning.training import Descent
from kkt_unlearning.unlearning.ascent import ascend

SETS = [[0], [1, 4]]
NUMBERS = ("epsilon", "epsilon_autograd", "tau", "tau_star", "delta", "relative_delta", "outside")
LEVELS = Levels(epsilon=0.03, tau=0.005)


def rows_of(point, snapshots, sets=SETS, descent=None, levels=LEVELS):
    reference = Reference.of(point, sets, Solver(), 50)
    moments = range(1, len(snapshots) + 1)
    rule = descent or Descent()
    return list(convergence_rows(reference, moments, snapshots, rule, levels, Solver(), 2))


@pytest.mark.parametrize("width", [None, 8])
def test_at_the_exact_point_it_is_the_certificate_of_the_exact_step(width):
    _, _, point = solved(1, 6, 15, width)
    rows = [row for row in rows_of(point, [3.0 * point.W]) if row["agent"] == "clarke"]
    for row in rows:
        assert row["epsilon"] == pytest.approx(row["epsilon_exact"], rel=1e-7, abs=1e-9)
        assert row["tau"] == pytest.approx(row["tau_exact"], abs=1e-12)
        assert row["tau_star"] == pytest.approx(row["tau_star_exact"], abs=1e-12)
        assert row["distance_exact"] < 1e-12 and row["multiplier_error"] == 0.0
        assert row["normalised_margin"] == pytest.approx(1 / np.linalg.norm(point.W))


@settings(max_examples=6, deadline=None)
@given(st.floats(0.5, 20.0))
def test_only_the_direction_counts_for_agents_with_given_multipliers(factor):
    _, training, point = solved(0, 6, 15, 8)
    rows = rows_of(point, [training.W, factor * training.W])
    half = len(rows) // 2
    for a, b in zip(rows[:half], rows[half:], strict=True):
        if a["agent"] != "slopes":  # the slopes of the loss know the scale
            for name in NUMBERS:
                assert a[name] == pytest.approx(b[name], rel=1e-5, abs=1e-7)


def test_slopes_of_the_loss_are_the_multipliers_where_the_path_ends():
    # On orthogonal data −ℓ'(q_i) of equal margins are equal, and so are λ_i of points of equal length.
    problem, W, multipliers, clarke = planted_orthogonal([1.0] * 4, labels(4), 6)
    found = agents(kkt_point(problem, clarke), 5.0 * W, Descent())
    assert tuple(found) == AGENTS
    assert not found.pop("nothing")[0].any()
    for values, _ in found.values():
        np.testing.assert_allclose(values, multipliers, rtol=1e-9)


@pytest.mark.parametrize("loss", ["exponential", "logistic"])
def test_slopes_are_scaled_to_the_norm_of_the_network(loss):
    problem, training, point = solved(0, 6, 15, 8)
    W = training.W / training.margins.min()
    multipliers, pattern = agents(point, W, Descent(loss=loss))["slopes"]
    q = problem.margins(W)
    slopes = np.exp(-q) if loss == "exponential" else 1 / (1 + np.exp(q))
    np.testing.assert_allclose(multipliers / multipliers[0], slopes / slopes[0], rtol=1e-12)
    assert multipliers @ q == pytest.approx((W**2).sum())
    assert np.ptp(slopes / slopes[0]) > 1e-3
    np.testing.assert_array_equal(pattern, problem.pattern(W))


def test_all_snapshots_are_allowed_the_slack_of_the_exact_step():
    problem, _, point = solved(0, 6, 100, 8)
    # One sample has a term three times as large as at the end, and a margin far above the others'.
    W = point.W + problem.combination(2 * point.multipliers * (np.arange(6) == 1), point.clarke)
    (row, *_) = (row for row in rows_of(point, [W]) if row["agent"] == "exact")
    reference, rest = Reference.of(point, SETS[:1], Solver(), 50), np.arange(6) != 0
    after = ascend(problem, W / problem.margins(W).min(), point.multipliers, [0])
    restored = restore(problem, after, point.pattern, point.kinks, rest)
    least = [
        least_epsilon(problem, restored.W, factor * reference.delta[0], restored.kinks, keep=rest)
        for factor in (1.0, 10.0)
    ]
    assert row["delta_allowed"] == reference.delta[0]
    assert row["epsilon"] == pytest.approx(float(least[0].relative_epsilon), rel=1e-6)
    assert row["epsilon"] > 1.01 * float(least[1].relative_epsilon)  # the limit is felt


@pytest.mark.parametrize("loss", ["exponential", "logistic"])
def test_the_loss_is_that_of_the_weights(loss):
    problem, training, point = solved(0, 6, 15, 8)
    W = training.W / 40
    row = rows_of(point, [W], descent=Descent(loss=loss))[0]
    q = problem.margins(W)
    expected = np.exp(-q) if loss == "exponential" else np.log1p(np.exp(-q))
    assert row["minus_log_loss"] == pytest.approx(-np.log(expected.sum()))
    assert row["smallest_margin"] == pytest.approx(q.min())


def test_what_0_1_derivatives_leave_of_the_forgotten_sample_bounds_epsilon_from_below():
    # A pair with ρ = ½: x₁ lies on the kink of the two even neurons with a = ½. A step with derivative 0
    # leaves ½ λ s x₁ on each, whose part outside the span of the others has the length √(1 − ρ²) ½ λ s.
    problem, W, multipliers, *_ = planted_pairs([0.5, 0.5], [1.0, 1.0], 4)
    point = kkt_point(problem, problem.pattern(W))
    rows = {row["agent"]: row for row in rows_of(point, [point.W], [[1]])}
    left = np.sqrt(2 * 0.75) * 0.5 * multipliers[1] * 0.5
    after = ascend(problem, point.W, multipliers, [1])
    restored = restore(problem, after, point.pattern, point.kinks, np.arange(4) != 1)
    exact = rows["exact"]
    assert exact["outside"] == pytest.approx(left / np.linalg.norm(restored.W), rel=1e-9)
    assert exact["epsilon"] >= exact["outside"] * (1 - 1e-9)
    assert rows["clarke"]["outside"] < 1e-9


@pytest.mark.parametrize("seed", range(3))
def test_epsilon_is_never_below_what_lies_outside_the_retained_span(seed):
    _, training, point = solved(seed, 6, 15, 8)
    rows = rows_of(point, [training.W])
    assert all(row["epsilon"] >= row["outside"] * (1 - 1e-9) for row in rows)
    assert max(row["outside"] for row in rows) > 1e-4


def test_before_the_data_are_fitted_there_is_no_certificate():
    _, _, point = solved(0, 6, 15, 8)
    rows = rows_of(point, [-point.W])
    assert {row["outcome"] for row in rows} == {"not fitted"}
    assert all(np.isinf(row[name]) for row in rows for name in NUMBERS)
    assert not any(row["holds"] for row in rows)
    assert all(np.isfinite(row["minus_log_loss"]) for row in rows)


def test_it_holds_where_both_are_at_or_below_the_levels():
    _, training, point = solved(0, 6, 15, 8)
    for levels in (Levels(1.0, 1.0), Levels(1e-12, 1.0), Levels(1.0, 1e-12), Levels(0.2, 0.01)):
        for row in rows_of(point, [training.W], levels=levels):
            expected = row["epsilon"] <= levels.epsilon and row["tau"] <= levels.tau
            assert row["holds"] == expected


def test_onset_is_the_first_step_from_which_it_holds_for_good():
    steps = np.array([1, 10, 100])
    assert onset(steps, np.array([True, False, True])) == 100
    assert onset(steps, np.array([False, True, True])) == 10
    assert onset(steps, np.ones(3, bool)) == 1
    assert onset(steps, np.array([True, True, False])) == np.inf


def test_halving():
    x = np.array([0.0, 0.1, 1.0])
    assert halving(x, np.array([1.0, 0.5, 0.1])) == 0.1
    assert np.isnan(halving(x, np.array([1.0, 0.9, 0.6])))
    assert np.isnan(halving(x, np.array([np.inf, 0.9, 0.6])))
