"""The rows about growth hold what their columns say."""

import numpy as np
import pytest
from builders import gaussian, planted_orthogonal

from kkt_unlearning.certificates.certificate import certify
from kkt_unlearning.certificates.stationarity import least_epsilon
from kkt_unlearning.kkt.point import PIVOTS, KKTPoint, kkt_point
from kkt_unlearning.kkt.retained import retained_kkt_points
from kkt_unlearning.metrics import cosine_distance
from kkt_unlearning.quadratic.solver import Solver
from kkt_unlearning.studies.growth.rows import growth_rows, spread
from kkt_unlearning.training import Descent, train
from kkt_unlearning.unlearning.ascent import unlearn

SOLVER = Solver()


@pytest.fixture(scope="module")
def many():
    """A network of more samples than features, its exact point, and the rows of five forgettings."""
    problem, _ = gaussian(1, 24, 8, 40)
    W0 = np.random.default_rng(1).normal(size=(40, 8)) / np.sqrt(
        8
    )  # long, so that no sample is dead
    trained = train(problem, W0, Descent(steps=1500, minimum_margin=1e-3)).W
    point = kkt_point(problem, problem.pattern(trained))
    return trained, point, growth_rows(point, trained, 5, SOLVER, PIVOTS, 3)


def test_orthogonal_samples_all_support_and_go_without_a_trace():
    # The step takes out one term of a sum of orthogonal ones: other margins stay 1 and the rest is exact.
    lengths = [1.0, 2.0, 0.5, 3.0]
    problem, W, multipliers, clarke = planted_orthogonal(lengths, [1, -1, 1, -1], 6)
    kinks = np.abs(problem.preactivations(W)) < 1e-12
    pattern = problem.pattern(W)
    point = KKTPoint.from_arrays(problem, W, multipliers, clarke, pattern, kinks)
    rows = growth_rows(point, 2.0 * W, 4, SOLVER, PIVOTS, 0)
    assert [row["forget"] for row in rows] == [3, 1, 0, 2]  # λ falls with the length
    assert [row["rank"] for row in rows] == pytest.approx([0, 1 / 3, 2 / 3, 1])
    for row in rows:
        share = multipliers[row["forget"]] / multipliers.mean()
        assert row["multiplier"] == multipliers[row["forget"]]
        assert row["multiplier_share"] == pytest.approx(share, rel=1e-12)
        assert row["coupling"] == 0.0
        assert row["support"] == 4 and row["separates"] == 1 and row["outcome"] == "separating"
        assert row["smallest_margin"] == pytest.approx(1.0, rel=1e-12)
        assert row["crossed"] == 0.0
        # ‖θ‖² = Σ λ where all margins are 1, and of each orthogonal term λ² ‖g‖² = λ
        alone = np.sqrt(multipliers[row["forget"]] / multipliers.sum())
        assert row["nothing_epsilon"] == pytest.approx(alone, rel=1e-12)
        for name in ("distance_trained", "epsilon_clarke", "epsilon", "relative_delta", "tau_star"):
            assert row[name] == pytest.approx(0.0, abs=1e-9)


def test_the_numbers_are_those_of_each_step_alone(many):
    trained, point, rows = many
    assert len(rows) == 5
    for row in rows:
        forget = [row["forget"]]
        step = unlearn(point, forget)
        nearest = retained_kkt_points(point, forget_sets=[forget])[0]
        alone = certify(step, nearest, SOLVER)
        assert row["seed"] == 3
        assert row["outcome"] == alone.outcome
        for name in ("epsilon_clarke", "epsilon", "relative_delta", "tau", "tau_star"):
            assert row[name] == pytest.approx(getattr(alone, name), rel=1e-6, abs=1e-9)
        others = np.arange(24) != row["forget"]
        margins = point.problem.margins(step.W)[others]
        assert row["smallest_margin"] == pytest.approx(margins.min(), rel=1e-10)
        assert row["separates"] == int(margins.min() > 0)
        assert row["distance_trained"] == pytest.approx(cosine_distance(point.W, trained))


def test_crossings_are_counted_off_the_kinks_and_without_the_forgotten_sample(many):
    _, point, rows = many
    for row in rows:
        after = point.problem.preactivations(unlearn(point, [row["forget"]]).W) > 0
        before = point.problem.preactivations(point.W) > 0
        counted = ~point.kinks & (np.arange(24) != row["forget"])
        assert row["crossed"] == pytest.approx(np.mean((before != after)[counted]))


def test_the_coupling_is_what_a_step_takes_from_a_neighbour_within_its_cell(many):
    _, point, rows = many
    for row in rows:
        r, problem = row["forget"], point.problem
        step = problem.combination(point.multipliers * (np.arange(24) == r), point.clarke)
        products = (problem.signs * point.clarke * (step @ problem.X.T)).sum(axis=0)
        taken = np.delete(products, r).max()
        assert row["multiplier"] * row["coupling"] == pytest.approx(taken, rel=1e-10)


def test_doing_nothing_costs_at_most_what_is_said_without_slack(many):
    _, point, rows = many
    for row in rows:
        keep = np.arange(24) != row["forget"]
        fit = least_epsilon(point.problem, point.W, 0.0, point.kinks, SOLVER, keep=keep)
        assert 0 < fit.relative_epsilon <= row["nothing_epsilon"] * (1 + 1e-9)


def test_only_support_samples_are_forgotten_and_the_ends_are_among_them(many):
    _, point, rows = many
    multipliers = point.multipliers
    support = np.flatnonzero(multipliers > 1e-6 * multipliers.max())
    assert 5 < len(support) < 24
    assert {row["support"] for row in rows} == {len(support)}
    chosen = multipliers[[row["forget"] for row in rows]]
    assert np.all(np.diff(chosen) >= 0)
    assert chosen[0] == multipliers[support].min() and chosen[-1] == multipliers.max()


@pytest.mark.parametrize(
    ("number", "expected"),
    [(1, [4]), (2, [2, 3]), (3, [2, 4, 3]), (5, [2, 5, 4, 0, 3]), (9, [2, 5, 4, 0, 3])],
)
def test_samples_are_spread_by_the_rank_of_their_multipliers(number, expected):
    assert spread(np.array([4.0, 0.0, 0.5, 9.0, 2.0, 1.0, 0.0]), number).tolist() == expected
